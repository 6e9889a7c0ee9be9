/**
 * One tick: take the lease, observe, decide, act, remember, publish.
 *
 * Order matters: acting comes before publishing, so that an outage of metrics does not stop scaling; remembering comes
 * after acting, so that an action that failed starts no cooldown.
 */
import type { Spending } from '../../contract/scaler.ts';
import type { View } from '../../contract/view.ts';
import type { FailedLaunch } from './activities.ts';
import { observeLedger, overBudget, type Ledger, type LedgerFigures } from './ledger.ts';
import { controlsAt, type Controls } from './policy/controls.ts';
import { decide, withoutScaling } from './policy/decide.ts';
import type { Calculation, Decision, PolicyMemory, RuleSettings } from './policy/decision.ts';
import type { Observation, WorkReport } from './policy/observation.ts';
import { viewOf } from './view.ts';

export type QueueCounts = Pick<Observation, 'visible' | 'inFlight'>;
export type FleetCounts = Pick<Observation, 'desired' | 'inService' | 'pending' | 'draining' | 'min' | 'max'>;
export interface FleetView extends FleetCounts {
  /** Instances of each type, where the group tells. */
  types?: Record<string, number>;
}

export interface Counts {
  /** Messages waiting and in flight. */
  read(): Promise<QueueCounts>;
}

export interface Work {
  /** What workers have reported in all; undefined as long as none has. */
  read(): Promise<WorkReport | undefined>;
}

export interface Fleet {
  read(): Promise<FleetView>;
  /** Launches that failed since a time, epoch seconds; as far as one answer of the API goes. */
  failedLaunches(since: number): Promise<FailedLaunch[]>;
  setDesired(desired: number): Promise<void>;
}

/** One past tick, for the live page and for whoever asks why: null where a number could not be read. */
export type TickRecord = {
  /** Epoch seconds. */
  at: number;
  reason: Decision['reason'];
  /** Instances that the work asked for; null in a policy that does not reckon it. */
  needed: number | null;
  /** Instances asked for in vain, where there are any. */
  unfulfilled?: number;
  /** Photos that workers have finished since they began to report; absent where that could not be read, or none has. */
  completed?: number;
  /** The numbers behind the decision; of the latest tick only. */
  calculation?: Calculation;
} & { [Name in keyof (QueueCounts & FleetCounts)]: number | null };

export interface MemoryState {
  policy: PolicyMemory;
  /** Latest ticks, oldest first; the last one is the latest decision and what it rested on. */
  recent: TickRecord[];
  /** What the fleet has cost and done. @default nothing seen yet */
  ledger?: Ledger;
  /** What somebody has set for now; only they write it. */
  controls: Controls;
}

export interface Memory {
  /**
   * Takes or renews the lease and recalls.
   *
   * @returns undefined when another run holds the lease
   * @throws when the controls cannot be understood: guessing what somebody wanted could cost the fleet
   */
  open(owner: string, at: number, leaseSeconds: number): Promise<MemoryState | undefined>;
  /**
   * @param view for others to read, in the same write; without one, the last one stays
   * @throws when the lease has been lost
   */
  save(owner: string, state: Omit<MemoryState, 'controls'>, view?: View): Promise<void>;
  /** Gives the lease back, so that the next run need not wait for it to expire; nothing to do when it is another's. */
  release(owner: string): Promise<void>;
}

export interface TickMetrics {
  /** Epoch seconds. */
  at: number;
  reason: Decision['reason'];
  counts: QueueCounts | undefined;
  /** The fleet as seen, with the desired capacity as it is now. */
  fleet: FleetView | undefined;
  /** Instances that the work asks for; undefined in a blind tick and in a policy that does not reckon it. */
  needed: number | undefined;
  calculation: Calculation | undefined;
  /** Undefined in a tick that did not see the fleet, or not its memory. */
  figures?: LedgerFigures | undefined;
  /** Instances asked for in vain; undefined in a blind tick. */
  unfulfilled?: number;
  /** Since the last tick. */
  failedLaunches?: FailedLaunch[];
  /** Those that held. */
  controls?: Controls;
  /** What a dry run would have set. */
  dryRunDesired?: number;
  /** Whether something went wrong before it was told. */
  failed?: boolean;
}

export interface Metrics {
  publish(metrics: TickMetrics): Promise<void>;
}

export interface TickPorts {
  counts: Counts;
  work: Work;
  fleet: Fleet;
  memory: Memory;
  metrics: Metrics;
}

export interface TickRun {
  /** Who holds the lease: unique to the invocation. */
  owner: string;
  /** Epoch seconds. */
  now: () => number;
  /** Seconds between two ticks. */
  tickSeconds: number;
  /** @default - instances cost nothing */
  spending?: Spending;
}

/** Of whoever does not say what instances cost. */
const NO_SPENDING: Spending = {
  hourlyPrices: {},
  onDemandBaseCapacity: 0,
  spotPercentage: 0,
  dailyLimit: null,
  brake: false,
};

export interface TickResult {
  /** False when another run holds the lease: nothing was done. */
  held: boolean;
  record?: TickRecord;
  /** What went wrong; the fleet was held where it had to be. */
  errors: Error[];
}

