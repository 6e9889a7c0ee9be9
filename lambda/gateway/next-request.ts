/** What the scaler will request at the tick that counts photos which the view does not have: the rule's need as a line in the queue, from the view. */
import type { View } from '../../contract/view.ts';
import { MOST_DELAY } from './queue-position.ts';

/** When a tick has counted what was in the queue at a time; epoch seconds. */
export function countedAt({ at, tickSeconds }: View, time: number): number {
  return at + Math.max(1, Math.ceil((time + MOST_DELAY - at) / tickSeconds)) * tickSeconds;
}

/** Photos for which the rule requests the maximum: more of them wait longer. */
export function photosForMax({ sizing }: View): number {
  if (!sizing || sizing.perQueued === 0) return 0;
  return Math.max(0, sizing.max - sizing.beside) / sizing.perQueued;
}

/** Photos that the capacity of the view finishes within a boot. */
function finishedWithin(boot: number, service: number, { at, inService, coming }: View): number {
  const seconds = coming.reduce(
    (sum, { count, readyAt }) => sum + count * Math.max(0, boot - Math.max(0, readyAt - at)),
    inService * boot,
  );
  return seconds / service;
}

/**
 * @param photos in the queue then
 * @param time when they are in the queue, epoch seconds
 * @returns instances beyond those that are requested already, as they come; empty where there are none
 */
export function nextRequest(view: View, photos: number, time: number): View['coming'] {
  const { sizing, bootSeconds, serviceSeconds, visible, inFlight } = view;
  if (!sizing || bootSeconds === null || serviceSeconds === null) return [];
  const queued = Math.max(0, photos - finishedWithin(bootSeconds, serviceSeconds, view));
  const needed = Math.min(sizing.max, Math.ceil(sizing.beside + sizing.perQueued * queued));
  // A photo that meets a fleet which sleeps has woken it with one instance.
  const requested = Math.max(sizing.desired, visible + inFlight === 0 ? 1 : 0);
  if (needed <= requested) return [];
  return [{ count: needed - requested, readyAt: countedAt(view, time) + bootSeconds }];
}
