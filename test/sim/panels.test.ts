/** The dashboard of a run: every metric of its panels has a source, and the values agree with the run. */
import { beforeAll, describe, expect, it } from 'vitest';
import { FAILURE_CODES } from '../../contract/failure.ts';
import { PANELS, type PanelSeries } from '../../contract/panels.ts';
import type { Measures } from '../../sim/measure.ts';
import { runPolicy } from '../../sim/result.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { dashboardPanels, packed } from '../../sim/report/dashboard.ts';
import { SOURCES, valuesOf } from '../../sim/report/panels.ts';
import { panelInput, passed, Periods, type PanelInput, type Values } from '../../sim/report/periods.ts';
import { scenarios } from '../../sim/scenario.ts';
import type { WorldChanges, WorldName } from '../../sim/world.ts';

const HOUR = 3600;
const ALL = PANELS.flat().flatMap(({ id, series }) => series.map((one) => ({ id, ...one })));

const named = (panel: string, labels: string) => labels.split(', ').map((label) => `${panel}: ${label}`);
const NOT_SIMULATED = [
  ...named('coloured', 'failed'),
  ...named('waits-now', 'oldest sidelined'),
  ...named('backlog', 'of these sidelined'),
  ...named('decisions', 'over-budget, paused, metrics-unavailable'),
  ...named('waits', 'oldest sidelined'),
  ...named('outcomes', 'dropped, returned'),
  ...named('outcomes', FAILURE_CODES.join(', ')),
  ...named('boot', 'kernel, driver, services, comfyui, canary'),
  ...named('gpu-busy', 'computing'),
  'shortages: never in the warm pool, in a row',
  ...named(
    'faults',
    'dead letters, metrics unavailable, failed ticks, instance faults, implausible reports, canary failures, precision changes, GPU errors, logs not delivered, failed probes',
  ),
  ...['fetch', 'prepare', 'wait for a ComfyUI slot', 'ComfyUI', 'merge', 'store'].map(
    (label) => `time: ${label}`,
  ),
  ...['desired', 'in service', 'pending'].flatMap((label) => [
    `pools: spot, ${label}`,
    `pools: on-demand, ${label}`,
  ]),
  ...named('bulk', 'waiting, in flight'),
  ...named('bulk-deadline', 'used'),
];

async function inputOf(
  policy: string,
  { trace = 'viral', world = 'real', ...changes }: WorldChanges & { trace?: string; world?: WorldName } = {},
): Promise<PanelInput & { measures: Measures }> {
  const scenario = (await scenarios({ trace, world, with: { service: 6, ...changes } }))(1);
  const rule = policyOf(policy, [], scenario.world);
  const { run, measures } = await runPolicy(scenario, rule, { keepDecisions: true });
  return { ...panelInput(run, scenario.world, rule.kind.stageSettings !== undefined), measures };
}

const of = (input: PanelInput, panel: string, label: string) => {
  const series = ALL.find((one) => one.id === panel && one.label === label) as PanelSeries;
  return valuesOf(input, series);
};
const values = (input: PanelInput, panel: string, label: string): number[] => {
  const found = of(input, panel, label);
  if (typeof found === 'string') throw new Error(`${label} of ${panel}: ${found}`);
  return found.map((value) => value ?? 0);
};
const sum = (all: number[]) => all.reduce((total, value) => total + value, 0);
const missing = (input: PanelInput, reason: string) =>
  ALL.filter((series) => valuesOf(input, series) === reason).map(({ id, label }) => `${id}: ${label}`);

it('every metric of the panels has a source', () => {
  const mapped = new Set(Object.keys(SOURCES));
  expect(ALL.map(({ metric }) => metric).filter((metric) => !mapped.has(metric))).toEqual([]);
  const shown = new Set(ALL.map(({ metric }) => metric));
  expect([...mapped].filter((metric) => !shown.has(metric))).toEqual([]);
});

it('the page has the panels of the contract, in their grid', () => {
  const panels = dashboardPanels();
  expect(panels.map((row) => row.map(({ title }) => title))).toEqual(
    PANELS.map((row) => row.map(({ title }) => title)),
  );
  expect(panels.flat().flatMap(({ series }) => series.map(({ label }) => label))).toEqual(
    ALL.map(({ label }) => label),
  );
});

it('the waits have the percentile that the policy has as its target as a line', () => {
  const limited = dashboardPanels()
    .flat()
    .filter(({ limit }) => limit);
  expect(limited.map(({ id, limit }) => [id, limit])).toEqual([
    ['waits', { name: 'p95WaitSeconds', label: 'p95 target' }],
  ]);
});

