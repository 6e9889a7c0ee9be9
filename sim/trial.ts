/**
 * `simulate trial FOLDER [--seeds 200]`: the deployed policy in the real world, on each CSV of a folder over many seeds: stale
 * and noisy counts, failed boots, shortages, Spot interruptions, missed and doubled ticks.
 *
 * Jobs that arrive during a shortage, or within a boot time after it, wait for EC2 and not for the policy, so their waits
 * are separate. For comparison: the waits in a clean world with the same mean boot and service time.
 */
import { basename, join } from 'node:path';
import { mean } from './measure.ts';
import { policyOf } from './policies/index.ts';
import type { Progress } from './progress.ts';
import { csvFiles } from './traffic/trace.ts';
import { scenarios } from './scenario.ts';
import { simulate } from './engine/simulate.ts';
import { aligned } from './output.ts';
import type { DecisionRow, Run } from './engine/types.ts';
import { TRACE_SERVICE_SECONDS, type WorldChanges } from './world.ts';
import { printText } from '../common/terminal.ts';

/** The recorded traces are scaled to these. */
const JOBS: WorldChanges = { service: TRACE_SERVICE_SECONDS };

export interface Trial {
  /** Mean waits, seconds, of all jobs and of those outside shortages. */
  wait: number;
  waitOutside: number;
  /** Share of jobs that arrived during shortages. */
  within: number;
  gpuHours: number;
  done: number;
  jobs: number;
  peak: number;
  /** Scale-ins, and those followed by a scale-out within one boot time. */
  scaleIns: number;
  reversed: number;
}

/** Periods with fewer instances than desired, each extended by a boot time. */
export function shortages(decisions: DecisionRow[], boot: number): [from: number, to: number][] {
  const spans: [number, number][] = [];
  let before = -Infinity;
  for (const { at, desired, inService, pending } of decisions) {
    if (desired > inService + pending) {
      const last = spans.at(-1);
      // It began at some time after the previous tick.
      if (last && before <= last[1]) last[1] = at + boot;
      else spans.push([Math.max(before, 0), at + boot]);
    }
    before = at;
  }
  return spans;
}

/** Scale-ins, and how many of them a scale-out followed within `boot` seconds. */
export function reversals(decisions: DecisionRow[], boot: number): { scaleIns: number; reversed: number } {
  let scaleIns = 0;
  let reversed = 0;
  let lastIn: number | undefined;
  for (const { at, desired, after } of decisions) {
    if (after < desired) {
      scaleIns++;
      lastIn = at;
    } else if (after > desired && lastIn !== undefined) {
      if (at - lastIn <= boot) reversed++;
      lastIn = undefined;
    }
  }
  return { scaleIns, reversed };
}

export function trialOf(run: Run, boot: number): Trial {
  const spans = shortages(run.decisions, boot);
  let span = 0;
  let [sum, count, sumOutside, outside] = [0, 0, 0, 0];
  run.arrivals.forEach((arrival, job) => {
    while (span < spans.length && (spans[span] as [number, number])[1] < arrival) span++;
    const wait = (run.starts[job] as number) - arrival;
    if (Number.isNaN(wait)) return;
    sum += wait;
    count++;
    const [from] = spans[span] ?? [Infinity];
    if (arrival >= from) return;
    sumOutside += wait;
    outside++;
  });
  const billed = run.instances.reduce(
    (all, { requested, stopped }) => all + Math.min(stopped, run.end) - requested,
    0,
  );
  return {
    wait: sum / count,
    waitOutside: sumOutside / outside,
    within: 1 - outside / count,
    gpuHours: billed / 3600,
    done: run.completed,
    jobs: run.arrivals.length,
    peak: run.peak,
    ...reversals(run.decisions, boot),
  };
}

/** Runs the deployed policy once. @param boot mean boot time, seconds. @default the world's */
export async function trial(
  trace: string,
  world: 'clean' | 'real',
  seed: number,
  boot?: number,
): Promise<Trial> {
  const options = { trace, world, with: { ...JOBS, ...(boot === undefined ? {} : { boot }) } };
  const scenario = (await scenarios(options))(seed);
  const { arrivals, horizon } = scenario;
  const controller = policyOf('slo', [], scenario.world).make();
  const run = await simulate({
    arrivals,
    horizon,
    world: scenario.world,
    seed,
    controller,
    keepDecisions: true,
  });
  return trialOf(run, scenario.world.boot);
}

/**
 * @param path a CSV, or a folder with some
 * @returns whether each trace's wait is at most 1.5 times that of a clean world
 */
export async function trials(path: string, seeds: number, progress: Progress): Promise<boolean> {
  const names = path.endsWith('.csv') ? [''] : await csvFiles(path);
  const head = [
    'trace',
    'wait',
    'outside',
    'clean',
    'ratio',
    'worst',
    'within',
    'GPU h',
    'clean',
    'not done',
    'peak',
    'ins',
    'reversed',
  ];
  const rows = [head];
  let good = true;
  for (const name of names) {
    const trace = join(path, name);
    const boot = (await scenarios({ trace, world: 'real', with: JOBS }))(1).world.boot;
    const real: Trial[] = [];
    const clean: Trial[] = [];
    for (let seed = 1; seed <= seeds; seed++) {
      real.push(await trial(trace, 'real', seed));
      if (clean.length < 3) clean.push(await trial(trace, 'clean', seed, boot));
      progress.show(basename(trace), seed / seeds);
    }
    progress.clear();
    const of = (trials: Trial[], key: keyof Trial) => mean(trials.map((one) => one[key]));
    const ratio = of(real, 'waitOutside') / of(clean, 'wait');
    const ins = of(real, 'scaleIns');
    rows.push([
      basename(trace, '.csv'),
      `${of(real, 'wait').toFixed(1)} s`,
      `${of(real, 'waitOutside').toFixed(1)} s`,
      `${of(clean, 'wait').toFixed(1)} s`,
      ratio.toFixed(2),
      `${Math.max(...real.map(({ waitOutside }) => waitOutside)).toFixed(1)} s`,
      `${(100 * of(real, 'within')).toFixed(1)} %`,
      of(real, 'gpuHours').toFixed(1),
      of(clean, 'gpuHours').toFixed(1),
      String(real.reduce((sum, { jobs, done }) => sum + jobs - done, 0)),
      String(Math.max(...real.map(({ peak }) => peak))),
      ins.toFixed(0),
      `${((100 * of(real, 'reversed')) / Math.max(1, ins)).toFixed(0)} %`,
    ]);
    good &&= ratio <= 1.5;
    printText(aligned(rows.slice(-1), [0]));
  }
  printText(aligned(rows, [0]));
  return good;
}
