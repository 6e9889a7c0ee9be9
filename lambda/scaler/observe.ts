/** The second step of a tick: reads the queue, the workers' reports and the fleet. */
import { NO_SPENDING, type Context } from './context.ts';
import { DEFAULT_POLICY } from '../../contract/policy.ts';
import type { Spending } from '../../contract/scaler.ts';
import { dayOf, observeLedger, type Ledger, type LedgerInput } from './ledger.ts';
import type { RuleSettings } from './policy/decision.ts';
import { serviceOf, workflowSecondsOf } from './policy/flow.ts';
import type { BulkCounts, WorkReport } from './policy/observation.ts';
import { mostReporters, sampleOf } from './policy/reporters.ts';
import { believe, type Belief } from './policy/reports.ts';
import type { Counts, FleetState, MemoryState, QueueCounts, Work } from './ports.ts';
import { readLaunches } from './read-launches.ts';
import type { TickFacts } from './record.ts';

/** A look at the queue sees no more messages; among more of them are photos. */
const MOST_LOOKED_AT = 10;
export type Readings = Omit<TickFacts, 'at' | 'decision' | 'desired' | 'pools' | 'warmPool'>;

/** Reads what the decision needs, and brings the ledger up to date. A part that cannot be read is undefined. */
export async function observe(context: Context, state?: MemoryState): Promise<Readings> {
  const { ports, run, settings, at, errors, attempt } = context;
  const spending = run.spending ?? NO_SPENDING;
  const [read, fleet] = await Promise.all([
    attempt(() => readCounts(ports.counts)),
    attempt(() => ports.fleet.read()),
  ]);
  if (fleet?.unread) errors.push(fleet.unread);
  const [counts, work, launches] = await Promise.all([
    run.woken ? withPhoto(read, fleet) : withoutEmptyMessages({ ports, attempt }, read, fleet, state),
    // Without it the policy estimates what was finished from the counts.
    attempt(() =>
      readWork(ports.work, { at, settings, state, counts: read, fleet, most: mostReporters(run.workflows) }),
    ),
    readLaunches({ ports, at, attempt }, fleet, state),
  ]);
  // Without the memory the day's spending is unknown: a sum from zero would be wrong.
  const account =
    state && fleet
      ? await attempt(() =>
          observeLedger(ledgerInput(at, fleet, work?.reported), ledgerBefore(state, at, spending), {
            ...spending,
            spotPriceShare: run.pools?.spotPriceShare,
          }),
        )
      : undefined;
  return { counts, work, fleet, launches, account };
}

const messagesOf = ({ visible, inFlight }: BulkCounts): number => visible + inFlight;

/** Of all queues at once. Without those of one the fleet stays as it is, like without any. */
async function readCounts(port: Counts): Promise<QueueCounts> {
  const [counts, bulk] = await Promise.all([port.read(), port.readBulk?.()]);
  return bulk ? { ...counts, bulk } : counts;
}

/**
 * Counts of messages that can wake a fleet at zero: a folder or S3's test event is no photo, and SQS counts it as one. S3 sends one to
 * each queue at the first deploy.
 *
 * It looks only when a queue has just stopped being empty. A message that waits longer, under a pause or a spent budget, would
 * otherwise be received at each tick, until SQS moves it to the dead-letter queue.
 */
async function withoutEmptyMessages(
  { ports, attempt }: Pick<Context, 'ports' | 'attempt'>,
  counts: QueueCounts | undefined,
  fleet: FleetState | undefined,
  state: MemoryState | undefined,
): Promise<QueueCounts | undefined> {
  if (!counts || !fleet || !state) return counts;
  if (fleet.desired + fleet.inService + fleet.pending + fleet.draining > 0) return counts;
  const { bulk } = counts;
  const last = state.recent.at(-1);
  const hasNone = async ({ visible }: BulkCounts, before: number | null, look: Counts['hasPhoto']) => {
    const isNew = visible > 0 && !before;
    if (!look || !isNew || visible > MOST_LOOKED_AT) return false;
    return (await attempt(look)) === false;
  };
  const [isEmpty, isBulkEmpty] = await Promise.all([
    hasNone(counts, last?.visible ?? 0, ports.counts.hasPhoto?.bind(ports.counts)),
    bulk && hasNone(bulk, last?.bulk?.visible ?? 0, ports.counts.hasBulkPhoto?.bind(ports.counts)),
  ]);
  return {
    ...{ ...counts, ...(isEmpty && { visible: 0, sidelined: 0 }) },
    ...(bulk && isBulkEmpty && { bulk: { ...bulk, visible: 0 } }),
  };
}

/** At least one photo waits for a fleet at zero: SQS may count it only later. */
function withPhoto(counts: QueueCounts | undefined, fleet: FleetState | undefined): QueueCounts | undefined {
  if (!counts || !fleet || fleet.desired > 0 || counts.inFlight > 0) return counts;
  return { ...counts, visible: Math.max(1, counts.visible) };
}

interface WorkContext {
  at: number;
  settings: RuleSettings;
  state: MemoryState | undefined;
  counts: QueueCounts | undefined;
  fleet: FleetState | undefined;
  /** Instances whose reports are read. */
  most: number;
}

/** Reads the reports of the instances that Auto Scaling lists, and of those that it listed at the last tick. */
async function readWork(
  port: Work,
  { at, settings, state, counts, fleet, most }: WorkContext,
): Promise<Belief | undefined> {
  if (!state || !fleet?.reporters) return undefined;
  const listed = sampleOf(fleet.reporters, state.reports, most).map(({ instance }) => instance);
  const left = state.reports?.instances.map(({ instance }) => instance) ?? [];
  const reports = await port.read([...new Set([...listed, ...left])]);
  if (!reports) return undefined;
  const input = {
    at,
    backlog: counts ? messagesOf(counts) + (counts.bulk ? messagesOf(counts.bulk) : 0) : null,
    reporters: fleet.reporters,
    reports,
    most,
    workflowSeconds: workflowSecondsOf(state.policy.slo?.flow),
    serviceSeconds: serviceOf(
      state.policy.slo?.flow,
      // A policy that measures no service time begins with the default one.
      settings.kind === 'threshold' ? DEFAULT_POLICY.serviceSeconds : settings.serviceSeconds,
    ),
  };
  return believe(input, state.reports);
}

/** The ledger of the last tick. One that cannot be read counts as a day at its limit: spending is never smaller than it was. */
function ledgerBefore(
  { ledger, lostSpending }: MemoryState,
  at: number,
  { dailyLimit }: Spending,
): Ledger | undefined {
  if (ledger || lostSpending === undefined) return ledger;
  const spent = Math.max(dailyLimit ?? 0, lostSpending);
  return { at, perHour: 0, day: dayOf(at), spent, inService: 0, busySeconds: null };
}

const ledgerInput = (at: number, fleet: FleetState, reported: WorkReport | undefined): LedgerInput => ({
  at,
  instances: fleet.inService + fleet.pending + fleet.draining + (fleet.warmPool?.entering.length ?? 0),
  inService: fleet.inService,
  types: fleet.types,
  typesByPool: fleet.typesByPool,
  reported,
});
