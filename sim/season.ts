/**
 * `simulate season [--python PYTHON] [--seeds 3] [TRACE]`: is a forecast worth it? Policies learn in the first week and are
 * measured in the second: the deployed one without and with a memory of the week, AWS predictive scaling, and an LSTM
 * trained offline when `--python` names a Python with PyTorch.
 */
import { resolve } from 'node:path';
import { UserError } from '../common/errors.ts';
import { BUCKET_SECONDS, countsOf, lstmForecasts, lstmPolicy } from './learned/lstm.ts';
import { billedSeconds } from './engine/fleet.ts';
import { mean } from './measure.ts';
import { sloSettings } from './policies/deployed.ts';
import { policyOf } from './policies/index.ts';
import type { Progress } from './progress.ts';
import { scenarios, type Scenario } from './scenario.ts';
import { simulate } from './engine/simulate.ts';
import { isSynthetic } from './traffic/synthetic.ts';
import { aligned } from './output.ts';
import type { Controller, Run } from './engine/types.ts';
import { TRACE_SERVICE_SECONDS } from './world.ts';
import { printLine, printText } from '../common/terminal.ts';

const DAY = 86_400;
const WEEK = 7 * DAY;
const NINE = 9 * 3600;
const QUARTER = 900;

interface SecondWeek {
  /** Mean waits in the second week, seconds: from 9:00 to 9:15 on weekdays, and of all jobs. */
  atNine: number;
  wait: number;
  gpuHours: number;
}

/** Waits and cost of a run's second week. The trace begins on a Monday at midnight. */
export function secondWeek(run: Run, { world }: Pick<Scenario, 'world'>): SecondWeek {
  const waits: number[] = [];
  const atNine: number[] = [];
  run.arrivals.forEach((arrival, job) => {
    if (arrival < WEEK) return;
    const wait = (run.starts[job] as number) - arrival;
    waits.push(wait);
    const clock = arrival % DAY;
    const weekday = Math.floor(arrival / DAY) % 7 < 5;
    if (weekday && clock >= NINE && clock < NINE + QUARTER) atNine.push(wait);
  });
  const billed = run.instances.map((instance) => {
    const before = { ...instance, stopped: Math.min(instance.stopped, WEEK) };
    return (
      billedSeconds(instance, run.end, world) -
      (instance.requested < WEEK ? billedSeconds(before, WEEK, world) : 0)
    );
  });
  return {
    atNine: mean(atNine),
    wait: mean(waits),
    gpuHours: billed.reduce((sum, seconds) => sum + seconds, 0) / 3600,
  };
}

/** The policies to compare on a scenario, by name. */
async function controllersOf(
  scenario: Scenario,
  python: string | undefined,
  say: (line: string) => void,
): Promise<[string, Controller][]> {
  const { world, arrivals, horizon, seed } = scenario;
  const named = ['slo', 'forecast', 'predictive'].map((name): [string, Controller] => [
    name,
    policyOf(name, [], world).make(),
  ]);
  if (!python) return named;
  const counts = countsOf(arrivals, horizon);
  const forecasts = await lstmForecasts(python, counts, WEEK / BUCKET_SECONDS, seed, say);
  const settings = sloSettings(policyOf('slo', [], world).settings);
  const when = { from: WEEK, lead: world.boot + world.tick, tick: world.tick };
  return [...named, ['LSTM', lstmPolicy(settings, forecasts, when)]];
}

const change = (value: number, base: number) =>
  `${value < base ? '' : '+'}${(100 * (value / base - 1)).toFixed(1)} %`;

async function simulateWeeks(trace: string, seeds: number, python: string | undefined, progress: Progress) {
  const scenarioOf = await scenarios({ trace, world: 'clean', with: { service: TRACE_SERVICE_SECONDS } });
  const results = new Map<string, SecondWeek[]>();
  for (let seed = 1; seed <= seeds; seed++) {
    const scenario = scenarioOf(seed);
    if (scenario.horizon < 2 * WEEK - DAY)
      throw new UserError(`${trace} has ${(scenario.horizon / DAY).toFixed(1)} days: expected two weeks`);
    const say = (line: string) => progress.show(`seed ${seed} of ${seeds}: ${line}`, (seed - 1) / seeds);
    for (const [name, controller] of await controllersOf(scenario, python, say)) {
      say(name);
      const run = await simulate({ ...scenario, controller });
      results.set(name, [...(results.get(name) ?? []), secondWeek(run, scenario)]);
    }
  }
  progress.clear();
  return results;
}

/** @param python an interpreter with PyTorch, for the LSTM */
export async function season(
  given: string,
  seeds: number,
  python: string | undefined,
  progress: Progress,
): Promise<void> {
  const trace = isSynthetic(given) ? given : resolve(given);
  const results = await simulateWeeks(trace, isSynthetic(given) ? seeds : 1, python, progress);
  const base = results.get('slo') as SecondWeek[];
  const of = (all: SecondWeek[], key: keyof SecondWeek) => mean(all.map((one) => one[key]));
  const rows = [...results].map(([name, all]) => [
    name,
    all.map(({ atNine }) => atNine.toFixed(1)).join(' '),
    of(all, 'wait').toFixed(1),
    of(all, 'gpuHours').toFixed(1),
    change(of(all, 'gpuHours'), of(base, 'gpuHours')),
  ]);
  printLine(`${given}, trained on week 1, measured in week 2, clean world`);
  printText(aligned([['policy', '9:00 to 9:15, s', 'mean wait, s', 'GPU h', 'against slo'], ...rows]));
  if (!python) {
    printText(
      '\nWithout the LSTM: it needs --python PYTHON with the packages of sim/learned/requirements.txt (PyTorch).',
    );
  }
}
