/** The reasons of the scaler's decisions, and what each means to an operator. */

interface ReasonText {
  /** A few words, for a list. */
  short: string;
  /** What it means and what follows from it; one sentence. */
  meaning: string;
}

export const REASON_TEXTS = {
  'scale-out': {
    short: 'capacity was added',
    meaning: 'The fleet was too small for the work, or smaller than its minimum, and grew.',
  },
  'bulk-deadline': {
    short: 'capacity was added for bulk photos',
    meaning:
      'What interactive photos leave of the fleet is not enough for the bulk photos by their deadline, so the fleet grew.',
  },
  'scale-in': {
    short: 'capacity was removed',
    meaning: 'The fleet was larger than needed, or larger than its maximum, and shrank.',
  },
  steady: {
    short: 'the size is right',
    meaning: 'The fleet has the size that the work needs, so nothing changed.',
  },
  'scale-out-cooldown': {
    short: 'too small, in its scale-out cooldown',
    meaning:
      'The fleet should be larger, but its last scale-out is less than scaleOutCooldownSeconds ago, so it stays as it is.',
  },
  'scale-in-cooldown': {
    short: 'too large, in its scale-in cooldown',
    meaning:
      'The fleet should be smaller, but a cooldown or the hold time is not over, or instances have not been idle for long enough.',
  },
  'at-max': {
    short: 'held by the maximum',
    meaning:
      'The fleet has all that its maximum allows and the work needs more: photos wait longer than the target until the work is less or maxCapacity is more.',
  },
  'at-min': {
    short: 'held by the minimum',
    meaning: 'The fleet should be smaller than its minimum allows, so it stays at the minimum.',
  },
  shortage: {
    short: 'AWS has no capacity to give',
    meaning:
      'The fleet should be larger, but AWS does not provide the instances already requested, so no more are requested: no capacity, or a quota that is used up.',
  },
  'boot-failure': {
    short: 'instances do not come into service',
    meaning:
      'The fleet should be larger, but the last launches never came into service, so it asks for one instance at a time, with pauses of up to 15 minutes, until one does.',
  },
  'over-budget': {
    short: 'held by today’s spending limit',
    meaning:
      'The fleet should be larger, but today’s spending has reached the stage’s limit and the brake is on: it does not grow before midnight UTC.',
  },
  paused: {
    short: 'held by a pause',
    meaning: 'The fleet should have another size, but an operator has paused scaling in that direction.',
  },
  'inconsistent-metrics': {
    short: 'the counts contradict each other',
    meaning:
      'More photos left the queue than workers finished: the counts contradict each other, so the fleet stays as it is until they agree, for emptyHoldSeconds at most.',
  },
  'metrics-unavailable': {
    short: 'the counts could not be read',
    meaning: 'What a decision needs could not be read, so the fleet stays as it is: unknown is never zero.',
  },
} as const satisfies Record<string, ReasonText>;

export type Reason = keyof typeof REASON_TEXTS;

export const REASONS = Object.keys(REASON_TEXTS) as Reason[];
