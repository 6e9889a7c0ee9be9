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
  const side = inference.workflow.chroma?.size ?? 0;
  const limitMs = (photos: number) => deadlineMs((photos * side * side) / 1e6, photos);
  // The running prompt, which may be a whole batch, ends first.
  const withinMs = (photos: number) => limitMs(max) + limitMs(photos);
  return new Batcher({
    slots,
    max,
    together: (photos, acquireSlot, signal) => {
      const planes = photos.map(({ plane }) => plane);
      const { options } = photos[0]!;
      return inferPlanes(inference, planes, {
        withinMs: withinMs(photos.length),
        acquireSlot,
        options,
        signal,
      });
    },
    alone: ({ plane, options, signal }, acquireSlot) =>
      infer(inference, plane, withinMs(1), acquireSlot, options, signal),
    log: inference.log,
  });
}
