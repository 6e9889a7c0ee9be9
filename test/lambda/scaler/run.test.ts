/** Several ticks in one invocation: their times, their failures, and the lease. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PERIOD_SECONDS,
  pollTimes,
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
    ['exactly at a later tick', 600, 630, 15, [630, 645]],
    ['later than every tick', 600, 659, 30, [659]],
    ['a whole period late: its successor is due', 600, 660, 30, []],
    ['early', 600, 599, 30, [600, 630]],
    ['every 5 s', 600, 612, 5, [612, 615, 620, 625, 630, 635, 640, 645, 650, 655]],
    ['once a minute', 600, 601, 60, [601]],
  ])('%s', (_name, scheduled, now, every, expected) => {
    expect(tickTimes(scheduled, now, every)).toEqual(expected);
  });

  it('are ascending, each once, and within the period', () => {
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

/** Runs with a clock that only sleeping moves. */
async function play(outcomes: TickResult[], more: Partial<RunOptions> = {}) {
  let now = 600;
  const at: number[] = [];
  const lines: { message: string; [field: string]: unknown }[] = [];
  let released = 0;
  let held: boolean | undefined;
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
    log: (line) => lines.push(line),
    ...more,
  })
    .then((hadLease) => void (held = hadLease))
    .catch((reason: unknown) => reason);
  return { at, held, lines, released, error };
}

describe('runTicks', () => {
  it('logs each tick with its record', async () => {
    const record = { at: 600, reason: 'steady' } as TickResult['record'];
    const { lines } = await play([{ ...done, record: record! }]);
    expect(lines).toEqual([{ message: 'tick-finished', at: 600, reason: 'steady' }]);
  });

  it('starts now without a scheduled time', async () => {
    expect(await play([], { scheduled: undefined, tickSeconds: 30 })).toMatchObject({
      at: [600, 630],
      lines: [],
    });
  });

  it('ticks at absolute times and gives the lease back', async () => {
    expect(await play([])).toMatchObject({ at: [600, 615, 630, 645], released: 1, error: undefined });
  });

  it('continues after a failed tick, and fails after the last one', async () => {
    const failed = { held: true, errors: [new Error('no queue')] };
    const { at, error, released, lines } = await play([done, failed, failed]);
    expect(lines).toEqual([
      { message: 'tick-failed', error: 'no queue' },
      { message: 'tick-failed', error: 'no queue' },
    ]);
    expect(at).toHaveLength(4);
    expect(released).toBe(1);
    expect(error).toBeInstanceOf(AggregateError);
    expect((error as Error).message).toBe('no queue; no queue');
  });

  it('stops when it has lost its lease: it has a successor', async () => {
    const lost = { held: false, errors: [] };
    expect(await play([done, lost])).toMatchObject({
      at: [600, 615],
      lines: [{ message: 'lease-lost' }],
      released: 1,
    });
  });

  it('keeps trying while another run has the lease: that one may have died', async () => {
    const waiting = { held: false, errors: [] };
    const { at, released, lines } = await play([waiting, waiting]);
    expect(lines).toEqual([{ message: 'lease-refused' }, { message: 'lease-refused' }]);
    expect(at).toHaveLength(4);
    expect(released).toBe(1);
  });

  it('releases no lease that it never had', async () => {
    const waiting = { held: false, errors: [] };
    expect((await play([waiting, waiting, waiting, waiting])).released).toBe(0);
  });

  it('drops an event whose successor is due', async () => {
    const { at, lines, error } = await play([], { scheduled: 540 });
    expect([at, lines, error]).toEqual([[], [{ message: 'event-dropped', ageSeconds: 60 }], undefined]);
  });

  it('starts no tick with less than 10 s left', async () => {
    const { at, lines } = await play([], { remainingMs: () => 9999 });
    expect([at, lines]).toEqual([[], [{ message: 'ticks-skipped', remainingMs: 9999 }]]);
    expect((await play([], { remainingMs: () => 10_000 })).at).toHaveLength(4);
  });

  it('reports a lease that could not be given back', async () => {
    const release = () => Promise.reject(new Error('no table'));
    const { error } = await play([], { release });
    expect(error).toMatchObject({
      message: 'release: no table',
      errors: [{ message: 'release: no table', cause: { message: 'no table' } }],
    });
  });
});

