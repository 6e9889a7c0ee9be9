/** A run as time series for the plots of the report. */
import type { Scenario } from '../scenario.ts';
import type { Run } from '../engine/types.ts';

/** Time in seconds; per step: arrivals per minute, messages, instances, and waits in seconds. */
export interface Series {
  /** Length of a step, seconds. */
  step: number;
  at: number[];
  arrivals: number[];
  visible: number[];
  inFlight: number[];
  desired: (number | null)[];
  inService: number[];
  pending: number[];
  /** Waits of the jobs that arrived in the step; null without arrivals. */
  meanWait: (number | null)[];
  p95Wait: (number | null)[];
  /** The decision of the step; of several, the one with the largest change. */
  decisions: ([at: number, reason: string, before: number, after: number, needed: number | null] | null)[];
}

const MOST_STEPS = 1500;

const rounded = (value: number) => Number(value.toPrecision(4));

/** How many of these ascending values are at or before each time. */
function counted(sorted: Float64Array, times: number[]): number[] {
  let k = 0;
  return times.map((at) => {
    while (k < sorted.length && (sorted[k] as number) <= at) k++;
    return k;
  });
}

const ascending = (values: Iterable<number>) => Float64Array.from(values).sort();

export function seriesOf(run: Run, { world }: Pick<Scenario, 'world'>): Series {
  const length = run.end;
  const step = world.tick * Math.max(1, Math.ceil(length / world.tick / MOST_STEPS));
  const count = Math.ceil(length / step) + 1;
  const at = Array.from({ length: count }, (_, k) => k * step);
  const { arrivals, starts, ends, instances } = run;
  const done = (times: Float64Array) => ascending(times.filter((time) => !Number.isNaN(time)));
  const arrived = counted(arrivals, at);
  const perStep = at.map(() => 0);
  for (const time of arrivals) {
    const k = Math.min(count - 1, Math.floor(time / step));
    perStep[k] = (perStep[k] as number) + 1;
  }
  const started = counted(done(starts), at);
  const ended = counted(done(ends), at);
  const requested = counted(ascending(instances.map((life) => life.requested)), at);
  const ready = counted(ascending(instances.map((life) => life.ready)), at);
  const stoppedReady = ascending(
    instances.filter((life) => life.ready < Infinity).map((life) => life.stopped),
  );
  const stoppedBooting = ascending(
    instances.filter((life) => life.ready === Infinity).map((life) => life.stopped),
  );
  const left = counted(stoppedReady, at);
  const never = counted(stoppedBooting, at);

  const waits: number[][] = at.map(() => []);
  starts.forEach((start, job) => {
    if (Number.isNaN(start)) return;
    waits[Math.floor((arrivals[job] as number) / step)]?.push(start - (arrivals[job] as number));
  });
  const meanWait = waits.map((all) =>
    all.length === 0 ? null : rounded(all.reduce((sum, wait) => sum + wait, 0) / all.length),
  );
  const p95Wait = waits.map((all) => {
    if (all.length === 0) return null;
    all.sort((a, b) => a - b);
    return rounded(all[Math.floor(0.95 * (all.length - 1))] as number);
  });

  const decisions: Series['decisions'] = at.map(() => null);
  const desired: Series['desired'] = at.map(() => null);
  desired[0] = world.min;
  for (const row of run.decisions) {
    const k = Math.floor(row.at / step);
    if (k >= count) break;
    const known = decisions[k];
    const change = Math.abs(row.after - row.desired);
    if (!known || change >= Math.abs(known[3] - known[2])) {
      decisions[k] = [row.at, row.reason, row.desired, row.after, row.needed ?? null];
    }
    desired[k] = row.after;
  }
  for (let k = 1; k < count; k++) desired[k] ??= desired[k - 1] as number;

  return {
    step,
    at,
    arrivals: perStep.map((jobs) => rounded((jobs * 60) / step)),
    visible: at.map((_, k) => (arrived[k] as number) - (started[k] as number)),
    inFlight: at.map((_, k) => (started[k] as number) - (ended[k] as number)),
    desired,
    inService: at.map((_, k) => (ready[k] as number) - (left[k] as number)),
    pending: at.map((_, k) => (requested[k] as number) - (ready[k] as number) - (never[k] as number)),
    meanWait,
    p95Wait,
    decisions,
  };
}
