/** Receivers that answer, and refuse: what they refuse delays nothing else for long, and they are not flooded. */
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../../../../lambda/outcome-events/webhooks/ports.ts';
import { down, fail, HOUR, OK, refuse, worldWith, type Receiver } from '../support/world.ts';

export function refusedTests(): void {
  describe('a receiver that refuses everything', () => {
    it('has some requests a second at most, fewer once it goes on, and what it missed within a minute', async () => {
      const world = await worldWith(down(0, HOUR / 3, refuse()), 300);
      await world.runUntil(HOUR / 3);
      const during = world.received.map(({ at }) => at);
      const within = (from: number, to: number) => during.filter((at) => at >= from && at < to).length;
      expect(within(0, 60)).toBeLessThan(160);
      expect(within(60, HOUR / 3) / (HOUR / 3 - 60)).toBeLessThan(1);

      expect(world.webhooks.stored.get('ann/a')!.failures).toBeGreaterThan(0);
      await world.runUntil(HOUR / 3 + 60);
      expect(world.accepted('a').size).toBe(300);
    });
  });

  describe('deliveries that are always refused', () => {
    const bad =
      (attempt: Attempt, seconds = 0.05): Receiver =>
      (_, event) =>
        event.startsWith('bad') ? { attempt, seconds } : { attempt: OK };
    const SHORT = 15 + 5;
    it.each<[string, number, Receiver, seconds: number]>([
      ['1 with 500', 1, bad(refuse()), 5],
      ['50 with 500', 50, bad(refuse()), SHORT],
      ['50 with 400, slowly', 50, bad(refuse('status 400'), 1.9), SHORT + 10],
      ['500 with 500', 500, bad(refuse()), SHORT],
      ['50 without an answer', 50, bad(fail('no answer in 10 s'), 10), 240 + 30],
      ['500 without an answer', 500, bad(fail('no answer in 10 s'), 10), 240 + 30],
    ])(
      '%s: delay each other of their webhook by seconds, or by a pause',
      async (_what, count, receiver, most) => {
        const world = await worldWith(receiver, 0);
        for (let k = 0; k < count; k++) await world.add('a', `bad-${k}`);
        await world.runUntil(HOUR / 4);
        const delays: number[] = [];
        for (let k = 0; k < 9; k++) {
          const addedAt = world.at;
          await world.add('a', `evt-${k}`);
          // Some that are refused come later too.
          if (k % 3 === 0) await world.add('a', `bad-late-${k}`);
          await world.runUntil(addedAt + (k % 2 === 0 ? 20 : 300));
          await world.runUntil(Math.max(world.at, addedAt + most));
          delays.push((world.received.find(({ event }) => event === `evt-${k}`)?.at ?? Infinity) - addedAt);
        }
        expect(Math.max(...delays)).toBeLessThan(most);

        expect(world.received.every(({ ok, event }) => ok === event.startsWith('evt'))).toBe(true);
      },
    );

    it('that are due long after a short pause: what came meanwhile is sent at its end', async () => {
      const world = await worldWith(bad(refuse()), 0);
      const tried = { target: 'target-a', body: '{}', attempts: 9, createdAt: 0, dueAt: 0 };
      for (let k = 0; k < 8; k++) await world.deliveries.add({ ...tried, event: `bad-${k}` });
      Object.assign(world.webhooks.stored.get('ann/a')!, { failures: 3 });
      await world.wakes.send({ owner: 'ann', id: 'a' }, 0);
      await world.runUntil(2);
      await world.add('a', 'evt-new');
      await world.runUntil(20);
      expect(world.accepted('a')).toEqual(new Set(['evt-new']));
    });

    it('do not hold up one between them that was never tried, for longer than they are tried once', async () => {
      const world = await worldWith(bad(refuse()), 0);
      for (let k = 0; k < 121; k++) await world.add('a', k === 60 ? 'evt-good' : `bad-${k}`);
      await world.runUntil(HOUR / 6);
      const { at } = world.received.find(({ event }) => event === 'evt-good')!;
      expect(at).toBeLessThan(10 * 60);
    });
  });
}
