/**
 * Discrete-event simulation of queue and fleet under a scaling policy, in virtual time.
 *
 * Jobs of 6 s, ticks of 30 s and boots of 90 s often fall on the same instant. The order within an instant is fixed:
 * events and arrivals, then job starts, then the policy, which therefore sees a job that starts at its tick as started.
 */
import type { InstanceLaunch } from '../../lambda/scaler/policy/observation.ts';
import { draws, logNormal, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import { EVENT, Events } from './events.ts';
import { BOOTING, Fleet, STOPPED } from './fleet.ts';
import { messagesOf, Queue, type Messages } from './messages.ts';
import { NoisyCounts, WorkReports, type Counts } from './noisy-counts.ts';
import { ScalingGroup } from './scaling-group.ts';
import type {
  ControlledSystem,
  DecisionDetails,
  DecisionRow,
  RunOptions,
  Snapshot,
  WorkCounters,
} from './types.ts';

export class Engine implements ControlledSystem {
  now = 0;
  completed = 0;
  lastCompletion = 0;
  readonly fleet: Fleet;
  readonly group: ScalingGroup;
  /** Start and end of the attempt that completed each job. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly decisions: DecisionRow[] = [];
  private readonly world: World;
  private readonly events = new Events();
  private readonly queue = new Queue();
  private readonly noisyCounts: NoisyCounts;
  private readonly messages: Messages;
  private nextMessage = 0;
  /** Start of the latest attempt of each message. */
  private readonly attempts: Float64Array;
  /** Messages that each instance works on; undefined in a world without interruptions. */
  private readonly running: Map<number, number[]> | undefined;
  /** Messages of interrupted instances that are not visible again yet. */
  private orphaned = 0;
  private busySeconds = 0;
  private readonly reports = WorkReports.none();
  private note: Pick<DecisionRow, 'reason' | 'needed' | 'details'> = { reason: '', needed: undefined };
  private readonly serviceDraw: Draw;

  constructor(private readonly options: RunOptions) {
    const { world, seed, arrivals } = options;
    this.world = world;
    this.fleet = new Fleet(world);
    this.group = new ScalingGroup(world, seed, this.fleet, this.events);
    this.noisyCounts = new NoisyCounts(world, seed);
    this.messages = messagesOf(arrivals, world, seed);
    this.starts = new Float64Array(arrivals.length).fill(NaN);
    this.ends = this.starts.slice();
    this.attempts = new Float64Array(this.messages.at.length);
    this.running = world.interruptions > 0 ? new Map() : undefined;
    this.serviceDraw = draws(seed, 'service');
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
      queue.push(this.nextMessage++);
    }
    this.dispatch();
  }

  private dispatch(): void {
    const { queue, fleet, now, world } = this;
    while (queue.size > 0) {
      const id = fleet.takeSlot();
      if (id < 0) return;
      const message = queue.shift();
      const service = this.serviceOf(this.messages.job[message] as number);
      this.attempts[message] = now;
      fleet.startJob(id, now + service);
      if (world.interruptions > 0) this.running?.set(id, [...(this.running.get(id) ?? []), message]);
      this.events.add(now + service, EVENT.complete, id, message);
    }
  }

  private serviceOf(job: number): number {
    const { service, serviceSigma } = this.world;
    if (this.options.service) return this.options.service(job);
    return serviceSigma === 0 ? service : logNormal(this.serviceDraw(job), service, serviceSigma);
  }

  private handle(kind: number, first: number, second: number): void {
    const { fleet, now } = this;
    if (kind === EVENT.complete) this.complete(first, second);
    else if (kind === EVENT.booted) {
      if (fleet.state(first) === BOOTING) fleet.becomeReady(first, now);
    } else if (kind === EVENT.return) {
      this.orphaned--;
      this.queue.push(first);
    } else if (kind === EVENT.reconcile) this.group.reconcile(now);
    else if (kind === EVENT.hookTimeout) {
      fleet.abandon(first, now);
      this.group.reconcile(now);
    } else if (kind === EVENT.interruptionNotice) {
      if (fleet.state(first) !== STOPPED) fleet.drain(first, now);
      this.group.reconcile(now);
    } else if (kind === EVENT.interruption) this.interrupt(first);
    else if (kind === EVENT.snapshot) this.noisyCounts.takeSnapshot(this.counts(), this.reports);
    else if (kind === EVENT.warmReady) this.group.capacity.warm++;
  }

  private complete(id: number, message: number): void {
    // The instance was interrupted before the job was complete.
    if (this.fleet.state(id) === STOPPED) return;
    this.fleet.finishJob(id, this.now);
    const held = this.running?.get(id);
    if (held) held.splice(held.indexOf(message), 1);
    const job = this.messages.job[message] as number;
    const seconds = this.now - (this.attempts[message] as number);
    this.busySeconds += seconds;
    const isFirst = Number.isNaN(this.starts[job]);
    // An instance reports the time in which it had work, however many jobs at a time.
    this.reports.add(id, { completed: isFirst ? 1 : 0, busySeconds: seconds / this.world.slots });
    this.lastCompletion = this.now;
    if (!isFirst) return;
    this.starts[job] = this.attempts[message] as number;
    this.ends[job] = this.now;
    this.completed++;
  }

  /** Terminates a Spot instance. Its messages return when their visibility timeout expires after the last heartbeat. */
  private interrupt(id: number): void {
    if (this.fleet.state(id) === STOPPED) return;
    for (const message of this.running?.get(id) ?? []) {
      const started = this.attempts[message] as number;
      const beats = Math.floor((this.now - started) / this.world.heartbeat);
      this.orphaned++;
      this.events.add(started + beats * this.world.heartbeat + this.world.visibility, EVENT.return, message);
    }
    this.fleet.stop(id, this.now);
    this.group.reconcile(this.now);
  }

  /** What the queue and the workers would report now. */
  private counts(): Counts {
    const { completed, busySeconds } = this;
    return {
      visible: this.queue.size,
      inFlight: this.fleet.busySlots + this.orphaned,
      completed,
      busySeconds,
    };
  }

  /** Keeps the counts of that time as the stale ones that policies then read. */
  snapshotAt(at: number): void {
    this.events.add(at, EVENT.snapshot);
  }

  observe(): Snapshot {
    return { ...this.actual(), ...this.noisyCounts.queueCounts(this.counts()) };
  }

  actual(): Snapshot {
    const { fleet, group, world } = this;
    return {
      visible: this.queue.size,
      inFlight: fleet.busySlots + this.orphaned,
      desired: group.desired,
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
    return this.noisyCounts.reportOf(instance, this.reports);
  }
  get launchTimeoutSeconds(): number {
    return this.world.hookTimeout;
  }
  launches(since: number): InstanceLaunch[] {
    return this.fleet.launches(since);
  }
  pendingSince(): number[] {
    return this.fleet.pendingSince();
  }
  idleSince(): { id: number; since: number }[] {
    return this.fleet.idleSince();
  }

  setDesired(desired: number): void {
    this.group.setDesired(desired, this.now);
  }
  leave(id: number): void {
    this.group.leave(id, this.now);
  }
  end(id: number, isReplaced: boolean): void {
    this.group.end(id, isReplaced, this.now);
  }
  explain(reason: string, needed?: number, details?: DecisionDetails): void {
    this.note = { reason, needed, details };
  }

  /** Calls the policy and records its decision. */
  async tick(): Promise<void> {
    const before = this.options.keepDecisions ? this.actual() : undefined;
    this.note = { reason: '', needed: undefined };
    const pause = this.options.controller.tick(this, this.now);
    if (pause) await pause;
    this.dispatch();
    if (before) this.decisions.push({ at: this.now, ...before, after: this.group.desired, ...this.note });
  }
}
