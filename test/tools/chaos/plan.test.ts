import { expect, it } from 'vitest';
import { parseChaosOptions } from '../../../tools/chaos/main.ts';
import { FAULTS, planFaults } from '../../../tools/chaos/plan.ts';

function first(seed: number, count: number) {
  const plan = planFaults(seed, 2);
  return Array.from({ length: count }, () => plan.next().value);
}

it('plans the same faults for the same seed, others for another', () => {
  expect(first(1, 50)).toEqual(first(1, 50));
  expect(first(1, 50)).not.toEqual(first(2, 50));
});

it('plans every kind in proportion to its weight, at the requested mean interval', () => {
  const count = 20_000;
  const faults = first(3, count);
  const weights = Object.values(FAULTS).reduce((sum, weight) => sum + weight, 0);
  for (const [kind, weight] of Object.entries(FAULTS)) {
    const share = faults.filter((fault) => fault.kind === kind).length / count;
    expect(share, kind).toBeGreaterThan((0.8 * weight) / weights);
    expect(share, kind).toBeLessThan((1.2 * weight) / weights);
  }
  expect(faults.reduce((sum, { delaySeconds: after }) => sum + after, 0) / count).toBeCloseTo(2, 1);
});

it('parses photos and seed, and rejects invalid values', () => {
  expect(parseChaosOptions([])).toMatchObject({ photos: 1000, seed: 1 });
  expect(parseChaosOptions(['--photos', '20', '--seed', '7'])).toMatchObject({ photos: 20, seed: 7 });
  expect(() => parseChaosOptions(['--photos', 'many'])).toThrow(
    "--photos 'many' is not a whole number from 1 to 20000.",
  );
  expect(() => parseChaosOptions(['--sed', '1'])).toThrow("Unknown option '--sed'");
});
