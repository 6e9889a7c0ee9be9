/** Prompts of several queues: whose they are, in which order, and of how many photos. */
import { setImmediate as quiet } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { QueueName } from '../../contract/lanes.ts';
import { Batcher } from '../../worker/photo/batcher.ts';
import { PromptLost } from '../../worker/photo/faults.ts';
import { WeightedSemaphore, type AcquireSlot } from '../../worker/photo/weighted-semaphore.ts';

/** A ComfyUI with one slot. @param onStart called with the prompts so far; throws to let the last one fail */
function comfyui(max: number, onStart: (prompts: string[]) => void = () => undefined) {
  const slots = new WeightedSemaphore(1);
  const prompts: string[] = [];
  const run = async (queue: QueueName, planes: Buffer[], acquireSlot: AcquireSlot) => {
    const release = await acquireSlot();
    prompts.push(`${queue} ${planes.length}`);
    await quiet();
    try {
      onStart(prompts);
    } finally {
      release();
    }
    return planes;
  };
  const batcher = new Batcher({
    slots,
    max,
    together: (photos, acquireSlot) =>
      run(
        photos[0]!.queue,
        photos.map(({ plane }) => plane),
        acquireSlot,
      ),
    alone: async ({ queue, plane }, acquireSlot) => (await run(queue, [plane], acquireSlot))[0]!,
    log: () => undefined,
  });
  const infer = (queue: QueueName) => {
    const { signal } = new AbortController();
    return batcher.infer({
      ...{ queue, options: {}, plane: Buffer.of(1), cancel: signal, signal },
      ...{ paused: (wait) => wait(), started: () => Promise.resolve(), wasTried: () => false },
    });
  };
  return { slots, prompts, infer };
}

it('of the sidelined queue and of bulk are of one photo in their turns, and full once no photo before them waits', async () => {
  const { slots, prompts, infer } = comfyui(4);
  const release = await slots.acquire();
  const all = (['interactive', 'sidelined', 'bulk'] as const).flatMap((queue, k) =>
    Array.from({ length: [8, 4, 2][k]! }, () => infer(queue)),
  );
  release();
  await Promise.all(all);
  expect(prompts).toEqual([
    ...['interactive 4', 'sidelined 1', 'interactive 4'],
    ...['bulk 1', 'sidelined 3', 'bulk 1'],
  ]);
});

it('that repeat photos of one that failed wait in the queue of their photos', async () => {
  const later: Promise<unknown>[] = [];
  const { slots, prompts, infer } = comfyui(2, ({ length }) => {
    if (length <= 2) later.push(infer('interactive'));
    if (length === 1) throw new PromptLost('lost');
  });
  const release = await slots.acquire();
  const bulk = [infer('bulk'), infer('bulk')];
  release();
  await Promise.all(bulk);
  await Promise.all(later);
  // During each of the first two an interactive photo comes.
  expect(prompts).toEqual(['bulk 2', 'interactive 1', 'interactive 1', 'bulk 1', 'bulk 1']);
});