/** Failed launches older than this are history, however long the last tick is ago, seconds. */
const FAILURES_SECONDS = 600;
/** How many past ticks are remembered. */
export const RECENT = 60;
/**
 * Seconds that a tick may take until it acts. The lease lasts this much longer than the time between two ticks, so that
 * no other run can have taken it while this one still acts.
 */
export const ALLOWANCE_SECONDS = 10;

/** Runs one tick; failures are returned, never thrown, so that the run goes on to its next tick. */
export async function tick(ports: TickPorts, settings: RuleSettings, run: TickRun): Promise<TickResult> {
  const at = run.now();
  const errors: Error[] = [];
  const attempt = async <T>(work: () => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      errors.push(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  };

  const leaseSeconds = run.tickSeconds + ALLOWANCE_SECONDS;
  const opened = await attempt(async () => ({ state: await ports.memory.open(run.owner, at, leaseSeconds) }));
  if (opened && !opened.state) return { held: false, errors };
  const state = opened?.state;
  const [counts, reported, fleet] = await Promise.all([
    attempt(() => ports.counts.read()),
    // Without it the policy reckons from the counts alone: no reason to be blind.
    attempt(() => ports.work.read()),
    attempt(() => ports.fleet.read()),
  ]);

  const controls = controlsAt(state?.controls ?? {}, at);
  let failed: FailedLaunch[] | undefined = [];
  if (fleet && fleet.desired > fleet.inService + fleet.pending) {
    const since = Math.max(state?.recent.at(-1)?.at ?? 0, at - FAILURES_SECONDS);
    failed = await attempt(() => ports.fleet.failedLaunches(since));
  }

  const spending = run.spending ?? NO_SPENDING;
  // Without its memory nobody knows what the day has cost: a sum that began anew would be a lie.
  const account =
    state && fleet
      ? await attempt(() => observeLedger(lookOf(at, fleet, reported), state.ledger, spending))
      : undefined;

  let decision: Decision | undefined;
  if (state && counts && fleet) {
    decision = await attempt(() => {
      const took = run.now() - at;
      if (took > ALLOWANCE_SECONDS) throw new Error(`reading took ${took} s: too long to act on`);
      return decide(
        {
          at,
          ...counts,
          ...fleet,
          reported,
          failedLaunches: failed?.length,
          tickSeconds: run.tickSeconds,
          // What cannot be reckoned may have been too much.
          overBudget: account ? overBudget(spending, account.figures.spentToday) : spending.brake,
        },
        state.policy,
        settings,
        controls,
      );
    });
  }
  let desired = fleet?.desired;
  let acted = !controls.dryRun;
  if (acted && decision && decision.desired !== desired) {
    const { desired: wanted } = decision;
    acted = (await attempt(() => ports.fleet.setDesired(wanted).then(() => true))) ?? false;
    if (acted) desired = wanted;
  }

  const reason = decision?.reason ?? 'metrics-unavailable';
  const record: TickRecord = {
    at,
    reason,
    needed: decision?.needed ?? null,
    visible: counts?.visible ?? null,
    inFlight: counts?.inFlight ?? null,
    desired: desired ?? null,
    inService: fleet?.inService ?? null,
    pending: fleet?.pending ?? null,
    draining: fleet?.draining ?? null,
    min: fleet?.min ?? null,
    max: fleet?.max ?? null,
    ...(decision?.unfulfilled ? { unfulfilled: decision.unfulfilled } : {}),
    ...(reported ? { completed: reported.completed } : {}),
    ...(decision?.calculation ? { calculation: decision.calculation } : {}),
  };
  if (state) {
    let policy = state.policy;
    if (decision) policy = acted ? decision.memory : withoutScaling(decision, state.policy);
    const recent = [...state.recent.slice(1 - RECENT), record];
    const last = state.recent.at(-1);
    if (last?.calculation) {
      const { calculation: _, ...plain } = last;
      recent[recent.length - 2] = plain;
    }
    const view = await attempt(() => viewOf(recent, policy, run.tickSeconds));
    const ledger = account?.ledger ?? state.ledger;
    await attempt(() =>
      ports.memory.save(run.owner, { policy, recent, ...(ledger ? { ledger } : {}) }, view),
    );
  }
  const left = fleet && { ...fleet, desired: desired ?? fleet.desired };
  await attempt(() =>
    ports.metrics.publish({
      at,
      reason,
      counts,
      fleet: left,
      needed: decision?.needed,
      calculation: decision?.calculation,
      figures: account?.figures,
      unfulfilled: decision?.unfulfilled,
      ...(failed?.length ? { failedLaunches: failed } : {}),
      ...(Object.keys(controls).length > 0 ? { controls } : {}),
      ...(controls.dryRun && decision ? { dryRunDesired: decision.desired } : {}),
      ...(errors.length > 0 ? { failed: true } : {}),
    }),
  );
  return { held: true, record, errors };
}

const lookOf = (at: number, fleet: FleetView, reported: WorkReport | undefined) => ({
  at,
  instances: fleet.inService + fleet.pending + fleet.draining,
  inService: fleet.inService,
  types: fleet.types,
  reported,
});
