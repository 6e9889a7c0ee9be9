/** What a probe photo proves about its stage. */
import { recentView, type View } from '../../contract/view.ts';

/** What there is of a probe photo in the bucket. */
export interface Found {
  photo: boolean;
  result: boolean;
  /** Code of its failure record. */
  failure: string | undefined;
}

export interface StageState {
  /** Undefined before the scaler's first tick. */
  view: Pick<View, 'at' | 'tickSeconds' | 'inService' | 'coming' | 'stopped'> | undefined;
  /** Whether the stage has an image to launch. */
  hasImage: boolean;
}

/** Why nothing can be expected of the stage. */
export type Hindrance = NonNullable<View['stopped']> | 'no-image';

export interface Verdict {
  /** Value of the metric; undefined where the photo proves nothing. */
  failed: 0 | 1 | undefined;
  /** `succeeded`, `no-outcome`, `not-sent`, a {@link Hindrance}, or the code of the failure record. */
  reason: string;
}

/** @param now epoch seconds */
const hindranceOf = (stage: StageState, now: number): Hindrance | undefined =>
  stage.hasImage ? recentView(stage.view, now)?.stopped : 'no-image';

/**
 * @param now epoch seconds
 * @returns undefined for a stage that should colour a photo; a fleet that has instances does in any case
 */
export function reasonNotToSend(stage: StageState, now: number): Hindrance | undefined {
  const view = recentView(stage.view, now);
  const isAwake = view !== undefined && view.inService + view.coming.length > 0;
  return isAwake ? undefined : hindranceOf(stage, now);
}

/** @param now epoch seconds, at the end of the time that the photo has for its outcome */
export function verdictOn({ photo, result, failure }: Found, stage: StageState, now: number): Verdict {
  if (result) return { failed: 0, reason: 'succeeded' };
  if (failure !== undefined) return { failed: 1, reason: failure };
  // Not sent, before the first deploy's first one, or deleted by a person.
  if (!photo) return { failed: undefined, reason: 'not-sent' };
  const hindrance = hindranceOf(stage, now);
  if (hindrance !== undefined) return { failed: undefined, reason: hindrance };
  return { failed: 1, reason: 'no-outcome' };
}
