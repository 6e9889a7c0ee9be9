/**
 * One tick: open the memory, observe, decide, act, record.
 *
 * The order matters: acting comes before publishing, so that an outage of metrics does not stop scaling; the memory is
 * saved after acting, so that an action that failed starts no cooldown.
 */
import type { Spending } from '../../contract/scaler.ts';
import { act, type Action } from './act.ts';
import {
  ALLOWANCE_SECONDS,
  collectErrors,
  NO_SPENDING,
  type Context,
  type QueuePoll,
  type TickRun,
} from './context.ts';
import { overBudget } from './ledger.ts';
import { observe, type Readings } from './observe.ts';
import { controlsAt, type Controls } from './policy/controls.ts';
import { decide, withoutScaling } from './policy/decide.ts';
import { spotBootOf } from './policy/pools/observe-pools.ts';
import type { Decision, RuleSettings } from './policy/decision.ts';
import type { Observation } from './policy/observation.ts';
import { wantsMore } from './policy/poll.ts';
import type { MemoryState, TickPorts, TickRecord } from './ports.ts';
import { metricsOf, recentWith, recordOf, type TickFacts } from './record.ts';
import { seePools, withPools } from './split-tick.ts';
import { stopOf, viewOf } from './view.ts';
import { keepWarmPool } from './warm-pool-tick.ts';

export interface TickResult {
  /** False when another run holds the lease: nothing was done. */
  held: boolean;
  record?: TickRecord;
  /** Whether fleet and queue are empty, and nothing forbids the fleet to grow. @default false */
  asleep?: boolean;
  /** Until the next tick. @default as the stage says */
  nextSeconds?: number;
  /**
   * Reads the queue alone. @returns whether it asks for a larger fleet. @throws where it cannot be read
   *
   * @default the next tick is soon enough
   */
  poll?: () => Promise<boolean>;
  /** Everything that failed. */
  errors: Error[];
}

/** Runs one tick. Failures are returned, never thrown, so that the run goes on to its next tick. */
export async function tick(ports: TickPorts, settings: RuleSettings, run: TickRun): Promise<TickResult> {
  const context = { ports, run, settings, at: run.now(), ...collectErrors() };
  const { errors } = context;

  const { held, state } = await open(context);
  if (!held) return { held, errors };
  const readings = await observe(context, state);
  const controls = controlsAt(state?.controls ?? {}, context.at);
  const decided = await decideOn(context, state, readings, controls);
  const decision = decided?.decision;
  const action = await act(context, state, readings.fleet, decision, controls);
  const warmPool = await keepWarmPool(context, state, readings.fleet, controls);
  const facts = {
    ...{ at: context.at, ...readings, decision, warmPool },
    ...{ desired: action.desired, pools: action.pools },
  };
  const made = await record(context, state, facts, action, controls);
  const { nextSeconds } = decision ?? {};
  const asleep = isAsleep(made) && !controls.dryRun;
  const poll = asleep || !action.acted ? undefined : pollOf(context, decided, controls);
  return {
    ...{ held, record: made, errors, asleep },
    ...(nextSeconds === undefined ? {} : { nextSeconds }),
    ...(poll ? { poll } : {}),
  };
}

/** Of a rule that measures rates. What was decided must be in effect: a dry run would be called for again and again. */
function pollOf(
  { ports, run, settings }: Context,
  decided: Decided | undefined,
  controls: Controls,
): TickResult['poll'] {
  if (!decided?.decision.calculation) return undefined;
  const { desired, memory } = decided.decision;
  const last = { seen: { ...decided.observation, desired }, memory };
  let calm: QueuePoll | undefined;
  return async () => {
    const counts = await ports.counts.read();
    const polled = { at: run.now(), ...counts };
    const isWanted = wantsMore(last, polled, settings, controls);
    if (!isWanted) calm = polled;
    else if (run.polls && calm) run.polls.calm = calm;
    return isWanted;
  };
}

