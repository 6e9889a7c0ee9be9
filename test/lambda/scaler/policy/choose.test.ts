/** From needed instances to a desired capacity: every branch, at its edges. */
import { describe, expect, it } from 'vitest';
import { choose, type Sizes } from '../../../../lambda/scaler/policy/choose.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import { NOW, seen, slo } from '../support/observations.ts';

const settings = { ...slo, scaleOutCooldownSeconds: 60, scaleInCooldownSeconds: 90, emptyHoldSeconds: 60 };
const sizes: Sizes = {
  needed: 4,
  kept: 4,
  spare: 0,
  idle: 0,
  emptySeconds: 0,
  isEmptyConfirmed: false,
  serviceSeconds: 6,
};
const four: Partial<Observation> = { desired: 4, inService: 4, inFlight: 4, min: 1, max: 10 };
/** Fewer needed, two idle for long enough, and the queue empty for long enough. */
const less: Sizes = { ...sizes, needed: 1, kept: 2, spare: 2, idle: 2, emptySeconds: 60 };

type Case = [string, Partial<Observation>, Partial<Sizes>, { out?: number; in?: number }, number, string];

describe.each<[string, Sizes, Case[]]>([
  [
    'too small',
    { ...sizes, needed: 7 },
    [
      ['it grows to what is needed', {}, {}, {}, 7, 'scale-out'],
      ['it grows to the maximum', { max: 6 }, {}, {}, 6, 'scale-out'],
      ['it stays at the maximum', { max: 4 }, {}, {}, 4, 'at-max'],
      ['it waits for its cooldown', {}, {}, { out: 59 }, 4, 'scale-out-cooldown'],
      ['the cooldown ends', {}, {}, { out: 60 }, 7, 'scale-out'],
      ['a scale-in starts no cooldown for it', {}, {}, { in: 1 }, 7, 'scale-out'],
    ],
  ],
  [
    'right',
    sizes,
    [
      ['it stays', {}, {}, {}, 4, 'steady'],
      ['one more is not needed yet', {}, { kept: 5 }, {}, 4, 'steady'],
      // 7 x 6 s / 4 = 10.5 s, and 6 x 6 s / 4 = 9 s.
      [
        'at the maximum, clearing the queue takes longer than the target',
        { max: 4, visible: 7 },
        {},
        {},
        4,
        'at-max',
      ],
      ['at the maximum, clearing the queue meets the target', { max: 4, visible: 6 }, {}, {}, 4, 'steady'],
      [
        'at the maximum, clearing the queue takes just the target',
        { max: 4, visible: 8 },
        { serviceSeconds: 5 },
        {},
        4,
        'steady',
      ],
      ['below the maximum the queue alone is no reason', { max: 5, visible: 700 }, {}, {}, 4, 'steady'],
    ],
  ],
  [
    'too large',
    less,
    [
      ['it loses what was idle throughout', { inFlight: 2 }, {}, {}, 2, 'scale-in'],
      ['no more than was idle throughout', { inFlight: 2 }, { spare: 1 }, {}, 3, 'scale-in'],
      ['no more than it keeps', { inFlight: 2 }, { kept: 3 }, {}, 3, 'scale-in'],
      ['no more than its minimum', { inFlight: 2, min: 3 }, {}, {}, 3, 'scale-in'],
      ['it stays at the minimum', { min: 4 }, {}, {}, 4, 'at-min'],
      ['it waits for its cooldown', { inFlight: 2 }, {}, { in: 89 }, 4, 'scale-in-cooldown'],
      ['the cooldown ends', { inFlight: 2 }, {}, { in: 90 }, 2, 'scale-in'],
      ['a scale-out starts no cooldown for it', { inFlight: 2 }, {}, { out: 1 }, 2, 'scale-in'],
      ['nothing idle throughout', { inFlight: 2 }, { spare: 0 }, {}, 4, 'scale-in-cooldown'],
      ['nothing idle at all', {}, { spare: 0, idle: 0 }, {}, 4, 'steady'],
      ['an empty queue holds it at first', { inFlight: 0 }, { emptySeconds: 59 }, {}, 4, 'scale-in-cooldown'],
      [
        'an empty queue that workers confirm does not hold it',
        { inFlight: 0 },
        { emptySeconds: 0, isEmptyConfirmed: true },
        {},
        2,
        'scale-in',
      ],
      ['an empty queue lets it go later', { inFlight: 0 }, {}, {}, 2, 'scale-in'],
      ['photos in flight need no hold time', { inFlight: 1 }, { emptySeconds: 0 }, {}, 2, 'scale-in'],
      [
        'as many waiting as in flight are no empty queue',
        { inFlight: 1, visible: 1 },
        { emptySeconds: 0 },
        {},
        2,
        'scale-in',
      ],
      [
        'photos waiting need no hold time',
        { inFlight: 0, visible: 1 },
        { emptySeconds: 0 },
        {},
        2,
        'scale-in',
      ],
    ],
  ],
])('a fleet of four that is %s', (_size, usual, cases) => {
  it.each(cases)('%s', (_name, observed, changed, since, desired, reason) => {
    const memory = {
      ...(since.out === undefined ? {} : { lastOutAt: NOW - since.out }),
      ...(since.in === undefined ? {} : { lastInAt: NOW - since.in }),
    };
    const choice = choose(seen({ ...four, ...observed }), { ...usual, ...changed }, memory, settings);
    expect(choice).toEqual({ desired, reason });
  });
});
