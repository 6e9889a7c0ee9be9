/**
 * Launches that are late beside others that came into service: the instance is faulty, not the image. They would hold a
 * place below the maximum until their hook's end, so Auto Scaling is made to replace them.
 */
import { underWay, type BootFailureMemory } from './boot-failure.ts';
import { LATE } from './capacity.ts';
import type { InstanceLaunch, Observation } from './observation.ts';

/** Multiple of the slowest recent success, and of the boot time where they took about as long as each other. */
const SLOWEST = 1.5;
/** Multiple of the spread of recent successes beyond the slowest: types and zones boot at different speeds. */
const SPREAD = 3;
/** Successes for each launch that is replaced, so that a type that is always slow comes into service in the end. */
const SUCCESSES_EACH = 4;

/** @param boot seconds @returns oldest first */
export function stragglersOf(
  seen: Observation,
  memory: BootFailureMemory | undefined,
  boot: number,
): InstanceLaunch[] {
  const { at, launches = [] } = seen;
  const successes = launches.filter(({ outcome }) => outcome === 'in-service');
  const seconds = successes.map(({ startedAt, endedAt = at }) => endedAt - startedAt);
  const slowest = Math.max(0, ...seconds);
  const spread = slowest - Math.min(slowest, ...seconds);
  const limit = Math.min(
    Math.max(LATE * boot, SLOWEST * slowest),
    Math.max(SLOWEST * boot, SLOWEST * slowest, slowest + SPREAD * spread),
  );
  const replaced = launches.filter(
    ({ id, outcome }) => outcome === 'cancelled' || memory?.ended.includes(id),
  );
  const allowed = Math.floor(successes.length / SUCCESSES_EACH) - replaced.length;
  const late = underWay(seen, memory).filter(
    ({ startedAt, instance }) =>
      instance !== undefined &&
      at - startedAt > limit &&
      successes.some(({ endedAt = at }) => endedAt > startedAt),
  );
  return late.slice(0, Math.max(0, allowed));
}
