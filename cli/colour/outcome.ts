/** How a photo leaves a run, and why a run stops before its end. */
import { ApiError } from '../../client/errors.ts';
import type { Job } from './plan.ts';

export type PhotoOutcome =
  | {
      outcome: 'coloured';
      /** Whether its result was there before this run. */
      before: boolean;
    }
  | {
      outcome: 'failed';
      /** Of the service, or `not-read`, `not-written`. */
      code: string;
      message: string;
      /** Whether sending it again may succeed. */
      retryable: boolean;
      before: boolean;
    };

/** A photo that ended, in this run or before. */
export interface FinishedPhoto {
  job: Job;
  ending: PhotoOutcome;
  /** Undefined for what was never sent. */
  id?: string;
  /** Of this run. */
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

/** A refusal that any other photo would meet as well. */
export const affectsEveryPhoto = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'unauthorized';