/** Unknown is never zero. */
const isAsleep = ({ visible, inFlight, desired, inService, pending, draining }: TickRecord): boolean =>
  [visible, inFlight, desired, inService, pending, draining].every((count) => count === 0);

/** Takes the lease and reads the memory. A memory that cannot be read leaves no state, and the fleet stays as it is. */
async function open({ ports, run, at, attempt }: Context): Promise<{ held: boolean; state?: MemoryState }> {
  const leaseSeconds = run.tickSeconds + ALLOWANCE_SECONDS;
  const opened = await attempt(async () => ({ state: await ports.memory.open(run.owner, at, leaseSeconds) }));
  if (!opened) return { held: true };
  return opened.state ? { held: true, state: opened.state } : { held: false };
}

/** Spending that cannot be computed may be over the limit. */
const isOverBudget = (spending: Spending, account: Readings['account']): boolean =>
  account ? overBudget(spending, account.figures.spentToday) : spending.brake;

/** What the rule saw, and what it made of that. */
interface Decided {
  observation: Observation;
  decision: Decision;
}

/** Applies the rule; undefined where something it needs could not be read, or reading took longer than the lease allows. */
async function decideOn(
  { run, settings, at, attempt }: Context,
  state: MemoryState | undefined,
  { counts, work, fleet, launches, account }: Readings,
  controls: Controls,
): Promise<Decided | undefined> {
  if (!state || !counts || !fleet) return undefined;
  const { spending = NO_SPENDING } = run;
  return attempt(() => {
    const polled = run.polls?.calm;
    delete run.polls?.calm;
    const took = run.now() - at;
    if (took > ALLOWANCE_SECONDS) throw new Error(`reading took ${took} s: too long to act on`);
    const pools = run.pools && {
      ...{ at, fleet, memory: state.policy, settings: run.pools, controls },
      ...{ launches: launches?.all ?? [], overBudget: isOverBudget(spending, account) },
      tickSeconds: run.tickSeconds,
    };
    const now = pools && seePools(pools);
    const observation = {
      at,
      ...counts,
      ...fleet,
      ...(now && { ...now.view, coldBootSeconds: spotBootOf(now.memory, pools.settings.bootSeconds) }),
      reported: work?.reported,
      failedLaunches: launches?.refused,
      launches: launches?.all,
      launchTimeoutSeconds: run.launchTimeoutSeconds,
      tickSeconds: run.tickSeconds,
      overBudget: isOverBudget(spending, account),
      polled,
    };
    const decision = decide(observation, state.policy, settings, controls);
    return { observation, decision: pools ? withPools(decision, now, pools) : decision };
  });
}

/** Saves the memory and publishes view and metrics. */
async function record(
  { ports, run, errors, attempt }: Context,
  state: MemoryState | undefined,
  facts: TickFacts,
  { acted, partly }: Action,
  controls: Controls,
): Promise<TickRecord> {
  const { decision, account, work } = facts;
  const made = recordOf(facts);
  if (state) {
    const learned = acted ? decision?.memory : decision && withoutScaling(decision, state.policy);
    const { warmPool: _, ...ruled } = learned ?? state.policy;
    const { warmPool } = facts;
    const policy = { ...ruled, ...(partly && { pools: partly }), ...(warmPool && { warmPool }) };
    const recent = recentWith(state.recent, made);
    const stopped = stopOf(controls, isOverBudget(run.spending ?? NO_SPENDING, account));
    const view = await attempt(() => viewOf(recent, policy, run.tickSeconds, stopped));
    const ledger = account?.ledger ?? state.ledger;
    const reports = work?.memory ?? state.reports;
    const next = { policy, recent, ...(ledger ? { ledger } : {}), ...(reports ? { reports } : {}) };
    await attempt(() => ports.memory.save(run.owner, next, view));
  }
  await attempt(() => ports.metrics.publish(metricsOf(facts, controls, errors.length > 0)));
  return made;
}
