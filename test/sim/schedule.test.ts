/** The times of a controller's calls. */
import { expect, it } from 'vitest';
import { TickSchedule } from '../../sim/engine/schedule.ts';
import { worldOf } from '../../sim/world.ts';

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
