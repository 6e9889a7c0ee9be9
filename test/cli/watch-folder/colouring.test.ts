/** The worker of `watch-folder` starts again where an instance would be replaced. */
import { describe, expect, it } from 'vitest';
import { colouring } from '../../../cli/watch-folder/colouring.ts';
import { FolderQueue } from '../../../cli/watch-folder/folder-queue.ts';
import { NeverReady } from '../../../worker/comfyui/readiness.ts';
import type { Bucket } from '../../../worker/photo/bucket.ts';
import type { WorkerPorts } from '../../../worker/ports.ts';
import { workflow } from '../../worker/support/stand-in-comfyui.ts';

describe('a worker that has ended', () => {
  const ends: [how: string, end: (ports: WorkerPorts) => Promise<void>][] = [
    [
      'because ComfyUI does not recover',
      async ({ group, notices }) => {
        await group.setUnhealthy();
        // As a worker does that is to be replaced.
        if (!notices.stop.aborted) await new Promise(() => undefined);
      },
    ],
    [
      'since ComfyUI lacks a node, after it was ready once',
      () => Promise.reject(new NeverReady('lacks a node')),
    ],
  ];

  it.each(ends)('%s starts again until the command ends', async (_, end) => {
    const stop = new AbortController();
    const lines: string[] = [];
    let runs = 0;
    await colouring({
      ...{
        comfyui: 'http://127.0.0.1:1',
        workflow,
        device: 'cpu',
        queue: new FolderQueue(
          () => 0,
          () => 0,
        ),
      },
      bucket: {} as Bucket,
      say: (line) => lines.push(line),
      log: () => undefined,
      stop: stop.signal,
      firstPauseMs: 1,
      run: async (ports) => {
        await ports.ready();
        if (++runs === 4) stop.abort();
        else await end(ports);
      },
    });
    expect(runs).toBe(4);
    expect(lines.filter((line) => line.startsWith('Ready'))).toHaveLength(4);
  });

  it('before it was ready, for a reason that stays, ends the command', async () => {
    const ports = {
      ...{
        comfyui: 'http://127.0.0.1:1',
        workflow,
        device: 'cpu',
        queue: new FolderQueue(
          () => 0,
          () => 0,
        ),
      },
      ...{ bucket: {} as Bucket, say: () => undefined, log: () => undefined, firstPauseMs: 1 },
      stop: new AbortController().signal,
      run: () => Promise.reject(new NeverReady("ComfyUI lacks the node 'DDColor'")),
    };
    await expect(colouring(ports)).rejects.toThrow(/cannot colour: ComfyUI lacks the node 'DDColor'/);
  });
});
