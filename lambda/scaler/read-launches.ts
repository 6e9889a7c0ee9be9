/** The launches of the fleet, with the reasons of those that failed. */
import type { Context } from './context.ts';
import { LAUNCHES_SECONDS, type BootFailureMemory } from './policy/boot-failure.ts';
import type { FleetLaunch, FleetState, MemoryState, Work } from './ports.ts';
import type { Launches } from './record.ts';

/** Refused launches older than this do not count, however long ago the last tick was, seconds. */
const REFUSALS_SECONDS = 600;
/** Instances whose reason is read at one tick. */
const MOST_REASONS = 10;

/** Launches, while any is under way, refused or known to have failed; none are read in a fleet at rest. */
export async function readLaunches(
  { ports, at, attempt }: Pick<Context, 'ports' | 'at' | 'attempt'>,
  fleet: FleetState | undefined,
  state: MemoryState | undefined,
): Promise<Launches | undefined> {
  const bootFailure = state?.policy.bootFailure;
  if (!fleet) return undefined;
  if (isAtRest(fleet, state) && !bootFailure) return { all: [], refused: 0, failed: [] };
  const all = await attempt(() => ports.fleet.launches(at - LAUNCHES_SECONDS));
  if (!all) return undefined;
  const since = Math.max(state?.recent.at(-1)?.at ?? 0, at - REFUSALS_SECONDS);
  const refused = all.filter(({ outcome, startedAt }) => outcome === 'refused' && startedAt >= since);
  return {
    all: await withReasons({ ports, attempt }, all, bootFailure),
    refused: refused.length,
    failed: [...refused, ...unbootedOf(all, bootFailure)].flatMap(({ failure }) => failure ?? []),
  };
}

/** Those that did not boot and have not been counted yet. */
const unbootedOf = (launches: FleetLaunch[], memory: BootFailureMemory | undefined): FleetLaunch[] =>
  launches.filter(({ id, outcome }) => outcome === 'boot-failed' && !memory?.counted.includes(id));

/** The launches, of which those that have just failed say why in the words of their instance, where it has left any. */
export async function withReasons(
  { ports, attempt }: Pick<Context, 'ports' | 'attempt'>,
  launches: FleetLaunch[],
  memory: BootFailureMemory | undefined,
): Promise<FleetLaunch[]> {
  const reasons = await attempt(() => reasonsOf(ports.work, unbootedOf(launches, memory)));
  return launches.map((launch) => {
    const why = reasons?.get(launch.instance ?? '');
    return why === undefined ? launch : { ...launch, why };
  });
}

/** Whether no launch is under way, missing, or over since the last tick. */
function isAtRest(fleet: FleetState, state: MemoryState | undefined): boolean {
  const { spot, onDemand } = fleet.pools ?? {};
  const groups = spot && onDemand ? [spot, onDemand] : [fleet];
  // The boots of those that have come into service are measured.
  const wereComing = fleet.pools !== undefined && (state?.policy.pools?.coming ?? 0) > 0;
  return (
    !wereComing && groups.every(({ pending, desired, inService }) => pending === 0 && desired <= inService)
  );
}

async function reasonsOf(port: Work, launches: FleetLaunch[]): Promise<Map<string, string>> {
  const instances = launches.flatMap(({ instance }) => instance ?? []).slice(-MOST_REASONS);
  const found = (instances.length > 0 && (await port.failures?.(instances))) || [];
  return new Map(found.map(({ instance, why }) => [instance, why]));
}
