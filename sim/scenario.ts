/** A trace in a world: what a rule is put into. */
import { worldOf, type World, type WorldChanges, type WorldName } from './world.ts';
import { isSynthetic, syntheticTrace } from './traffic/synthetic.ts';
import { arrivalsOf, readTrace, type Trace } from './traffic/trace.ts';

export interface Scenario {
  /** Name of the trace. */
  trace: string;
  worldName: WorldName;
  /** What differs from that world's defaults. */
  changes: WorldChanges;
  world: World;
  /** Of the luck in each run; the traffic of a synthetic trace is of its run's seed. */
  seed: number;
  arrivals: Float64Array;
  horizon: number;
}

export interface ScenarioOptions {
  trace: string;
  world: WorldName;
  with: WorldChanges & { bucket?: number };
}

/** What a trace asks of the world where the user does not: an account's limit, or a fleet that may sleep. */
const OWN: Record<string, WorldChanges> = { viral: { max: 24 }, quiet: { min: 0 } };

/**
 * @returns a scenario for each seed
 * @throws InputError when trace or world cannot be
 */
export async function scenarios(options: ScenarioOptions): Promise<(seed: number) => Scenario> {
  const { bucket, ...given } = options.with;
  const changes: WorldChanges = { ...OWN[options.trace], ...given };
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
