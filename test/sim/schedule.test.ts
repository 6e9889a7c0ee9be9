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
