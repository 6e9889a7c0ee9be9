/** Readiness: what an instance must prove before it receives photos. */
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CanaryMismatch, type Canary } from '../../worker/comfyui/canary.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import {
  checkReady,
  NeverReady,
  reportOnce,
  startPolicy,
  untilReady,
} from '../../worker/comfyui/readiness.ts';
import { ComfyuiUnreachable, InstanceFault, WorkflowRefused } from '../../worker/photo/faults.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { Comfy, timing, workflow } from './support/stand-in-comfyui.ts';
import { memoryLog } from './support/memory.ts';

let comfy: Comfy;
beforeEach(async () => {
  comfy = await Comfy.start();
});
afterEach(() => comfy.close());

const log = memoryLog();
/** Of the size that the workflow gets. */
const grey = () =>
  sharp({ create: { width: 512, height: 512, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();

describe('readiness', () => {
  const check = (
    url: string,
    device: 'cpu' | 'cuda' = 'cpu',
    more: { workflow?: typeof workflow; canary?: Canary } = {},
  ) => {
    const client = new ComfyuiClient(url, 30_000);
    return checkReady({
      client,
      settings: { device, workflow },
      ...(more.workflow && { settings: { device, workflow: more.workflow } }),
      canary: more.canary,
      images: new LocalImageProcessor({ maxMegapixels: 1, path: 'chroma', workflow }),
      infer: (png, within) =>
        infer({ client, workflow, path: 'chroma', log, timing }, png, Math.min(within, 60_000)),
    });
  };

  it('is passed by a ComfyUI that has coloured a picture', async () => {
    await check(comfy.url);
  });

  it('compares the colours with those of the bake, for a workflow that colours', async () => {
    const canary: Canary = { cells: Array.from({ length: 64 }, () => [90, -90]) };
    await expect(check(comfy.url, 'cpu', { canary })).rejects.toThrow(CanaryMismatch);
    const plain = { ...workflow, output: { ...workflow.output, coloured: false } };
    await check(comfy.url, 'cpu', { canary, workflow: plain });
  });

  it('loads the model by the same graph and node ids as photos', async () => {
    const { url, prompts } = await comfy.recording();
    await check(url);
    await infer(
      { client: new ComfyuiClient(url, 30_000), workflow, path: 'chroma', log, timing },
      await grey(),
      5000,
    );
    const graphs = prompts.map(({ prompt, prompt_id }) => JSON.stringify(prompt).replaceAll(prompt_id, 'ID'));
    expect(graphs).toHaveLength(2);
    expect(graphs[0]).toBe(graphs[1]);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'that computes on something else',
      () => check(comfy.url, 'cuda'),
      /computes on 'cpu' but this stage needs 'cuda'/,
    ],
    [
      'that lacks a node',
      async () =>
        check(await comfy.instead(/^GET \/object_info\/DDColor/, (_request, response) => response.end('{}'))),
      /lacks the node 'DDColor_Colorize'/,
    ],
    [
      'whose results are grey',
      async () => {
        const answer = await sharp(await grey())
          .png()
          .toBuffer();
        return check(await comfy.instead(/^GET \/view/, (_request, response) => response.end(answer)));
      },
      /without any colour/,
    ],
  ])('is not passed by one %s', async (_name, act, message) => {
    await expect(act()).rejects.toThrow(message);
  });

  it('is checked until it passes, and fails after its limit', async () => {
    let tries = 0;
    const patience = { retryMs: 1, limitMs: 1000, now: () => tries * 100 };
    const stop = new AbortController().signal;
    const third = () => (++tries < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve());
    expect(await untilReady(third, stop, log, patience)).toBe(true);
    const never = () => Promise.reject(new Error(`no, ${++tries}`));
    await expect(untilReady(never, stop, log, patience)).rejects.toThrow('not ready after 1 s');
    expect(await untilReady(never, AbortSignal.abort(), log, patience)).toBe(false);
  });

  it.each<[string, unknown[], boolean]>([
    ['a canary mismatch', [new CanaryMismatch('off')], true],
    ['another device', [new NeverReady('cpu')], true],
    ['a workflow that ComfyUI refuses: no weights', [new WorkflowRefused('value not in list')], true],
    ['a ComfyUI that does not answer yet', [new ComfyuiUnreachable('refused')], false],
    ['a fault once, or in turns', [new InstanceFault('device'), new InstanceFault('other')], false],
  ])('of an instance that starts is final, or not, by %s', (_what, errors, expected) => {
    let now = 0;
    const { isFatal } = startPolicy(() => now);
    for (const error of [...errors, ...errors, ...errors]) {
      expect(isFatal?.(error)).toBe(expected);
      now += 40_000;
    }
  });

  it('of an instance that starts is final for a ComfyUI silent for five minutes, or a fault three times in a minute', () => {
    let now = 0;
    const { isFatal } = startPolicy(() => now);
    const answers = (error: Error, seconds: number) => {
      now += 1000 * seconds;
      return isFatal?.(error);
    };
    const fault = new InstanceFault('the device failed');
    expect([0, 30, 30].map((seconds) => answers(fault, seconds))).toEqual([false, false, true]);
    expect([200, 39, 1].map((seconds) => answers(new ComfyuiUnreachable('no'), seconds))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('reports the first canary mismatch once, and no other error', async () => {
    let reports = 0;
    const faults = [new Error('not yet'), new CanaryMismatch('off'), new CanaryMismatch('off')];
    const check = reportOnce(
      () => {
        const fault = faults.shift();
        return fault ? Promise.reject(fault) : Promise.resolve('ready');
      },
      () => reports++,
    );
    const seen: number[] = [];
    for (const fault of [...faults]) {
      await expect(check()).rejects.toBe(fault);
      seen.push(reports);
    }
    expect(seen).toEqual([0, 1, 1]);
    expect(await check()).toBe('ready');
  });
});
