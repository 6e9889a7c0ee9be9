/** The worker of `watch-folder` starts again where an instance would be replaced. */
import { describe, expect, it } from 'vitest';
import { colouring, type ColouringPorts } from '../../../cli/watch-folder/colouring.ts';
import { FolderQueue } from '../../../cli/watch-folder/folder-queue.ts';
import { NeverReady } from '../../../worker/comfyui/readiness.ts';
import type { Bucket } from '../../../worker/photo/bucket.ts';
import type { WorkerPorts } from '../../../worker/ports.ts';
import { workflow } from '../../worker/support/stand-in-comfyui.ts';

/** @param run in place of the worker */
const portsOf = (run: ColouringPorts['run'], say: (line: string) => void = () => undefined) => {
  const stop = new AbortController();
  const queue = new FolderQueue(
    () => 0,
    () => 0,
  );
  const ports: ColouringPorts = {
    ...{ comfyui: 'http://127.0.0.1:1', workflow, device: 'cpu', queue, bucket: {} as Bucket, say },
    ...{ log: () => undefined, stop: stop.signal, firstPauseMs: 1, run },
  };
  return { ports, stop };
};

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
    const lines: string[] = [];
    let runs = 0;
    const { ports, stop } = portsOf(
      async (worker) => {
        await worker.ready();
        if (++runs === 4) stop.abort();
        else await end(worker);
      },
      (line) => lines.push(line),
    );
    await colouring(ports);
    expect(runs).toBe(4);
    expect(lines.filter((line) => line.startsWith('Ready'))).toHaveLength(4);
  });

  it('before it was ready, for a reason that stays, ends the command', async () => {
    const { ports } = portsOf(() => Promise.reject(new NeverReady("ComfyUI lacks the node 'DDColor'")));
    await expect(colouring(ports)).rejects.toThrow(/cannot colour: ComfyUI lacks the node 'DDColor'/);
  });
});
