/** A tick's part for stopped instances: those that do not boot are not launched again and again. It reads and sets the pool alone. */
import { ALLOWANCE_SECONDS, type Context } from './context.ts';
import { LAUNCHES_SECONDS } from './policy/boot-failure.ts';
import type { Controls } from './policy/controls.ts';
import { isAtWork, keepPool, type WarmPoolMemory } from './policy/pools/warm-pool.ts';
import type { FleetLaunch, FleetState, MemoryState } from './ports.ts';
import { withReasons } from './read-launches.ts';

/**
 * Sets how many instances the pool may have, where that changes.
 *
 * @returns what it has learned; the earlier memory where nothing could be read
 */
export async function keepWarmPool(
  context: Context,
  state: MemoryState | undefined,
  fleet: FleetState | undefined,
  controls: Controls,
): Promise<WarmPoolMemory | undefined> {
  const { ports, run, at, attempt } = context;
  const before = state?.policy.warmPool;
  const { warmPool: full } = run;
  if (!full) return undefined;
  if (!state || !fleet?.warmPool) return before;
  const launches = isAtWork(fleet.warmPool, full, before) ? await readInto(context, before) : [];
  const { launchTimeoutSeconds } = run;
  const { sizes, memory } = keepPool({ ...fleet.warmPool, at, launches, launchTimeoutSeconds }, before, full);
  // After the allowance another run may have the lease.
  const mayAct = !controls.dryRun && run.now() - at <= ALLOWANCE_SECONDS;
  if (sizes && mayAct) await attempt(() => ports.fleet.warmPool?.setSizes(sizes));
  return memory;
}

async function readInto(
  { ports, at, attempt }: Context,
  before: WarmPoolMemory | undefined,
): Promise<FleetLaunch[] | undefined> {
  const all = await attempt(() => ports.fleet.warmPool?.launches(at - LAUNCHES_SECONDS));
  return all && withReasons({ ports, attempt }, all, before?.boots);
}
