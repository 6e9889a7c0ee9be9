/** A trace during which an image does not boot: what it costs, and how soon all photos are coloured after it. */
import { policyOf } from '../../../sim/policies/index.ts';
import { scenarios } from '../../../sim/scenario.ts';
import { simulate } from '../../../sim/engine/simulate.ts';
import type { WorldChanges } from '../../../sim/world.ts';

export const HOUR = 3600;

export interface BadImage {
  /** Launches in the window, and instance-hours in it. */
  launches: number;
  hours: number;
  /** Seconds from the window's end until the last photo that arrived before it was coloured; negative: within the window. */
  lastColoured: number;
  reasons: Set<string>;
}

export async function badImage(
  from: number,
  seed: number,
  {
    seconds = 6 * HOUR,
    policy = 'slo',
    ...changes
  }: WorldChanges & { seconds?: number; policy?: string } = {},
): Promise<BadImage> {
  const to = from + seconds;
  const options = {
    trace: 'quiet',
    world: 'article' as const,
    with: { max: 20, ...changes, badImage: `${from}:${to}` },
  };
  const { world, arrivals, horizon } = (await scenarios(options))(seed);
  const controller = policyOf(policy, [], world).make();
  const run = await simulate({ arrivals, horizon, world, seed, controller, keepDecisions: true });
  const within = run.instances.map(
    ({ requested, stopped }) => Math.min(stopped, to) - Math.max(requested, from),
  );
  const ends = [...run.arrivals].flatMap((arrival, job) => (arrival < to ? (run.ends[job] ?? NaN) - to : []));
  return {
    launches: run.instances.filter(({ requested }) => requested >= from && requested < to).length,
    hours: within.reduce((sum, one) => sum + Math.max(0, one), 0) / HOUR,
    lastColoured: Math.max(...ends),
    reasons: new Set(run.decisions.filter(({ at }) => at >= from && at < to).map(({ reason }) => reason)),
  };
}
