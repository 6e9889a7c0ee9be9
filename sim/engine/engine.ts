/**
 * Discrete-event simulation of queue and fleet under a scaling policy, in virtual time.
 *
 * Jobs of 6 s, ticks of 30 s and boots of 90 s often fall on the same instant. The order within an instant is fixed:
 * events and arrivals, then job starts, then the policy, which therefore sees a job that starts at its tick as started.
 */
import type { BulkCounts, InstanceLaunch } from '../../lambda/scaler/policy/observation.ts';
import type { PoolName } from '../../lambda/scaler/policy/pools/pool-name.ts';
import type { World } from '../world.ts';
import { EVENT, Events } from './events.ts';
import { BOOTING, Fleet, STOPPED } from './fleet.ts';
import { Groups } from './groups.ts';
import { Lanes } from './lanes.ts';
import { messagesOf, Queue, type Messages } from './messages.ts';
import { NoisyCounts, WorkReports, type Counts } from './noisy-counts.ts';
import { Slots } from './slots.ts';
import type {
  ControlledSystem,
  DecisionDetails,
  DecisionRow,
  RunOptions,
  Snapshot,
  WorkCounters,
} from './types.ts';
import type { Finished, Work } from './work.ts';

/** Between two reports of a worker, at least: REPORT_MS of worker/telemetry/work-report.ts. */
const REPORT_SECONDS = 5;

export class Engine implements ControlledSystem {
  now = 0;
  completed = 0;
  lastCompletion = 0;
  readonly fleet: Fleet;
  readonly groups: Groups;
  /** Start and end of the attempt that completed each job. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly decisions: DecisionRow[] = [];
  private readonly world: World;
  private readonly events = new Events();
  private readonly queue = new Queue();
  private readonly bulk = new Queue();
  /** Messages of the bulk lane that have arrived, and those that are done. */
  private bulkMessages = 0;
  private bulkDone = 0;
  private bulkCompleted = 0;
  private bulkBusySeconds = 0;
  /** See `ControlledSystem`. */
  readonly observeBulk: ControlledSystem['observeBulk'];
  private readonly noisyCounts: NoisyCounts;
  private readonly messages: Messages;
  private nextMessage = 0;
  private readonly work: Work;
  /** Messages of interrupted instances that are not visible again yet. */
  private orphaned = 0;
  private busySeconds = 0;
  private readonly reports: WorkReports;
  /** Whether a message has arrived at a fleet of size zero since the last call of the policy. */
  arrivedAtZero = false;
  private note: Pick<DecisionRow, 'reason' | 'needed' | 'details'> = { reason: '', needed: undefined };

  constructor(private readonly options: RunOptions) {
    const { world, seed, bulkArrivals } = options;
    const arrivals = Float64Array.from([...options.arrivals, ...(bulkArrivals ?? [])]);
    this.observeBulk = bulkArrivals && (() => this.noisyCounts.bulkCounts(this.bulkNow()));
    this.world = world;
    this.fleet = new Fleet(world);
    this.messages = messagesOf(arrivals, world, seed, bulkArrivals === undefined);
    const { fleet, events, queue, bulk, messages } = this;
    const { service } = options;
    const isBulk = (message: number) => this.isBulk(message);
    const finished = (one: Finished) => this.finished(one);
    const ports = { world, seed, fleet, events, queue, bulk, isBulk, messages, service, finished };
    const { worker: model } = world;
    this.work = model ? new Lanes({ ...ports, model }) : new Slots(ports);
    this.reports = WorkReports.none(model ? REPORT_SECONDS : 0);
    this.groups = new Groups(world, seed, fleet, events);
    const { onStopped } = fleet;
    fleet.onStopped = (id) => {
      onStopped(id);
      this.groups.replenish(id, this.now);
    };
    this.noisyCounts = new NoisyCounts(world, seed);
    this.starts = new Float64Array(arrivals.length).fill(NaN);
    this.ends = this.starts.slice();
  }

  private isBulk(message: number): boolean {
    return (this.messages.job[message] as number) >= this.options.arrivals.length;
  }

  /** Time of the next event; Infinity when none is left. */
  get next(): number {
    const { at } = this.messages;
    const message = this.nextMessage < at.length ? (at[this.nextMessage] as number) : Infinity;
    return Math.min(message, this.events.key);
  }

  /** Handles all events and arrivals up to `at`, then starts jobs. */
  advance(at: number): void {
    this.now = at;
    const { events, messages, queue } = this;
    while (events.key <= at) {
      const { kind, first, second } = events;
      events.pop();
      this.handle(kind, first, second);
    }
    while (this.nextMessage < messages.at.length && (messages.at[this.nextMessage] as number) <= at) {
      const message = this.nextMessage++;
      if (this.isBulk(message)) {
        this.bulk.push(message);
        this.bulkMessages++;
        continue;
      }
      queue.push(message);
      this.arrivedAtZero ||= this.groups.desired === 0;
    }
    this.work.dispatch(this.now);
  }

