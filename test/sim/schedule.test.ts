/** The times of a controller's calls. */
import { expect, it } from 'vitest';
import { TickSchedule } from '../../sim/engine/schedule.ts';
import { worldOf } from '../../sim/world.ts';
import { runOf } from './support/run.ts';

it('each call is later than the one before, for every phase of the schedule', () => {
  const world = worldOf('real', { missedTick: 0, doubledTick: 0, tickJitter: 0 });
  const controller = { intervalSeconds: 60, scheduled: true, nextSeconds: () => 60, tick: () => {} };
  for (let seed = 1; seed <= 20; seed++) {
    const ticks = new TickSchedule(controller, world, seed);
    for (let k = 0; k < 1000; k++) {
      const before = ticks.next;
      ticks.advance();
      expect(ticks.next).toBeGreaterThan(before);
    }
  }
});

it('a fleet without a minimum goes on to its sleep after the last job, and is not billed to the horizon', async () => {
  const { billed } = await runOf({
    arrivals: [0],
    policy: 'slo sleepAfterSeconds=60',
    with: { min: 0, horizon: 10_000 },
  });
  expect(billed).toBeLessThan(400);
});

it('polls the queue between two calls, and calls at once where a poll asks for it; the usual calls go on', async () => {
  const world = worldOf('article', {});
  const times: number[] = [];
  const controller = { intervalSeconds: 30, poll: async () => false, tick: () => {} };
  const ticks = new TickSchedule(controller, world, 1);
  for (let k = 0; k < 14; k++) {
    times.push(ticks.isPoll ? -ticks.next : ticks.next);
    if (ticks.isPoll) ticks.afterPoll(ticks.next === 40);
    else ticks.advance();
  }
  expect(times).toEqual([30, -35, -40, 40, -45, -50, -55, 60, -65, -70, -75, -80, -85, 90]);
});

it('a surge is seen by a poll, not at the next tick', async () => {
  const arrivals = Array.from({ length: 60 }, (_, k) => 31 + k / 20);
  const { run } = await runOf({ arrivals, policy: 'slo', with: { min: 1 } });
  expect(run.instances.map(({ requested }) => requested).find((at) => at > 0)).toBe(35);
});