describe('a fleet that sleeps', () => {
  const asleep: TickResult = { held: true, errors: [], asleep: true, nextSeconds: 60 };

  it('has one tick a minute, and no run that waits, where a photo starts a run of its own', async () => {
    const { at, released } = await play([asleep], { tickSeconds: 30, wakesByEvent: true });
    expect([at, released]).toEqual([[600], 1]);
  });

  it('has its usual ticks where a photo starts none', async () => {
    expect((await play([asleep, asleep], { tickSeconds: 30 })).at).toEqual([600, 630]);
  });

  it('keeps the ticks that the rule asks for after it fell asleep', async () => {
    const justNow = { ...asleep, nextSeconds: 30 };
    expect((await play([justNow, asleep], { tickSeconds: 30, wakesByEvent: true })).at).toEqual([600, 630]);
  });

  it('the first tick of a run that a photo started expects it, and the others are the usual ones', async () => {
    const woken: boolean[] = [];
    const { at } = await play([], {
      woken: true,
      tickSeconds: 30,
      scheduled: 588,
      tick: async (isWoken) => {
        woken.push(isWoken);
        return done;
      },
    });
    expect(woken).toEqual([true, false]);
    expect(at).toEqual([]);
  });

  it('a run that a photo started, and that gets no lease, ends at once', async () => {
    const refused = { held: false, errors: [] };
    const { at, held, released } = await play([refused], { woken: true });
    expect([at, held, released]).toEqual([[600], false, 0]);
  });
});

it('ticks that the rule asks for sooner come beside the usual ones', async () => {
  const soon: TickResult = { ...done, nextSeconds: 5 };
  const { at } = await play([done, soon, soon, done], { tickSeconds: 30 });
  expect(at).toEqual([600, 630, 635, 640]);
});

describe('polls of the queue between two ticks', () => {
  /** Answers of the polls; the clock is at each of them when it is asked. */
  async function polled(answers: (boolean | Error)[], start = 600) {
    let now = start;
    const polls: number[] = [];
    const ticks: number[] = [];
    const poll = async () => {
      polls.push(now);
      const answer = answers[polls.length - 1] ?? false;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const played = await play([], {
      tickSeconds: 30,
      clock: { now: () => now, sleepUntil: async (time) => void (now = Math.max(now, time)) },
      tick: async () => {
        ticks.push(now);
        return { ...done, poll };
      },
    });
    return { ...played, polls, ticks };
  }

  it('come every 5 s, and end before the next run', async () => {
    const { polls, ticks } = await polled([]);
    expect(polls).toEqual([605, 610, 615, 620, 625, 635, 640, 645, 650, 655]);
    expect(ticks).toEqual([600, 630]);
    // Of a run that fires late: a poll at 658 would hold the lease when the next run begins.
    expect((await polled([], 643)).polls).toEqual([648, 653]);
  });

  it('call for a tick at once, beside the usual ones', async () => {
    const { polls, ticks, released } = await polled([false, true, false, true, true]);
    expect(ticks).toEqual([600, 610, 620, 625, 630]);
    expect(polls.slice(0, 6)).toEqual([605, 610, 615, 620, 625, 635]);
    expect(released).toBe(1);
  });

  it('that fail call for none, and are no failure of the run', async () => {
    const { ticks, lines, error } = await polled([new Error('throttled')]);
    expect(ticks).toEqual([600, 630]);
    expect(lines).toEqual([{ message: 'poll-failed', error: 'throttled' }]);
    expect(error).toBeUndefined();
  });

  it.each([
    [600, 630, [605, 610, 615, 620, 625]],
    [600.2, 630, [605.2, 610.2, 615.2, 620.2, 625.2]],
    [600, 605, []],
    [630.5, 657, [635.5, 640.5, 645.5, 650.5, 655.5]],
    [658, 657, []],
  ])('after a tick at %d, before one at %d', (at, until, times) => {
    pollTimes(at, until).forEach((time, k) => expect(time).toBeCloseTo(times[k] as number, 6));
    expect(pollTimes(at, until)).toHaveLength(times.length);
  });
});
