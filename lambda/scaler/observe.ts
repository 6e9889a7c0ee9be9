/** The second step of a tick: reads the queue, the workers' reports and the fleet. */
import { NO_SPENDING, type Context } from './context.ts';
import { observeLedger, type LedgerInput } from './ledger.ts';
import type { WorkReport } from './policy/observation.ts';
import type { FailedLaunch, FleetState, MemoryState } from './ports.ts';
import type { TickFacts } from './record.ts';

/** Failed launches older than this are not read, however long ago the last tick was, seconds. */
const FAILURES_SECONDS = 600;
export type Readings = Omit<TickFacts, 'at' | 'decision' | 'desired'>;

/** Reads what the decision needs, and brings the ledger up to date. A part that cannot be read is undefined. */
export async function observe({ ports, run, at, attempt }: Context, state?: MemoryState): Promise<Readings> {
  const [counts, reported, fleet] = await Promise.all([
    attempt(() => ports.counts.read()),
    // Without it the policy estimates what was finished from the counts.
    attempt(() => ports.work.read()),
    attempt(() => ports.fleet.read()),
  ]);
  let failedLaunches: FailedLaunch[] | undefined = [];
  if (fleet && fleet.desired > fleet.inService + fleet.pending) {
    const since = Math.max(state?.recent.at(-1)?.at ?? 0, at - FAILURES_SECONDS);
    failedLaunches = await attempt(() => ports.fleet.failedLaunches(since));
  }
  // Without the memory the day's spending is unknown: a sum from zero would be wrong.
  const account =
    state && fleet
      ? await attempt(() =>
          observeLedger(ledgerInput(at, fleet, reported), state.ledger, run.spending ?? NO_SPENDING),
        )
      : undefined;
  return { counts, reported, fleet, failedLaunches, account };
}

const ledgerInput = (at: number, fleet: FleetState, reported: WorkReport | undefined): LedgerInput => ({
  at,
  instances: fleet.inService + fleet.pending + fleet.draining,
  inService: fleet.inService,
  types: fleet.types,
  reported,
});
