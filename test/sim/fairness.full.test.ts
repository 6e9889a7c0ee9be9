/** The figures of docs/lanes.md, "Between callers": p95 of 200 tries. */
import { expect, it } from 'vitest';
import { section } from '../docs/pages.ts';
import { delays, type Way } from './support/fairness.ts';

const TRIES = 200;

it('are those of the page, and the bulk lane and sidelining keep within 10 s', () => {
  const p95 = (instances: number, service: number, way: Way) => {
    const setting = { instances, service, load: 0.5, knownAfter: 20, heavy: { perSecond: 20, photos: 1000 } };
    return delays(setting, way, TRIES)[0.95 * TRIES - 1] as number;
  };
  const rows = [
    [4, 1.5],
    [5, 6],
    [10, 3],
    [10, 6],
    [20, 6],
  ].map(([instances = 0, service = 0]) => {
    const of = (['one-queue', 'bulk', 'sidelined'] as const).map((way) => p95(instances, service, way));
    expect(Math.max(...of.slice(1))).toBeLessThan(10);
    return `| ${instances} | ${service} s | ${of[0]!.toFixed(0)} s | ${of[1]!.toFixed(1)} s | ${of[2]!.toFixed(1)} s |`;
  });
  const page = section('docs/lanes.md', 'Between callers');
  for (const row of rows) expect(page).toContain(row);
}, 240_000);
