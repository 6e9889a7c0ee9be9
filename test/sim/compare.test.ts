/** Comparing and tuning in threads, and the report, through the command. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cheapest, leastRegret, regretOf, type Comparison, type Point } from '../../sim/compare.ts';
import { replaced } from '../../sim/figures.ts';
import { markdown, ownTable, withRows } from '../../sim/figures-text.ts';
import type { Run } from '../../sim/engine/types.ts';
import { main } from '../../sim/main.ts';
import type { Measures } from '../../sim/measure.ts';
import { runPolicy } from '../../sim/result.ts';
import { runAll } from '../../sim/parallel/pool.ts';
import { POLICIES, policyOf } from '../../sim/policies/index.ts';
import { page, type ReportData } from '../../sim/report/page.ts';
import { seriesOf } from '../../sim/report/series.ts';
import { scenarios } from '../../sim/scenario.ts';
import { worldOf } from '../../sim/world.ts';
import { neighbours } from '../../sim/tune.ts';

const folder = mkdtempSync(join(tmpdir(), 'compare-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

let output = '';
const listen = () => {
  output = '';
  const take = (text: unknown) => {
    output += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(take);
  vi.spyOn(process.stderr, 'write').mockImplementation(take);
};
beforeEach(listen);
afterEach(() => vi.restoreAllMocks());

const point = (mean: number | null, gpuHours: number, completed = 10): Point => ({
  settings: {},
  measures: { jobs: 10, completed, gpuHours, wait: { mean } } as Measures,
});

describe('the cheapest point that keeps a wait', () => {
  it.each<[string, Point[], number | undefined]>([
    ['of several', [point(5, 30), point(9, 20), point(11, 10)], 20],
    ['not one with jobs left', [point(5, 30), point(1, 5, 9)], 30],
    ['none', [point(11, 10), point(null, 1, 0)], undefined],
  ])('%s', (_name, points, hours) => {
    expect(cheapest(points, 10)?.measures.gpuHours).toBe(hours);
  });
});

describe('regret', () => {
  it('is billed seconds + 0.12 per second waited, over the bound of that sum', () => {
    // Ten jobs that waited 30 s each: 7,200 + 0.12 x 300.
    expect(regretOf(point(30, 2).measures, 6030)).toBeCloseTo(1.2, 12);
    expect(leastRegret([point(30, 2), point(0, 1.5), point(0, 1, 9)], 5000)).toBeCloseTo(1.08, 12);
  });

  it('is unknown with jobs left or without the bound', () => {
    expect(regretOf(point(30, 2, 9).measures, 6030)).toBeNull();
    expect(leastRegret([point(30, 2)], null)).toBeNull();
  });
});

describe('compare on a short trace', () => {
  let comparison: Comparison;
  let table: string;
  beforeAll(async () => {
    // 15 minutes with a burst, so that every policy runs in seconds.
    const times = Array.from({ length: 200 }, (_, k) => (k < 80 ? 6 * k : 480 + 0.5 * (k - 80)));
    writeFileSync(path('burst.csv'), ['t', ...times, ''].join('\n'));
    listen();
    const args = ['compare', '--trace', path('burst.csv'), '--with', 'max=8,horizon=900'];
    expect(await main([...args, '--json', path('c.json'), '--report', path('c.html')])).toBe(0);
    table = output;
    comparison = JSON.parse(readFileSync(path('c.json'), 'utf8')) as Comparison;
  });

  it('has every policy, and none below the bound', () => {
    expect(comparison.policies.map(({ policy }) => policy)).toEqual(POLICIES.map(({ name }) => name));
    const at = (wait: number) => comparison.bound.find((one) => one.at === wait)?.gpuHours ?? Infinity;
    for (const { points } of comparison.policies) {
      for (const { at: wait } of comparison.bound) {
        const best = cheapest(points, wait);
        if (best) expect(best.measures.gpuHours).toBeGreaterThan(at(wait) * 0.999);
      }
    }
    expect(comparison.plan?.gpuHours).toBeGreaterThanOrEqual(at(comparison.slo));
    for (const { points } of comparison.policies) {
      expect(leastRegret(points, comparison.leastSum) ?? 1).toBeGreaterThan(0.999);
    }
  });

  it('prints the table and the frontier', () => {
    for (const { name } of POLICIES) expect(table).toContain(`\n${name} `);
    // After lines of progress, where the computer is slow.
    expect(table).toMatch(/^burst\.csv: 200 jobs, clean world, max 8, horizon 900; at least [\d.]+ GPU h/m);
    expect(table).toMatch(/\nbound +[\d.]+/);
    expect(table).toContain(`report: ${path('c.html')}`);
  });

  it('has the same measures for a default as a single run', async () => {
    const scenario = (
      await scenarios({ trace: path('burst.csv'), world: 'clean', with: { max: 8, horizon: 900 } })
    )(1);
    const { measures } = await runPolicy(scenario, policyOf('keda', [], scenario.world));
    expect(comparison.policies.find(({ policy }) => policy === 'keda')?.usual?.measures).toEqual(measures);
  });

  it('becomes Markdown between its markers', () => {
    const made = markdown(comparison);
    expect(made.match(/\n\| `keda`/g)).toHaveLength(2);
    expect(replaced('a\n<!-- figures: x -->\nold\n<!-- /figures: x -->\nb', 'x', 'new')).toBe(
      'a\n<!-- figures: x -->\n\nnew\n\n<!-- /figures: x -->\nb',
    );
    expect(() => replaced('nothing', 'x', 'new')).toThrow("docs/scaling-figures.md has no place for 'x'");
  });

  it('replaces the rows of single policies in Markdown, and only those', () => {
    const made = markdown(comparison);
    const only = (...names: string[]) => ({
      ...comparison,
      policies: comparison.policies.filter(({ policy }) => names.includes(policy)),
    });
    const names = ['slo', 'fixed', 'keda'];
    expect(withRows(made, only(...names))).toBe(made);
    const worse = structuredClone(only('keda'));
    for (const { usual, tuned, points } of worse.policies) {
      for (const point of [usual, tuned, ...points]) if (point) point.measures.gpuHours = 99;
    }
    const changed = withRows(made, worse).split('\n');
    const differing = changed.filter((line, k) => line !== made.split('\n')[k]);
    expect(differing.length).toBeGreaterThan(1);
    for (const line of differing) expect(line).toMatch(/^\| (`keda`|tuned|least wait) .* 99\.0 /);
  });

  it('has a row for each policy at its defaults in the table of the own world', () => {
    const table = ownTable('', [{ name: 'burst', comparison }]);
    const rows = table.split('\n');
    expect(rows[2]).toMatch(/^\| `burst`, 200 photos \| bound, 10 s \|/);
    // A fixed fleet has no defaults.
    expect(rows).toHaveLength(2 + comparison.policies.length);

    const policies = structuredClone(comparison.policies.filter(({ policy }) => policy === 'keda'));
    policies[0]!.usual!.measures.gpuHours = 99;
    const both = ownTable(table, [{ name: 'lull', comparison }]);
    const changed = ownTable(both, [{ name: 'burst', comparison: { ...comparison, policies } }]).split('\n');
    const differing = changed.filter((line, k) => line !== both.split('\n')[k]);
    expect(differing).toEqual([expect.stringMatching(/^\| {2}\| `keda` .* 99\.0 /)]);
  });

  describe('the report', () => {
    const html = () => readFileSync(path('c.html'), 'utf8');
    const data = () =>
      JSON.parse(
        /<script type="application\/json" id="data">([\s\S]*?)<\/script>/.exec(html())?.[1] ?? '',
      ) as ReportData;

    it('loads nothing from the network', () => {
      expect(html()).not.toMatch(/(src|href)\s*=|@import|url\(|https?:\/\/(?!(www\.)?(w3\.org|github\.com))/);
    });

    it('has scripts that parse', () => {
      const scripts = [...html().matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, text]) => text as string);
      expect(scripts).toHaveLength(3);
      for (const text of scripts) expect(() => new Script(text)).not.toThrow();
      expect(html()).not.toContain('{{');
    });

    it('has each policy over time, with the numbers of its run', () => {
      const { runs, first } = data();
      expect(first).toBe('slo');
      expect(runs).toHaveLength(POLICIES.length);
      for (const { series, measures } of runs) {
        expect(
          new Set(Object.values(series).map((values) => (Array.isArray(values) ? values.length : 0))),
        ).toEqual(new Set([0, series.at.length]));
        const total = series.arrivals.reduce((sum, rate) => sum + (rate * series.step) / 60, 0);
        expect(total).toBeCloseTo(200, 6);
        expect(Math.max(...series.inService)).toBeLessThanOrEqual(measures.fleet.peak);
        expect(Math.min(...series.visible, ...series.inFlight, ...series.pending, ...series.inService)).toBe(
          0,
        );
        expect(series.visible.at(-1)).toBe(0);
        expect(series.decisions.filter(Boolean).length).toBeGreaterThan(1);
      }
    });

    it('escapes the name of the trace', async () => {
      const named = { ...data(), comparison: { ...comparison, trace: 'a<b>&c.csv' } };
      const html = await page(named);
      expect(html).toContain('<title>a&#60;b&#62;&#38;c.csv: scaling policies compared</title>');
      expect(html).toContain('"trace":"a\\u003cb>&c.csv"');
    });
  });

  it('tune finds settings at least as cheap as the grid, and prints them for a stage', async () => {
    listen();
    const args = ['--trace', path('burst.csv'), '--with', 'max=8,horizon=900,slo=90'];
    expect(await main(['tune', ...args, '--json', path('t.json')])).toBe(0);
    const tuned = JSON.parse(readFileSync(path('t.json'), 'utf8')) as {
      best: { wait: number; measures: Measures | null; bound: { gpuHours: number } }[];
    };
    const grid = comparison.policies.find(({ policy }) => policy === 'slo')?.points ?? [];
    for (const { wait, measures, bound } of tuned.best) {
      const coarse = cheapest(grid, wait);
      if (!coarse) continue;
      expect(measures?.gpuHours).toBeLessThanOrEqual(coarse.measures.gpuHours);
      expect(measures?.wait.mean).toBeLessThanOrEqual(wait);
      expect(measures?.gpuHours).toBeGreaterThan(bound.gpuHours);
    }
    expect(output).toMatch(
      /in bin\/stages\.ts: policy: \{ kind: 'slo', targetWaitSeconds: [\d.]+, serviceSeconds: 0\.\d+, bootSeconds: 120, /,
    );
  });

  it('reports a file that cannot be written', async () => {
    const args = ['--trace', path('burst.csv'), '--no-bound', '--json', join(folder, 'none', 'x.json')];
    expect(await main(args)).toBe(1);
    expect(output).toMatch(/^cannot write .*x\.json: ENOENT[^\n]*\n$/);
  });
});

it('neighbours have one parameter larger or smaller, within its limits', () => {
  const threshold = POLICIES.find(({ name }) => name === 'threshold');
  const settings = policyOf('threshold', [['scaleOutStep', '1']], worldOf('clean')).settings;
  const tries = neighbours(threshold as (typeof POLICIES)[number], settings, 1.4);
  expect(tries).toContainEqual({ ...settings, scaleOutBacklog: 70 });
  expect(tries).toContainEqual({ ...settings, scaleOutBacklog: 36 });
  for (const one of tries) expect(one.scaleOutStep).toBeGreaterThanOrEqual(1);
  const fixed = POLICIES.find(({ name }) => name === 'fixed') as (typeof POLICIES)[number];
  expect(neighbours(fixed, { instances: 10_000 }, 1.4)).toEqual([{ instances: 7143 }]);
});

it('the error of a task names policy, settings and seed', async () => {
  const scenario = { trace: 'nowhere.csv', world: 'clean' as const, with: {} };
  const task = { scenario, seed: 4, policy: 'slo', settings: { a: 1 } };
  await expect(runAll([task], () => {})).rejects.toThrow(
    /^slo \{"a":1\}, seed 4: cannot read the trace nowhere\.csv/,
  );
});

it('of several decisions in a step the report has the largest change', () => {
  const row = (at: number, desired: number, after: number) => ({ at, desired, after, reason: `at ${at}` });
  const run = {
    arrivals: new Float64Array(),
    starts: new Float64Array(),
    ends: new Float64Array(),
    instances: [],
    end: 90_000,
    decisions: [row(0, 2, 5), row(30, 5, 6), row(60, 6, 6), row(90, 6, 4)],
  } as unknown as Run;
  const { step, decisions, desired } = seriesOf(run, { world: worldOf('clean') });
  expect(step).toBe(60);
  expect(decisions.slice(0, 2)).toEqual([
    [0, 'at 0', 2, 5, null],
    [90, 'at 90', 6, 4, null],
  ]);
  expect(desired.slice(0, 3)).toEqual([6, 4, 4]);
});