  private handle(kind: number, first: number, second: number): void {
    const { fleet, now } = this;
    if (kind === EVENT.complete || kind === EVENT.prepared || kind === EVENT.prompt)
      this.work.handle(kind, first, second, now);
    else if (kind === EVENT.booted) {
      if (fleet.state(first) === BOOTING) fleet.becomeReady(first, now);
    } else if (kind === EVENT.return) {
      this.orphaned--;
      (this.isBulk(first) ? this.bulk : this.queue).push(first);
    } else if (kind === EVENT.reconcile) this.groups.reconcile(first, now);
    else if (kind === EVENT.hookTimeout) {
      fleet.abandon(first, now);
      this.groups.reconcileFor(first, now);
    } else if (kind === EVENT.interruptionNotice) {
      if (fleet.state(first) !== STOPPED) fleet.drain(first, now);
      this.groups.reconcileFor(first, now);
    } else if (kind === EVENT.interruption) this.interrupt(first);
    else if (kind === EVENT.snapshot) this.noisyCounts.takeSnapshot(this.counts(), this.reports, now);
    else if (kind === EVENT.warmReady) this.groups.warmReady();
  }

  private finished({ instance, message, start, busySeconds }: Finished): void {
    const job = this.messages.job[message] as number;
    this.busySeconds += busySeconds;
    const isFirst = Number.isNaN(this.starts[job]);
    const count = isFirst ? 1 : 0;
    const isBulk = this.isBulk(message);
    if (isBulk) {
      this.bulkDone++;
      this.bulkCompleted += count;
      this.bulkBusySeconds += busySeconds;
    }
    const part = isBulk ? { bulkCompleted: count, bulkBusySeconds: busySeconds } : {};
    this.reports.add(instance, { completed: count, busySeconds, ...part }, this.now);
    this.lastCompletion = this.now;
    if (!isFirst) return;
    this.starts[job] = start;
    this.ends[job] = this.now;
    this.completed++;
  }

  /** Terminates a Spot instance. Its messages return when their visibility timeout expires after the last heartbeat. */
  private interrupt(id: number): void {
    if (this.fleet.state(id) === STOPPED) return;
    for (const [message, receivedAt] of this.work.heldBy(id)) {
      const beats = Math.floor((this.now - receivedAt) / this.world.heartbeat);
      this.orphaned++;
      this.events.add(
        receivedAt + beats * this.world.heartbeat + this.world.visibility,
        EVENT.return,
        message,
      );
    }
    this.fleet.stop(id, this.now);
    this.groups.reconcileFor(id, this.now);
  }

  /** What the queue and the workers would report now. */
  private counts(): Counts {
    const { completed, busySeconds, bulkCompleted, bulkBusySeconds } = this;
    return {
      visible: this.queue.size,
      inFlight: this.fleet.inFlight + this.orphaned - this.bulkNow().inFlight,
      ...{ completed, busySeconds },
      ...(this.options.bulkArrivals && { bulkCompleted, bulkBusySeconds, bulk: this.bulkNow() }),
    };
  }

  private bulkNow(): BulkCounts {
    const { size } = this.bulk;
    return { visible: size, inFlight: this.bulkMessages - size - this.bulkDone };
  }

  /** Keeps the counts of that time as the stale ones that policies then read. */
  snapshotAt(at: number): void {
    this.events.add(at, EVENT.snapshot);
  }

  observe(): Snapshot {
    return { ...this.actual(), ...this.noisyCounts.queueCounts(this.counts()) };
  }

  actual(): Snapshot {
    const { fleet, groups, world } = this;
    return {
      visible: this.queue.size,
      inFlight: fleet.inFlight + this.orphaned - this.bulkNow().inFlight,
      desired: groups.desired,
      inService: fleet.ready,
      pending: fleet.booting,
      draining: fleet.draining,
      min: world.min,
      max: world.max,
    };
  }

  workCounters(): WorkCounters {
    return this.noisyCounts.workCounters(this.counts());
  }
  reporters(): number[] {
    return this.fleet.working();
  }
  reportOf(instance: number): WorkCounters {
    return this.noisyCounts.reportOf(instance, this.reports, this.now);
  }
  get launchTimeoutSeconds(): number {
    return this.world.hookTimeout;
  }
  launches(since: number): InstanceLaunch[] {
    return [...this.fleet.launches(since), ...this.groups.refusedLaunches(since)];
  }
  pendingSince(): number[] {
    return this.fleet.pendingSince();
  }
  idleSince(): { id: number; since: number }[] {
    return this.fleet.idleSince();
  }

  setDesired(desired: number): void {
    this.groups.setDesired(desired, this.now);
  }
  pools() {
    return this.groups.counts();
  }
  setPool(pool: PoolName, desired: number): void {
    this.groups.setPool(pool, desired, this.now);
  }
  keepStopped(count: number): void {
    this.groups.keepStopped(count, this.now);
  }
  leave(id: number): void {
    this.groups.leave(id, this.now);
  }
  end(id: number, isReplaced: boolean): void {
    this.groups.end(id, isReplaced, this.now);
  }
  explain(reason: string, needed?: number, details?: DecisionDetails): void {
    this.note = { reason, needed, details };
  }

  /** Calls the policy and records its decision. */
  async tick(woken = false): Promise<void> {
    this.arrivedAtZero = false;
    const before = this.options.keepDecisions ? this.actual() : undefined;
    this.note = { reason: '', needed: undefined };
    const pause = this.options.controller.tick(this, this.now, woken);
    if (pause) await pause;
    this.work.dispatch(this.now);
    if (before) this.decisions.push({ at: this.now, ...before, after: this.groups.desired, ...this.note });
  }
}
