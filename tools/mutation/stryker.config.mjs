/**
 * Stryker's settings for one shard of shards.json, named by the variable SHARD. A shard is code and the fast tests of it;
 * it takes under an hour on two cores.
 */
import { readFileSync } from 'node:fs';

const { leastKilledPercent, shards } = JSON.parse(
  readFileSync(new URL('shards.json', import.meta.url), 'utf8'),
);
const name = process.env.SHARD ?? '';
const shard = shards[name];
if (!shard) throw new Error(`SHARD is '${name}': expected one of ${Object.keys(shards).join(', ')}.`);

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: process.env.MUTATE?.split(',') ?? shard.mutate,
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'tools/mutation/vitest.config.ts', related: true },
  coverageAnalysis: 'perTest',
  concurrency: Number(process.env.MUTATION_WORKERS ?? 2),
  timeoutMS: 10_000,
  incremental: true,
  incrementalFile: `.local/mutation/${name}.json`,
  tempDirName: `.local/mutation/${name}-sandbox`,
  ignorePatterns: ['.local', 'cdk.out', 'dist', 'docs/images', 'reports'],
  reporters: ['clear-text', 'html', 'json', process.stdout.isTTY ? 'progress' : 'progress-append-only'],
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
  htmlReporter: { fileName: `.local/mutation/${name}.html` },
  jsonReporter: { fileName: `.local/mutation/${name}-report.json` },
  thresholds: { high: 95, low: leastKilledPercent, break: leastKilledPercent },
  allowConsoleColors: false,
};
