/** The figures of a run: waits, cost, fleet size and scaling actions. */
import { billedSeconds } from './engine/fleet.ts';
import { ROOT_VOLUME_GIB } from '../contract/image.ts';
import { SPOT_SHARE, UNIT_PRICES } from '../contract/prices.ts';
import type { PoolName } from '../lambda/scaler/policy/pools/pool-name.ts';
import { hasPools, type World } from './world.ts';
import type { Run } from './engine/types.ts';

export interface Measures {
  jobs: number;
  completed: number;
  /** Seconds from arrival to start, of the completed jobs; null without any. */
  wait: Record<'mean' | 'p50' | 'p95' | 'p99' | 'max', number | null>;
  /** Time during which any job had waited longer than `slo`, and the number of such periods. */
  overSlo: { seconds: number; episodes: number };
  /** Billed instance-hours. */
  gpuHours: number;
  usd: number;
  /** Instances in any state but stopped. */
  fleet: { peak: number; mean: number };
  /** Changes of the desired capacity, and launches after the initial fleet. */
  actions: { out: number; in: number; launches: number };
  /** Of the bulk lane; the jobs and waits above are of the interactive one, hours and USD of both. Absent without it. */
  bulk?: BulkMeasures;
  /** Of a fleet with two pools, whose `usd` is the sum; absent else. */
  pools?: Record<'spot' | 'onDemand', PoolMeasures> & {
    /** USD for the volumes of the fast tier, which are kept while its instances are stopped. */
    volumesUsd: number;
  };
}

export interface BulkMeasures {
  jobs: number;
  completed: number;
  /** Share of the jobs that were completed within `bulkDeadline` of their arrival. */
  withinDeadline: number;
  /** Seconds from arrival to completion, of the last of the completed jobs; null without any. */
  longest: number | null;
}

export interface PoolMeasures {
  /** Billed instance-hours. */
  gpuHours: number;
  usd: number;
  launches: number;
}

export const mean = (values: number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param sorted ascending, not empty; between two values the result is interpolated linearly */
export function percentile(sorted: Float64Array, share: number): number {
  const rank = share * (sorted.length - 1);
  const low = Math.floor(rank);
  const a = sorted[low] as number;
  const b = sorted[Math.min(low + 1, sorted.length - 1)] as number;
  return a + (b - a) * (rank - low);
}

/** Waits of the completed jobs, seconds, ascending. */
export function waitsOf({ arrivals, starts }: Pick<Run, 'arrivals' | 'starts'>): Float64Array {
  return starts
    .map((start, job) => start - (arrivals[job] as number))
    .filter((wait) => !Number.isNaN(wait))
    .sort();
}

function overSlo({ arrivals, starts, end }: Run, slo: number): Measures['overSlo'] {
  let until = -1;
  let seconds = 0;
  let episodes = 0;
  for (let job = 0; job < arrivals.length; job++) {
    const from = (arrivals[job] as number) + slo;
    const start = starts[job] as number;
    const to = Number.isNaN(start) ? end : start;
    if (to <= from) continue;
    if (from > until) episodes++;
    if (to > until) seconds += to - Math.max(from, until);
    until = Math.max(until, to);
  }
  return { seconds, episodes };
}

const HOURS_A_MONTH = 730;

/** Each pool at the price of its market. What prepares stopped instances is on demand. */
function poolsOf(run: Run, world: World): Measures['pools'] {
  if (!hasPools(world)) return undefined;
  const of = (pool: PoolName, price: number, preparing: number): PoolMeasures => {
    const lives = run.instances.filter((life) => life.pool === pool);
    const seconds = lives.reduce((sum, life) => sum + billedSeconds(life, run.end, world), preparing);
    const gpuHours = seconds / 3600;
    return { gpuHours: round(gpuHours), usd: round(gpuHours * price), launches: lives.length };
  };
  const { volumeGibibyteMonth } = UNIT_PRICES;
  const volumeMonths = run.stoppedSeconds / 3600 / HOURS_A_MONTH;
  return {
    spot: of('spot', world.price * SPOT_SHARE, 0),
    onDemand: of('on-demand', world.price, run.preparing),
    volumesUsd: round(volumeMonths * ROOT_VOLUME_GIB * volumeGibibyteMonth),
  };
}

function bulkOf({ bulk }: Run, { bulkDeadline }: World): BulkMeasures | undefined {
  if (!bulk) return undefined;
  const took = bulk.ends.map((end, job) => end - (bulk.arrivals[job] as number));
  const done = took.filter((seconds) => !Number.isNaN(seconds));
  return {
    jobs: bulk.arrivals.length,
    completed: bulk.completed,
    withinDeadline: round(done.filter((seconds) => seconds <= bulkDeadline).length / bulk.arrivals.length),
    longest: done.length === 0 ? null : round(done.reduce((most, seconds) => Math.max(most, seconds), 0)),
  };
}

/** 12 significant digits, so that the last digits of a sum do not differ between machines. */
const round = (value: number): number => Number(value.toPrecision(12));

export function measure(run: Run, world: World): Measures {
  const waits = waitsOf(run);
  const at = (share: number) => (waits.length === 0 ? null : round(percentile(waits, share)));
  const billed = run.instances.reduce(
    (sum, life) => sum + billedSeconds(life, run.end, world),
    run.preparing,
  );
  const lived = run.instances.reduce(
    (sum, life) => sum + Math.min(life.stopped, run.end) - life.requested,
    0,
  );
  const total = waits.reduce((sum, wait) => sum + wait, 0);
  const { seconds, episodes } = overSlo(run, world.slo);
  const pools = poolsOf(run, world);
  const bulk = bulkOf(run, world);
  return {
    jobs: run.arrivals.length,
    completed: run.completed,
    wait: {
      mean: waits.length === 0 ? null : round(total / waits.length),
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      max: at(1),
    },
    overSlo: { seconds: round(seconds), episodes },
    gpuHours: round(billed / 3600),
    usd: pools
      ? round(pools.spot.usd + pools.onDemand.usd + pools.volumesUsd)
      : round((billed / 3600) * world.price),
    fleet: { peak: run.peak, mean: round(run.end > 0 ? lived / run.end : run.peak) },
    actions: { ...run.actions },
    ...(bulk && { bulk }),
    ...(pools && { pools }),
  };
}
