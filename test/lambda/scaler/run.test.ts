/** Several ticks in one invocation: when they come, and what becomes of those that fail. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PERIOD_SECONDS,
  runTicks,
  scheduledAt,
  tickTimes,
  type RunOptions,
} from '../../../lambda/scaler/run.ts';
import type { TickResult } from '../../../lambda/scaler/tick.ts';

describe('tickTimes', () => {
  it.each<[string, number, number, number, number[]]>([
    ['on time', 600, 600, 30, [600, 630]],
    ['a moment late', 600, 600.4, 30, [600.4, 630]],
    ['so late that one was missed: the latest is made up for', 600, 635, 30, [635]],
    ['later than every tick', 600, 659, 30, [659]],
    ['a whole period late: its successor is due', 600, 660, 30, []],
    ['early', 600, 599, 30, [600, 630]],
    ['every 5 s', 600, 612, 5, [612, 615, 620, 625, 630, 635, 640, 645, 650, 655]],
    ['once a minute', 600, 601, 60, [601]],
  ])('%s', (_name, scheduled, now, every, expected) => {
    expect(tickTimes(scheduled, now, every)).toEqual(expected);
  });

  it('never looks back, never twice, never beyond the period', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -5, max: 70, noNaN: true }),
        fc.constantFrom(1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60),
        (late, every) => {
          const times = tickTimes(600, 600 + late, every);
          expect([...times].sort((a, b) => a - b)).toEqual(times);
          expect(new Set(times).size).toBe(times.length);
          for (const at of times) {
            expect(at).toBeGreaterThanOrEqual(600 + Math.min(0, late));
            expect(at).toBeLessThan(600 + PERIOD_SECONDS);
          }
        },
      ),
      { seed: 20_261_123, numRuns: 500 },
    );
  });
});

it.each([
  ['2026-11-23T18:00:00Z', Date.parse('2026-11-23T18:00:00Z') / 1000],
  ['<aws.scheduler.scheduled-time>', undefined],
  ['', undefined],
  [undefined, undefined],
])('the scheduled time %j is %j', (text, expected) => expect(scheduledAt(text)).toBe(expected));

const done: TickResult = { held: true, errors: [] };

/** Runs over a clock that only sleeping moves. */
async function play(outcomes: TickResult[], more: Partial<RunOptions> = {}) {
  let now = 600;
  const at: number[] = [];
  const lines: string[] = [];
  let released = 0;
  const error: unknown = await runTicks({
    scheduled: 600,
    tickSeconds: 15,
    clock: {
      now: () => now,
      sleepUntil: (time) => {
        now = Math.max(now, time);
        return Promise.resolve();
      },
    },
    remainingMs: () => 75_000 - (now - 600) * 1000,
    tick: () => {
      at.push(now);
      return Promise.resolve(outcomes[at.length - 1] ?? done);
    },
    release: () => {
      released++;
      return Promise.resolve();
    },
    log: ({ message }) => lines.push(message),
    ...more,
  }).catch((reason: unknown) => reason);
  return { at, lines, released, error };
}

describe('runTicks', () => {
  it('ticks at absolute times and gives the lease back', async () => {
    expect(await play([])).toMatchObject({ at: [600, 615, 630, 645], released: 1, error: undefined });
  });

  it('goes on after a tick that failed, and fails in the end, so that somebody hears of it', async () => {
    const failed = { held: true, errors: [new Error('no queue')] };
    const { at, error, released } = await play([done, failed]);
    expect(at).toHaveLength(4);
    expect(released).toBe(1);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as Error).message).toBe('no queue');
  });

  it('ends when it has lost its lease: it has a successor', async () => {
    const lost = { held: false, errors: [] };
    expect(await play([done, lost])).toMatchObject({ at: [600, 615], lines: ['lease-lost'] });
  });

  it('tries on while another run has the lease: that one may have died', async () => {
    const waiting = { held: false, errors: [] };
    const { at, released } = await play([waiting, waiting]);
    expect(at).toHaveLength(4);
    expect(released).toBe(1);
  });

  it('releases nothing that it never had', async () => {
    const waiting = { held: false, errors: [] };
    expect((await play([waiting, waiting, waiting, waiting])).released).toBe(0);
  });

  it('drops an event whose successor is due', async () => {
    const { at, lines, error } = await play([], { scheduled: 540 });
    expect([at, lines, error]).toEqual([[], ['event-dropped'], undefined]);
  });

  it('starts no tick that it might not finish', async () => {
    const { at, lines } = await play([], { remainingMs: () => 9000 });
    expect([at, lines]).toEqual([[], ['ticks-skipped']]);
  });

  it('says when the lease could not be given back', async () => {
    const release = () => Promise.reject(new Error('no table'));
    expect((await play([], { release })).error).toMatchObject({ message: 'release: no table' });
  });
});
