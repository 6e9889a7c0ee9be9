/** The outcome of a photo, and the reasons that stop a run early. */
import { ApiError } from '../../client/errors.ts';
import type { Remark } from '../../contract/photo-types.ts';
import type { Job } from './plan.ts';

export type PhotoOutcome =
  | {
      outcome: 'succeeded';
      /** Whether an earlier run has already saved its result. */
      before: boolean;
      /** @default none */
      remarks?: readonly Remark[];
    }
  | {
      outcome: 'failed';
      /** The service's, or of this command: `not-read`, `not-a-file`, `link-outside`, `not-written`. */
      code: string;
      message: string;
      /** Whether sending it again may succeed. */
      retryable: boolean;
      before: boolean;
    };

/** A photo with its outcome, of this run or an earlier one. */
export interface FinishedPhoto {
  job: Job;
  outcome: PhotoOutcome;
  /** Undefined for a photo that was never sent. */
  id?: string;
  /** In this run. */
  seconds: number;
}

export const failure = (code: string, message: string, retryable = false, before = false): PhotoOutcome => ({
  outcome: 'failed',
  code,
  message,
  retryable,
  before,
});

/** The run's timeout has passed. */
export class TimedOut extends Error {}
/** The service was unreachable for too long. */
export class Unreachable extends Error {}

/** An error that every other photo would get as well. */
export const affectsEveryPhoto = (error: unknown): boolean =>
  error instanceof ApiError && (error.code === 'unauthorized' || error.code === 'no-bulk-lane');
