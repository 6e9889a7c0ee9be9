/** The batcher of a worker: prompts of planes, and how long they may take. */
import { Batcher } from '../photo/batcher.ts';
import type { AcquireSlot, WeightedSemaphore } from '../photo/weighted-semaphore.ts';
import { deadlineMs, infer, inferPlanes, type Inference } from './inference.ts';
import { PromptLimits } from './prompt-limits.ts';

/**
 * @param inference on the chroma path
 * @param slots of ComfyUI
 * @param max photos in a prompt
 * @param limits of all prompts of this worker
 */
export function createBatcher(
  inference: Inference,
  slots: WeightedSemaphore,
  max: number,
  limits = new PromptLimits(),
): Batcher {
  const usual = inference.workflow.chroma?.size ?? 0;
  const limitMs = (photos: number, side = usual) => deadlineMs((photos * side * side) / 1e6, photos);
  /** The running prompt, which may be a whole batch, ends first. */
  const limited = (photos: number, size: number | undefined, acquireSlot: AcquireSlot) => {
    const own = limitMs(photos, size);
    return limits.limit(own, limitMs(max) + own, acquireSlot);
  };
  return new Batcher({
    slots,
    max,
    usual,
    together: (photos, acquireSlot, signal) => {
      const planes = photos.map(({ plane }) => plane);
      const { options, size } = photos[0]!;
      const prompt = limited(photos.length, size, acquireSlot);
      return inferPlanes(inference, planes, { ...prompt, options, signal });
    },
    alone: ({ plane, options, size, signal }, acquire) => {
      const { withinMs, acquireSlot } = limited(1, size, acquire);
      return infer(inference, plane, withinMs, acquireSlot, options, signal);
    },
    log: inference.log,
  });
}
