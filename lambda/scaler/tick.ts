/**
 * One tick: take the lease, observe, decide, act, remember, publish.
 *
 * Order matters: acting comes before publishing, so that an outage of metrics does not stop scaling; remembering comes
 * after acting, so that an action that failed starts no cooldown.
 */
import { decide, type Decision, type Observation, type PolicyMemory, type PolicySettings } from './policy.ts';

export interface Counts {
  /** Messages waiting and in flight. */
  read(): Promise<Pick<Observation, 'visible' | 'inFlight'>>;
}

export type FleetView = Pick<Observation, 'desired' | 'inService' | 'pending' | 'draining' | 'min' | 'max'>;

export interface Fleet {
  read(): Promise<FleetView>;
  setDesired(desired: number): Promise<void>;
}

/** One past tick, for the live page and for whoever asks why. */
export interface Record {
  /** Epoch seconds. */
  at: number;
  reason: Decision['reason'];
  /** What the tick saw and left; null where it could not be read. */
  desired: number | null;
  visible: number | null;
  inFlight: number | null;
  inService: number | null;
  pending: number | null;
  need: number | null;
}

export interface MemoryState {
  policy: PolicyMemory;
  /** Latest ticks, oldest first. */
  recent: Record[];
}

export interface Memory {
  /**
   * Takes or renews the lease and recalls.
   *
   * @returns undefined when another run holds the lease
   */
  open(owner: string, at: number, leaseSeconds: number): Promise<MemoryState | undefined>;
  /** @throws when the lease has been lost */
  save(owner: string, state: MemoryState): Promise<void>;
  /** Gives the lease back, so that the next run need not wait for it to expire; nothing to do when it is another's. */
  release(owner: string): Promise<void>;
}

export interface TickMetrics {
  at: number;
  reason: Decision['reason'];
  counts: Pick<Observation, 'visible' | 'inFlight'> | undefined;
  /** The fleet as seen, with the desired capacity as decided. */
  fleet: FleetView | undefined;
}

export interface Metrics {
  publish(metrics: TickMetrics): Promise<void>;
}

export interface TickPorts {
  counts: Counts;
  fleet: Fleet;
  memory: Memory;
  metrics: Metrics;
}

export interface TickResult {
  /** False when another run holds the lease: nothing was done. */
  held: boolean;
  record?: Record;
  /** What went wrong; the fleet was held where it had to be. */
  errors: Error[];
}

/** How many past ticks are remembered. */
export const RECENT = 60;

/** Runs one tick; failures are returned, never thrown, so that the run goes on to its next tick. */
export async function tick(
  ports: TickPorts,
  settings: PolicySettings,
  run: { owner: string; at: number; leaseSeconds: number },
): Promise<TickResult> {
  const errors: Error[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T> | T): Promise<T | undefined> => {
    try {
      return await work();
    } catch (cause) {
      errors.push(new Error(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }));
      return undefined;
    }
  };

  const opened = await attempt('memory', async () => ({
    state: await ports.memory.open(run.owner, run.at, run.leaseSeconds),
  }));
  if (opened && !opened.state) return { held: false, errors };
  const state = opened?.state;
  const [counts, fleet] = await Promise.all([
    attempt('counts', () => ports.counts.read()),
    attempt('fleet', () => ports.fleet.read()),
  ]);

  let decision: Decision | undefined;
  if (state && counts && fleet) {
    decision = await attempt('decision', () =>
      decide({ at: run.at, ...counts, ...fleet }, state.policy, settings),
    );
  }
  let acted = decision !== undefined;
  if (decision && fleet && decision.desired !== fleet.desired) {
    const { desired } = decision;
    acted =
      (await attempt('set desired capacity', () => ports.fleet.setDesired(desired).then(() => true))) ??
      false;
  }

  const reason = decision?.reason ?? 'blind';
  const desired = decision && acted ? decision.desired : fleet?.desired;
  const record: Record = {
    at: run.at,
    reason,
    desired: desired ?? null,
    visible: counts?.visible ?? null,
    inFlight: counts?.inFlight ?? null,
    inService: fleet?.inService ?? null,
    pending: fleet?.pending ?? null,
    need: decision?.need ?? null,
  };
  if (state) {
    const policy = decision && acted ? decision.memory : state.policy;
    const recent = [...state.recent, record].slice(-RECENT);
    await attempt('remember', () => ports.memory.save(run.owner, { policy, recent }));
  }
  const seen = fleet && { ...fleet, desired: desired ?? fleet.desired };
  await attempt('metrics', () => ports.metrics.publish({ at: run.at, reason, counts, fleet: seen }));
  return { held: true, record, errors };
}
