/** The figures of docs/lanes.md, "Between callers": p95 of 200 tries. */
import { expect, it } from 'vitest';
import { section } from '../docs/pages.ts';
import { delays, secondsOfAlbum, type Way } from './support/fairness.ts';

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

/** p50 and p95 over all tries. */
const quantiles = (seconds: number[]): string => {
  const sorted = seconds.toSorted((a, b) => a - b);
  return [0.5, 0.95]
    .map((share) => (sorted[Math.ceil(share * sorted.length) - 1] as number).toFixed(1))
    .join(', ');
};

it('are those of an album of 300 from the page beside 20 strangers', () => {
  const page = section('docs/lanes.md', 'An album on the page beside strangers');
  const WAYS = ['none', 'one-queue', 'sidelined', 'bulk'] as const;
  const mean = (all: number[]) => all.reduce((sum, one) => sum + one, 0) / all.length;
  for (const [instances, service] of [
    [4, 1.5],
    [10, 3],
    [20, 6],
  ] as const) {
    const setting = {
      ...{ instances, service, strangers: 20, heavy: { perSecond: 4, photos: 300 }, knownAfter: 40 },
    };
    const [none, ...ways] = WAYS.map((way) =>
      Array.from({ length: TRIES }, (_, seed) => secondsOfAlbum(setting, way, seed)),
    );
    const strangers = (tries: typeof none) =>
      quantiles((tries ?? []).flatMap((one) => one.strangers.map(({ seconds }) => seconds)));
    for (const [k, tries] of ways.entries()) {
      const last = mean(tries.map(({ album }) => Math.max(...album.map(({ done }) => done))));
      const first = mean(tries.map(({ album }) => Math.min(...album.map(({ done }) => done))));
      const waits = tries.flatMap(({ album }) => album.map(({ seconds }) => seconds));
      const name = ['one queue for all', '"as soon as possible"', '"within 1 hour"'][k];
      const row = `| ${instances} x ${service} s | ${name} | ${strangers(none)} | ${strangers(tries)} | ${first.toFixed(1)} | ${mean(waits).toFixed(0)} | ${last.toFixed(0)} |`;
      expect(page).toContain(row);
    }
  }
}, 240_000);
