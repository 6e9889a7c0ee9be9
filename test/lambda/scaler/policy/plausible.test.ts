/** Reports that cannot be true are unknown. */
import { describe, expect, it } from 'vitest';
import { believe, type Belief, type ReportsMemory } from '../../../../lambda/scaler/policy/reports.ts';
import { AT, busy, drive, last, TICK, type Counters } from '../support/reports.ts';

describe('a report is not believed, and says why', () => {
  it.each<[string, Counters[], RegExp]>([
    [
      'negative',
      [
        [0, 0],
        [-5, 30],
      ],
      /^completed is -5: a number from 0/,
    ],
    [
      'NaN',
      [
        [0, 0],
        [5, NaN],
      ],
      /^busySeconds is NaN/,
    ],
    [
      '1e308',
      [
        [0, 0],
        [1e308, 30],
      ],
      /^completed is 1e\+308/,
    ],
    [
      '9e15',
      [
        [0, 0],
        [9e15, 9e15],
      ],
      /^completed is 9000000000000000/,
    ],
    [
      'text',
      [
        [0, 0],
        ['5', 30],
      ],
      /^completed is '5'/,
    ],
    [
      'nothing',
      [
        [0, 0],
        [undefined, 30],
      ],
      /^completed is undefined/,
    ],
    [
      'an object',
      [
        [0, 0],
        [{}, 30],
      ],
      /^completed is no number: a number/,
    ],
    [
      'less than before',
      [
        [50, 300],
        [0, 0],
      ],
      /^completed fell from 50 to 0$/,
    ],
    [
      'more photos than its time allows',
      [
        [0, 0],
        [50_000, 30],
      ],
      /^completed rose by 50000 within 30 s: at most 8001$/,
    ],
    [
      'more seconds than there were',
      [
        [0, 0],
        [1, 1e6],
      ],
      /^busySeconds rose by 1000000 within 30 s: at most 40$/,
    ],
  ])('%s', (_name, counters, why) => {
    const alone = last(drive(counters.map((one) => ({ liar: one }))));
    expect(alone.disbelieved).toEqual([{ instance: 'liar', why: expect.stringMatching(why) as string }]);
    expect(alone.reported).toBeUndefined();
    // Among others it counts as their mean.
    const [first, second] = busy(2, ['a', 'b']);
    const among = last(
      drive([
        { ...first, liar: counters[0] as Counters },
        { ...second, liar: counters[1] as Counters },
      ]),
    );
    expect(among.disbelieved).toHaveLength(1);
    expect(among.reported).toEqual({ completed: 15, busySeconds: 90 });
  });

  it('and counts again from the next one that can be read', () => {
    const beliefs = drive([{ a: [0, 0] }, { a: [-1, 0] }, { a: [5, 30] }, { a: [10, 60] }]);
    expect(beliefs.map(({ disbelieved }) => disbelieved.length)).toEqual([0, 1, 0, 0]);
    // What it did while its counters could not be read is no work of a later tick.
    expect(beliefs.map(({ reported }) => reported?.completed)).toEqual([0, undefined, undefined, 5]);
  });

  it('an instance without a report is unknown, not idle', () => {
    const ticks = busy(2, ['a', 'b']);
    const reporters = ['a', 'b', 'c'].map((instance) => ({ instance }));
    let memory: ReportsMemory | undefined;
    let belief: Belief | undefined;
    ticks.forEach((tick, k) => {
      const reports = Object.entries(tick).map(([instance, [completed, busySeconds]]) => ({
        instance,
        completed,
        busySeconds,
      }));
      belief = believe({ at: AT + k * TICK, backlog: 0, reporters, reports, serviceSeconds: 6 }, memory);
      ({ memory } = belief);
    });
    expect(belief?.reported).toEqual({ completed: 15, busySeconds: 90 });
  });
});
