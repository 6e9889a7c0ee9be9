/** The scaler's reasons for people who have not read its rule; the compiler sees to it that none is missing. */
import type { DECISION_REASONS } from '../../contract/panels.ts';

export type Reason = (typeof DECISION_REASONS)[number];

export interface ReasonText {
  /** A few words, for a list. */
  short: string;
  /** What it means, and what follows from it. */
  meaning: string;
}

export const REASON_TEXTS: Record<Reason, ReasonText> = {
  'scale-out': {
    short: 'more capacity was asked for',
    meaning: 'The fleet was too small for the work, or smaller than its minimum, and more was asked for.',
  },
  'scale-in': {
    short: 'capacity was let go',
    meaning: 'The fleet was larger than it need be, or larger than its maximum, and some of it was let go.',
  },
  steady: {
    short: 'the size is right',
    meaning: 'The fleet has the size it should have: nothing was changed.',
  },
  'cooling-out': {
    short: 'too small, held by a cooldown',
    meaning:
      'The fleet should be larger, but it grew only just now: scaleOutCooldownSeconds of the policy holds it until that has shown.',
  },
  'cooling-in': {
    short: 'too large, kept for a while',
    meaning:
      'The fleet should be smaller, but is kept for a while: a cooldown or the hold time is not over, or instances were not yet idle for long enough.',
  },
  'at-max': {
    short: 'held by the maximum',
    meaning:
      'The fleet has all that its maximum allows, and the work asks for more: photos wait for longer than aimed at until the work is less, or maxCapacity more.',
  },
  'at-min': {
    short: 'held by the minimum',
    meaning: 'The fleet should be smaller than its minimum allows: it stays at that.',
  },
  shortage: {
    short: 'what was asked for does not come',
    meaning:
      'The fleet should be larger, but AWS does not give what was asked for already, so no more is asked for: no capacity, or a quota that is used up.',
  },
  'over-budget': {
    short: 'held by today’s spending limit',
    meaning:
      'The fleet should be larger, but today’s spending has reached the stage’s limit and the brake is on: it does not grow before midnight UTC.',
  },
  paused: {
    short: 'held by a pause',
    meaning: 'The fleet should have another size, but somebody has paused that.',
  },
  doubtful: {
    short: 'the counts contradict each other',
    meaning:
      'More photos are gone from the queue than were finished: the counts contradict each other, and the fleet stays as it is until they agree.',
  },
  blind: {
    short: 'it could not see',
    meaning: 'What a decision needs could not be read, and the fleet stays as it is: unknown is never zero.',
  },
};
