/** The batcher of a worker: prompts of planes, and how long they may take. */
import { Batcher } from '../photo/batcher.ts';
import type { WeightedSemaphore } from '../photo/weighted-semaphore.ts';
import { deadlineMs, infer, inferPlanes, type Inference } from './inference.ts';

/**
 * @param inference on the chroma path
 * @param slots of ComfyUI
 * @param max photos in a prompt
 */
export function createBatcher(inference: Inference, slots: WeightedSemaphore, max: number): Batcher {
  const usual = inference.workflow.chroma?.size ?? 0;
  const limitMs = (photos: number, side = usual) => deadlineMs((photos * side * side) / 1e6, photos);
  // The running prompt, which may be a whole batch, ends first.
  const withinMs = (photos: number, size?: number) => limitMs(max) + limitMs(photos, size);
  return new Batcher({
    slots,
    max,
    usual,
    together: (photos, acquireSlot, signal) => {
      const planes = photos.map(({ plane }) => plane);
      const { options, size } = photos[0]!;
      return inferPlanes(inference, planes, {
        withinMs: withinMs(photos.length, size),
        acquireSlot,
        options,
        signal,
      });
    },
    alone: ({ plane, options, size, signal }, acquireSlot) =>
      infer(inference, plane, withinMs(1, size), acquireSlot, options, signal),
    log: inference.log,
  });
}
