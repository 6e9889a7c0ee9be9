/** What `tune` says of stopped instances. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Measures } from '../../sim/measure.ts';
import { runTask, type Task } from '../../sim/parallel/pool.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { scenarios } from '../../sim/scenario.ts';
import { stoppedPoints, stoppedText } from '../../sim/stopped.ts';

/** In this thread, which has loaded everything. */
async function run(tasks: Task[], done: (count: number) => void): Promise<Measures[]> {
  const all: Measures[] = [];
  for (const task of tasks) done(all.push(await runTask(task)));
  return all;
}

it('tries none to all stopped instances: each costs its volume, and shortens the waits of a burst', async () => {
  const trace = join(mkdtempSync(join(tmpdir(), 'stopped-')), 'burst.csv');
  // Half an hour of one job of 6 s each second.
  writeFileSync(trace, `t\n${Array.from({ length: 1800 }, (_, k) => 60 + k).join('\n')}\n`);
  const options = { trace, world: 'clean' as const, with: { service: 6, max: 12, fastTier: 8 } };
  const { settings } = policyOf('slo', [], (await scenarios(options))(1).world);
  const shares: number[] = [];
  const tried = { policy: 'slo', settings, seed: 1, seeds: 1 };
  const points = await stoppedPoints(options, 8, tried, (share) => shares.push(share), run);
  expect(points.map(({ stopped }) => stopped)).toEqual([0, 2, 4, 6, 8]);
  // 100 GiB at USD 0.08 a month each.
  expect(points.map(({ volumesUsdMonth }) => volumesUsdMonth)).toEqual([0, 16, 32, 48, 64]);
  expect(points.map(({ measures }) => (measures.pools?.onDemand.launches ?? 0) > 0)).toEqual([
    ...[false, true, true, true, true],
  ]);
  const waits = points.map(({ measures }) => measures.wait.mean ?? Infinity);
  expect(waits.at(-1)).toBeLessThan(0.6 * waits[0]!);
  expect(Math.max(...shares)).toBe(1);

  const [head, ...rows] = stoppedText(points).split('\n');
  expect(head).toContain('volumes, USD a month');
  expect(rows.map((row) => Number(row.trim().split(/\s+/)[0]))).toEqual([0, 2, 4, 6, 8]);
  const { usd, pools } = points.at(-1)!.measures;
  expect(rows.at(-1)!.endsWith((usd - (pools?.volumesUsd ?? 0)).toFixed(2))).toBe(true);
});
