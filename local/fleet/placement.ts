/** EC2 Auto Scaling's default rules for the zones of a launch and the instance to terminate. */
import type { Instance } from './instance.ts';

const HOUR_MS = 3_600_000;

/** @returns the zones with the one that has the fewest instances first; equal ones in their order */
export function zonesForLaunch(zones: readonly string[], alive: Instance[]): string[] {
  const count = (zone: string) => alive.filter((instance) => instance.zone === zone).length;
  return [...zones].sort((a, b) => count(a) - count(b));
}

/**
 * Selects the instance to terminate: in the zone with most instances, one of an older launch template, else the one closest
 * to its next billing hour.
 * Protected instances are left out; whether an instance is busy does not count.
 *
 * @param version of the launch template
 * @param random chooses between equal instances
 */
export function instanceToTerminate(
  alive: Instance[],
  now: number,
  random: () => number,
  version: string,
): Instance | undefined {
  const free = alive.filter((instance) => !instance.protectedFromScaleIn);
  const zones = [...new Set(free.map(({ zone }) => zone))];
  const count = (zone: string) => alive.filter((instance) => instance.zone === zone).length;
  const most = Math.max(...zones.map(count));
  const zone = zones.filter((candidate) => count(candidate) === most);
  const remaining = (instance: Instance) => HOUR_MS - ((now - instance.launchedAt) % HOUR_MS);
  const candidates = free.filter((instance) => zone.includes(instance.zone));
  const outdated = candidates.filter((instance) => instance.version !== version);
  const among = outdated.length > 0 ? outdated : candidates;
  const least = Math.min(...among.map(remaining));
  const equals = among.filter((instance) => remaining(instance) === least);
  return equals[Math.floor(random() * equals.length)];
}
