/** A scenario: a trace in a world, ready to simulate. */
import {
  hasLanes,
  TRACE_SERVICE_SECONDS,
  worldOf,
  type World,
  type WorldChanges,
  type WorldName,
} from './world.ts';
import type { WorkerModel } from './worker-model.ts';
import { bulkArrivalsOf } from './times.ts';
import { isSynthetic, syntheticTrace } from './traffic/synthetic.ts';
import { arrivalsOf, readTrace, type Trace } from './traffic/trace.ts';

export interface Scenario {
  /** Name of the trace. */
  trace: string;
  worldName: WorldName;
  /** Values that differ from that world's defaults. */
  changes: WorldChanges;
  world: World;
  /** Seed of all random draws, and of the arrivals of a synthetic trace. */
  seed: number;
  arrivals: Float64Array;
  /** Of the bulk lane. @default there is none */
  bulkArrivals?: Float64Array;
  horizon: number;
}

export interface ScenarioOptions {
  trace: string;
  world: WorldName;
  with: WorldChanges & { bucket?: number };
}

/** Defaults of single traces: the GPU limit of a new account, or a fleet that may scale to zero. */
const TRACE_DEFAULTS: Record<string, WorldChanges> = {
  viral: { max: 24 },
  quiet: { min: 0 },
  family: { min: 0 },
};

/**
 * Of the built-in traces, whose rates are made for jobs of 6 s: jobs so long, or as many more photos as they are shorter. In `quiet` and `family` it is
 * the gaps that matter, so they stay as they are.
 */
function jobsOf(trace: string, name: WorldName, given: WorldChanges): WorldChanges {
  if (name === 'article' || given.service !== undefined) return {};
  if (!hasLanes(name, given)) return { service: TRACE_SERVICE_SECONDS };
  if (trace === 'quiet' || trace === 'family') return {};
  const { worker } = worldOf(name, given);
  return worker ? { photos: sameWork(worker) } : {};
}

/** Photos in the place of a job of 6 s, for a fleet of the same size. */
export const sameWork = ({ serviceSeconds }: WorkerModel): number =>
  Math.max(1, Math.round(TRACE_SERVICE_SECONDS / serviceSeconds));

/**
 * @returns a scenario for each seed
 * @throws UserError for an invalid trace or world
 */
export async function scenarios(options: ScenarioOptions): Promise<(seed: number) => Scenario> {
  const { bucket, ...given } = options.with;
  const { trace } = options;
  const changes: WorldChanges = {
    ...(isSynthetic(trace) ? jobsOf(trace, options.world, { ...TRACE_DEFAULTS[trace], ...given }) : {}),
    ...TRACE_DEFAULTS[trace],
    ...given,
  };
  const world = worldOf(options.world, changes);
  let file: Trace | undefined;
  if (!isSynthetic(trace)) file = await readTrace(trace, bucket);
  return (seed) => {
    const { photos } = world;
    const traffic = file ?? syntheticTrace(trace as Parameters<typeof syntheticTrace>[0], seed, photos);
    return {
      trace: traffic.name,
      worldName: options.world,
      changes,
      world,
      seed,
      arrivals: arrivalsOf(traffic, seed, file ? photos : 1),
      ...(world.bulk === undefined ? {} : { bulkArrivals: bulkArrivalsOf(world.bulk) }),
      horizon: world.horizon ?? traffic.end,
    };
  };
}
