/** A placeholder until the estimate is there. */
import type { View } from '../../contract/view.ts';

export function estimateWait(
  _view: View | undefined,
  _photo: { storedAt: number },
  _now: number,
): { ahead: number | null; seconds: number | null; secondsAtMost: number | null } {
  return { ahead: null, seconds: null, secondsAtMost: null };
}
