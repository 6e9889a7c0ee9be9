/** Where a group launches, and whom it ends: the default rules of EC2 Auto Scaling. */
import type { Instance } from './instance.ts';

const HOUR_MS = 3_600_000;

/** The zone with the fewest instances, the first of equals. */
export function zoneForLaunch(zones: string[], alive: Instance[]): string {
  const count = (zone: string) => alive.filter((instance) => instance.zone === zone).length;
  const [first = 'us-east-1a', ...others] = zones;
  return others.reduce((best, zone) => (count(zone) < count(best) ? zone : best), first);
}

/**
 * The next to go: in the zone with most instances, the one closest to its next billing hour, any of equals. Protected
 * ones stay. Whether an instance is busy plays no part.
 */
export function victimOf(alive: Instance[], now: number, random: () => number): Instance | undefined {
  const free = alive.filter((instance) => !instance.protectedFromScaleIn);
  const zones = [...new Set(free.map(({ zone }) => zone))];
  const count = (zone: string) => alive.filter((instance) => instance.zone === zone).length;
  const most = Math.max(...zones.map(count));
  const zone = zones.filter((candidate) => count(candidate) === most);
  const remaining = (instance: Instance) => HOUR_MS - ((now - instance.launchedAt) % HOUR_MS);
  const candidates = free.filter((instance) => zone.includes(instance.zone));
  const least = Math.min(...candidates.map(remaining));
  const equals = candidates.filter((instance) => remaining(instance) === least);
  return equals[Math.floor(random() * equals.length)];
}
