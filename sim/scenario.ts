/** A scenario: a trace in a world, ready to simulate. */
import { worldOf, type World, type WorldChanges, type WorldName } from './world.ts';
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
  horizon: number;
}

export interface ScenarioOptions {
  trace: string;
  world: WorldName;
  with: WorldChanges & { bucket?: number };
}

/** Defaults of single traces: the GPU limit of a new account, or a fleet that may scale to zero. */
const TRACE_DEFAULTS: Record<string, WorldChanges> = { viral: { max: 24 }, quiet: { min: 0 } };

/**
 * @returns a scenario for each seed
 * @throws UserError for an invalid trace or world
 */
export async function scenarios(options: ScenarioOptions): Promise<(seed: number) => Scenario> {
  const { bucket, ...given } = options.with;
  const changes: WorldChanges = { ...TRACE_DEFAULTS[options.trace], ...given };
  const world = worldOf(options.world, changes);
  const { trace } = options;
  let file: Trace | undefined;
  if (!isSynthetic(trace)) file = await readTrace(trace, bucket);
  return (seed) => {
    const traffic = file ?? syntheticTrace(trace as Parameters<typeof syntheticTrace>[0], seed);
    return {
      trace: traffic.name,
      worldName: options.world,
      changes,
      world,
      seed,
      arrivals: arrivalsOf(traffic, seed),
      horizon: world.horizon ?? traffic.end,
    };
  };
}
