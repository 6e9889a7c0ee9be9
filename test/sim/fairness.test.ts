/** What a caller's thousand photos cost another caller's one, by the way in which they are queued. */
import { expect, it } from 'vitest';
import { delays, type Setting, type Way } from './support/fairness.ts';

const awake: Setting = {
  ...{ instances: 10, service: 3, load: 0.5, knownAfter: 20 },
  heavy: { perSecond: 20, photos: 1000 },
};

it.each<[way: Way, least: number, most: number]>([
  ['one-queue', 60, 400],
  ['bulk', 0, 5],
  ['sidelined', 0, 10],
])('%s delays the one by %i to %i s in the worst of 5 tries', (way, least, most) => {
  const worst = delays(awake, way, 5).at(-1) as number;
  expect(worst).toBeGreaterThanOrEqual(least);
  expect(worst).toBeLessThanOrEqual(most);
});

it('delays nobody where the heavy caller has no more photos than it may', () => {
  const few = { ...awake, heavy: { perSecond: 20, photos: 10 } };
  expect(delays(few, 'sidelined', 5)).toEqual(delays(few, 'one-queue', 5));
});