describe.each([
  ['viral', 60],
  ['day', 300],
])('the deployed policy in the real world, %s', (trace, period) => {
  let input: PanelInput & { measures: Measures };
  const perMinutes = period / 60;
  beforeAll(async () => (input = await inputOf('slo', { trace })));

  it('has a value for each period', () => {
    expect(input.periods.seconds).toBe(period);
    const lengths = ALL.map((series) => valuesOf(input, series)).flatMap((found) =>
      typeof found === 'string' ? [] : [found.length],
    );
    expect(new Set(lengths)).toEqual(new Set([Math.ceil(input.run.end / period)]));
  });

  it('has each photo and each tick once', () => {
    const { run } = input;
    expect(sum(values(input, 'outcomes', 'succeeded')) * perMinutes).toBeCloseTo(run.arrivals.length, 6);
    const reasons = ALL.filter(({ id, label }) => id === 'decisions' && of(input, id, label) !== 'simulator');
    expect(sum(reasons.flatMap(({ label }) => values(input, 'decisions', label))) * perMinutes).toBeCloseTo(
      run.decisions.length,
      6,
    );
  });

  it('has the billed cost', () => {
    const { periods, measures, world } = input;
    const perHour = values(input, 'cost', 'per hour');
    const usd = sum(perHour.map((value, k) => (value * (periods.lengths()[k] as number)) / HOUR));
    // No instance of this run stops within the least billed time.
    expect(usd).toBeCloseTo(measures.gpuHours * world.price, 6);
    expect(values(input, 'cost', 'today').at(-1)).toBeCloseTo(usd, 6);
  });

  it('has values within their limits', () => {
    const busy = values(input, 'gpu-busy', 'busy');
    expect(Math.min(...busy)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...busy)).toBeLessThanOrEqual(100);
    for (const label of ['desired', 'in service', 'pending', 'draining']) {
      const counts = values(input, 'fleet', label);
      expect(counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
      expect(Math.max(...counts)).toBeLessThanOrEqual(input.run.peak);
    }
  });

  it('lacks only the series that are not simulated', () => {
    expect(missing(input, 'policy')).toEqual([]);
    expect(missing(input, 'simulator')).toEqual(NOT_SIMULATED);
  });
});

it('the backlog is the arrivals less the completions, at each tick', async () => {
  const input = await inputOf('slo', { tick: 60 });
  const { run, periods } = input;
  const waiting = values(input, 'backlog', 'waiting');
  const inFlight = values(input, 'backlog', 'in flight');
  for (let k = 0; k < periods.count; k++) {
    // One tick per period, at its start.
    const at = periods.from(k);
    const arrived = run.arrivals.filter((time) => time <= at).length;
    const done = run.ends.filter((time) => time <= at).length;
    expect((waiting[k] as number) + (inFlight[k] as number)).toBe(arrived - done);
  }
});

it('the fleet of a clean world is the one that the policy observed at its ticks', async () => {
  const input = await inputOf('keda', { world: 'clean', tick: 60 });
  const { run, periods } = input;
  const seen = new Map(run.decisions.map((row) => [row.at, row]));
  const counts = ['in service', 'pending', 'draining'].map((label) => values(input, 'fleet', label));
  expect(Math.max(...(counts[2] as number[]))).toBeGreaterThan(0);
  for (let k = 1; k < periods.count; k++) {
    const row = seen.get(periods.from(k));
    // The panel already has a change that was made at the same tick.
    if (row?.after !== row?.desired) continue;
    if (row) expect(counts.map((all) => all[k])).toEqual([row.inService, row.pending, row.draining]);
  }
});

it('the cost of today restarts at midnight', async () => {
  const input = await inputOf('fixed:2', { trace: 'quiet', world: 'clean', max: 2, horizon: 60 * HOUR });
  const { periods, world } = input;
  const today = values(input, 'cost', 'today');
  const day = 24 * 2 * world.price;
  expect(Math.max(...today)).toBeCloseTo(day, 1);
  const before = Math.floor((24 * HOUR) / periods.seconds);
  expect(today[before + 1]).toBeLessThan(0.1 * day);
});

it.each([
  ['threshold', ['backlog: forecast', 'fleet: needed', 'boot: total', 'shortages: late']],
  ['fixed:3', ['backlog: forecast', 'decisions: steady', 'shortages: unfulfilled', 'boot: total']],
])('%s does not publish these series', async (policy, names) => {
  expect(missing(await inputOf(policy, { max: 5 }), 'policy')).toEqual(expect.arrayContaining(names));
});

it('refused launches are those of the run, and a clean world has none', async () => {
  const input = await inputOf('slo', { noCapacity: 0.5 });
  expect(input.run.refused.length).toBeGreaterThan(3);
  expect(sum(values(input, 'shortages', 'failed launches'))).toBe(input.run.refused.length);
  expect(sum(values(await inputOf('slo', { world: 'clean' }), 'shortages', 'failed launches'))).toBe(0);
});

describe('periods', () => {
  it.each([
    [3 * HOUR, 30, 60, 180],
    [0, 30, 60, 1],
    [7 * 86_400, 30, 2040, 297],
    [HOUR, 90, 120, 30],
  ])('of %d s with ticks of %d s are of %d s', (end, tick, seconds, count) => {
    expect(new Periods(end, tick)).toMatchObject({ seconds, count });
  });

  it('count an event at the end, and none that never happened', () => {
    expect(new Periods(120, 30).perMinute([0, 59.9, 60, 120, NaN, Infinity])).toEqual([2, 2]);
  });

  it('have no value without a tick', () => {
    expect(new Periods(130, 90).max((at) => at)).toEqual([90, null]);
  });

  it('add up seconds since each time', () => {
    const since = passed([10, 0, Infinity]);
    expect([0, 10, 30].map((at) => since(at))).toEqual([
      { count: 1, seconds: 0 },
      { count: 2, seconds: 10 },
      { count: 2, seconds: 50 },
    ]);
  });
});

it('packing keeps four significant digits, and whole numbers in full', () => {
  const all: Values = [0, 0, 0, 0, 1.23456, null, null, null, 12_345, 12_345, 7];
  expect(packed(all)).toEqual([[0, 4], 1.235, [null, 3], 12_345, 12_345, 7]);
});
