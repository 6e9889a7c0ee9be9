/** Whether the counts of the queue alone ask for a tick before its time. */
import { describe, expect, it } from 'vitest';
import { wantsMore } from '../../../../lambda/scaler/policy/poll.ts';
import { drive, NOW, seen, slo, TICK } from '../support/observations.ts';

/** Five ticks of a fleet of two at two thirds of its work: 6.7 photos each. */
const steady = Array.from({ length: 6 }, (_, k) => ({
  inFlight: 1,
  inService: 2,
  desired: 2,
  reported: { completed: Math.round(6.7 * k), busySeconds: 40 * k },
}));
const { memory } = drive(steady).at(-1)!;
const last = { seen: seen({ at: NOW + 5 * TICK, ...steady.at(-1) }), memory };
const poll = (seconds: number, visible: number, more = {}, inFlight = 2) =>
  wantsMore(
    { ...last, seen: { ...last.seen, ...more } },
    { at: NOW + 5 * TICK + seconds, visible, inFlight },
    slo,
  );

describe('a poll', () => {
  it('asks for a tick in a surge', () => expect(poll(5, 40)).toBe(true));

  it('asks for none as long as photos come as before', () => {
    expect([5, 10, 15, 20, 25].map((seconds) => poll(seconds, 0))).toEqual(Array(5).fill(false));
  });

  it('asks for none while no photo waits, however many are in flight', () => {
    expect(poll(5, 1, {}, 40)).toBe(true);
    expect(poll(5, 0, {}, 40)).toBe(false);
  });

  it('does not take the reports of the last tick for new ones: workers have finished photos since', () =>
    expect(poll(15, 8)).toBe(true));

  it('asks for none where the fleet cannot grow', () => {
    expect(poll(5, 40, { max: 2 })).toBe(false);
    expect(poll(5, 40, { overBudget: true })).toBe(false);
  });

  it('does not count the failed launches of the last tick again', () => {
    const launches = ['a', 'b', 'c'].map((id) => ({
      ...{ id, instance: `i-${id}`, startedAt: NOW, endedAt: NOW + 5 * TICK },
      outcome: 'boot-failed' as const,
    }));
    expect(poll(5, 40, { launches, failedLaunches: 3 })).toBe(true);
  });
});
