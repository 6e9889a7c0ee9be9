/** The command: its JSON, its errors, and that the same seed gives the same bytes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resolveStage } from '../../lib/stage/stage.ts';
import { main } from '../../sim/main.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { meanOf } from '../../sim/result.ts';
import { scenarios } from '../../sim/scenario.ts';
import { worldOf } from '../../sim/world.ts';

const folder = mkdtempSync(join(tmpdir(), 'simulate-'));
afterAll(() => rmSync(folder, { recursive: true }));

let output: string;
beforeEach(() => {
  output = '';
  const take = (text: unknown) => {
    output += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
});
afterEach(() => vi.restoreAllMocks());

const path = (name: string) => join(folder, name);
const json = async (...args: string[]) => {
  expect(await main([...args, '--json', path('out.json')])).toBe(0);
  return readFileSync(path('out.json'), 'utf8');
};

describe('the JSON', () => {
  it('has the documented shape', async () => {
    const result = JSON.parse(await json('--policy', 'fixed:3', '--with', 'max=5,service=6')) as object;
    expect(Object.keys(result)).toEqual(
      'trace policy settings world with seed jobs completed wait overSlo gpuHours usd fleet actions bound'.split(
        ' ',
      ),
    );
    expect(result).toMatchObject({
      trace: 'viral',
      policy: 'fixed:3',
      settings: { instances: 3 },
      world: 'clean',
      with: { max: 5, service: 6 },
      seed: 1,
      jobs: 4851,
      completed: 4851,
      fleet: { peak: 3 },
      actions: { out: 1, in: 0, launches: 2 },
      bound: { at: 10 },
    });
    expect(output).toContain('viral: 4851 jobs, clean world, max 5, service 6');
  });

  it('has the same bytes for the same seed, in each world, and differs for another', async () => {
    const times = Array.from({ length: 300 }, (_, k) => 0.1 * k);
    writeFileSync(path('burst.csv'), ['t', ...times, ''].join('\n'));
    for (const [trace, world] of [
      ['viral', 'article'],
      [path('burst.csv'), 'real'],
    ] as const) {
      const args = ['--trace', trace, '--world', world, '--no-bound', '--with', 'photos=2'];
      const once = await json(...args);
      expect(await json(...args)).toBe(once);
      expect(await json(...args, '--seed', '2')).not.toBe(once);
    }
  });

  it('of several seeds has their means and each run', async () => {
    const result = JSON.parse(
      await json('--policy', 'keda', '--world', 'article', '--seeds', '3', '--no-bound'),
    ) as {
      gpuHours: number;
      runs: { seed: number; gpuHours: number }[];
    };
    expect(result.runs.map((run) => run.seed)).toEqual([1, 2, 3]);
    const mean = result.runs.reduce((sum, run) => sum + run.gpuHours, 0) / 3;
    expect(result.gpuHours).toBeCloseTo(mean, 6);
  });

  it('is right for a file with a row per job', async () => {
    writeFileSync(path('jobs.csv'), 't\n0\n0\n20\n');
    const result: unknown = JSON.parse(
      await json('--trace', path('jobs.csv'), '--policy', 'fixed:1', '--with', 'max=1,service=6'),
    );
    expect(result).toMatchObject({
      trace: 'jobs.csv',
      jobs: 3,
      wait: { mean: 2, p50: 0, p95: 5.4, max: 6 },
      overSlo: { seconds: 0, episodes: 0 },
      gpuHours: 0.0166666666667,
    });
  });
});

describe('estimates', () => {
  it('has a row for each time of an estimate', async () => {
    writeFileSync(path('few.csv'), 't\n0\n100\n200\n');
    const result = JSON.parse(await json('estimates', '--trace', path('few.csv'))) as {
      results: { trace: string; asked: string; photos: number; unknown: number }[];
    };
    expect(result.results.map(({ trace, asked }) => [trace, asked])).toEqual([
      ['few', 'stored'],
      ['few', 'waiting'],
    ]);
    // The first photo is before the first tick.
    expect(result.results[0]).toMatchObject({ photos: 3, unknown: 1, withinMost: 1 });
    expect(output).toMatch(/^trace +asked +photos/);
  });

  it('has no times under a policy without measurements', async () => {
    writeFileSync(path('few.csv'), 't\n0\n100\n200\n');
    const args = ['--trace', path('few.csv'), '--policy', 'threshold'];
    const result = JSON.parse(await json('estimates', ...args)) as { results: object[] };
    expect(result.results[0]).toMatchObject({ photos: 3, unknown: 3, error: null, ahead: null });
  });
});

describe('a wrong value exits with 2, and names the valid ones', () => {
  it.each([
    [
      ['--policy', 'best'],
      /^error: --policy is 'best': expected one of slo, forecast, threshold, .*fixed:N$/,
    ],
    [['--policy', 'slo:3'], /^error: --policy is 'slo:3': expected one of/],
    [['--policy', 'fixed:two'], /^error: instances is 'two': expected a whole number from 0 to 10000$/],
    [
      ['--set', 'target=3'],
      /^error: --set does not know 'target' of slo: expected one of targetWaitSeconds, /,
    ],
    [['--set', 'targetWaitSeconds'], /^error: 'targetWaitSeconds' is not of the form name=value$/],
    [
      ['--set', 'targetWaitSeconds=0'],
      /^error: targetWaitSeconds is '0': expected a number from 0.001 to 86400$/,
    ],
    [['--with', 'bot=30'], /^error: --with does not know 'bot': expected one of boot, service, tick, /],
    [['--with', 'min=5,max=2'], /^error: min is 5: expected at most max, 2$/],
    [['--with', 'victims=old'], /^error: victims is 'old': expected one of idle, random$/],
    [['compare', '--policy', 'best'], /^error: --policy is 'best': expected one of/],
    [
      ['estimates', '--trace', 'viral', '--policy', 'keda'],
      /^error: --policy is 'keda', which publishes no view: .*threshold$/,
    ],
  ])('%j', async (args, message) => {
    expect(await main(args)).toBe(2);
    expect(output.split('\n')[0]).toMatch(message);
  });
});

it.each([
  [['estimates', 'nowhere'], /^cannot read the folder nowhere: ENOENT/],
  [['--trace', 'nowhere.csv'], /^cannot read the trace nowhere.csv: ENOENT/],
])('%j exits with 1 and one line', async (args, message) => {
  expect(await main(args)).toBe(1);
  expect(output.trim().split('\n')).toHaveLength(1);
  expect(output.trim()).toMatch(message);
});

it.each([
  [['--world', 'flat'], 'Allowed choices are article, clean, real.'],
  [['--seed=-1'], 'Expected a whole number from 0 to 2147483647.'],
  [['--trce', 'day'], 'Did you mean --trace?'],
  [['tnue'], 'Did you mean tune?'],
  [['compare', '--dashboard', 'x.html'], "unknown option '--dashboard'"],
  [['compare', 'viral'], "too many arguments for 'compare'"],
  [['estimates', 'here', 'there'], "too many arguments for 'estimates'"],
  [['fit'], "missing required argument 'files'"],
])('%j is a wrong command line', async (args, message) => {
  expect(await main(args)).toBe(2);
  expect(output).toContain(message);
});

it('lists policies and settings with their sources, and names the list in a help of one screen', async () => {
  expect(await main(['--help'])).toBe(0);
  expect(output).toContain('simulate policies');
  expect(output.split('\n').length).toBeLessThan(50);
  expect(await main(['policies'])).toBe(0);
  for (const word of ['target-tracking-hr', 'queueLength', 'countLag', 'victims', 'g4dn.xlarge', 'keda.sh']) {
    expect(output).toContain(word);
  }
});

it('the simulated policy has the default settings of a stage', () => {
  const { policy, tickSeconds } = resolveStage('any', {});
  const { kind, settings } = policyOf('slo', [], worldOf('clean'));
  expect(kind.stageSettings?.(settings)).toEqual(policy);
  expect(worldOf('clean').tick).toBe(tickSeconds);
});

it('a mean over seeds is null when any run has no value', () => {
  expect(meanOf([{ wait: { mean: 2 } }, { wait: { mean: null } }])).toEqual({ wait: { mean: null } });
});

it('quiet may scale to zero and viral has 24 instances, unless --with differs', async () => {
  const limits = async (trace: string, changes = {}) => {
    const { min, max } = (await scenarios({ trace, world: 'clean', with: changes }))(1).world;
    return [min, max];
  };
  expect(await limits('quiet')).toEqual([0, 40]);
  expect(await limits('viral')).toEqual([1, 24]);
  expect(await limits('viral', { max: 8 })).toEqual([1, 8]);
});
