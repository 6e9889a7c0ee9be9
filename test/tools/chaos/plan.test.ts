import { expect, it } from 'vitest';
import { parse } from '../../support/parse.ts';
import { define } from '../../../tools/chaos/main.ts';
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

it.each([
  ['', { photos: 1000, bulk: 20, seed: 1 }],
  ['--photos 20 --bulk 0 --seed 7 --json out.json', { photos: 20, bulk: 0, seed: 7, json: 'out.json' }],
])('the options %j are parsed', async (line, options) =>
  expect((await parse('chaos', define, line)).got).toEqual([options]),
);

it.each([
  ['--photos many', 'Expected a whole number from 1 to 20000.'],
  ['--sed 1', 'Did you mean --seed?'],
])('the options %j are refused', async (line, error) =>
  expect((await parse('chaos', define, line)).errors).toContain(error),
);
