/**
 * Discrete events in virtual time: photos, instances and a scaling rule between them.
 *
 * Gotcha: 6 s jobs, 30 s ticks and 90 s boots land on the same instants. At one instant everything that ends or comes
 * is taken first, then jobs start, and only then the rule looks: a job that starts exactly at a tick has started.
 */
import { Ec2Capacity } from './capacity.ts';
import { BOOTING, Fleet, READY, STOPPED } from './fleet.ts';
import { Heap } from './heap.ts';
import { messagesOf, Queue } from './messages.ts';
import { draws, logNormal } from '../random.ts';
import type { World } from '../world.ts';
import { NoisyCounts, type Counts } from './noisy-counts.ts';
import type {
  DecisionDetails,
  DecisionRow,
  WorkCounters,
  RunOptions,
  Snapshot,
  ControlledSystem,
} from './types.ts';

const COMPLETE = 0;
const BOOTED = 1;
const RETURN = 2;
const RECONCILE = 3;
const HOOK_TIMEOUT = 4;
const NOTICE = 5;
const INTERRUPTED = 6;
const SNAPSHOT = 7;
const WARM_READY = 8;

export class Engine implements ControlledSystem {
  now = 0;
  desired: number;
  completed = 0;
  busySeconds = 0;
  lastCompletion = 0;
  preparing = 0;
  readonly fleet: Fleet;
  readonly queue = new Queue();
  readonly events = new Heap();
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly actions = { out: 0, in: 0, launches: 0 };
  readonly refused: number[] = [];
  readonly decisions: DecisionRow[] = [];
  private readonly world: World;
  private readonly capacity: Ec2Capacity;
  private readonly noisyCounts: NoisyCounts;
  private readonly messages;
  private readonly attempts: Float64Array;
  private readonly running: Map<number, number[]> | undefined;
  private nextMessage = 0;
  private orphaned = 0;
  private serial = 0;
  private victims = 0;
  private retryAt = -1;
  private note: Pick<DecisionRow, 'reason' | 'need' | 'behind'> = { reason: '', need: undefined };
  private readonly draw;

  constructor(private readonly options: RunOptions) {
    const { world, seed, arrivals } = options;
    this.world = world;
    this.fleet = new Fleet(world);
    this.capacity = new Ec2Capacity(world, seed);
    this.noisyCounts = new NoisyCounts(world, seed);
    this.messages = messagesOf(arrivals, world, seed);
    this.starts = new Float64Array(arrivals.length).fill(NaN);
    this.ends = this.starts.slice();
    this.attempts = new Float64Array(this.messages.at.length);
    this.running = world.interruptions > 0 ? new Map() : undefined;
    this.draw = {
      service: draws(seed, 'service'),
      victim: draws(seed, 'victims'),
    };
    this.desired = world.min;
    for (let k = 0; k < world.min; k++) this.fleet.becomeReady(this.fleet.request(0), 0);
    this.preparing = world.warmPool * world.boot;
  }

  private push(at: number, kind: number, first = 0, second = 0): void {
    this.events.push(at, this.serial++, kind, first, second);
  }

  /** Time of the next event; Infinity when none is left. */
  get next(): number {
    const { at } = this.messages;
    const message = this.nextMessage < at.length ? (at[this.nextMessage] as number) : Infinity;
    return Math.min(message, this.events.key);
  }

  /** Takes all that happens at `at`, and then lets jobs start. */
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

  dispatch(): void {
    const { queue, fleet, now, world } = this;
    while (queue.size > 0) {
      const id = fleet.takeSlot();
      if (id < 0) return;
      const message = queue.shift();
      const service = this.serviceOf(this.messages.job[message] as number);
      this.attempts[message] = now;
      fleet.startJob(id, now + service);
      if (world.interruptions > 0) this.running?.set(id, [...(this.running.get(id) ?? []), message]);
      this.push(now + service, COMPLETE, id, message);
    }
  }

  private serviceOf(job: number): number {
    const { service, serviceSigma } = this.world;
    if (this.options.service) return this.options.service(job);
    return serviceSigma === 0 ? service : logNormal(this.draw.service(job), service, serviceSigma);
  }

  private handle(kind: number, first: number, second: number): void {
    const { fleet, now } = this;
    if (kind === COMPLETE) this.complete(first, second);
    else if (kind === BOOTED) {
      if (fleet.state(first) === BOOTING) fleet.becomeReady(first, now);
    } else if (kind === RETURN) {
      this.orphaned--;
      this.queue.push(first);
    } else if (kind === RECONCILE) this.reconcile();
    else if (kind === HOOK_TIMEOUT) {
      if (fleet.state(first) === BOOTING) fleet.stop(first, now);
      this.reconcile();
    } else if (kind === NOTICE) {
      if (fleet.state(first) !== STOPPED) fleet.drain(first, now);
      this.reconcile();
    } else if (kind === INTERRUPTED) this.interrupt(first);
    else if (kind === SNAPSHOT) this.noisyCounts.takeSnapshot(this.counts());
    else if (kind === WARM_READY) this.capacity.warm++;
  }

  private complete(id: number, message: number): void {
    // A completion of an instance that was taken back meanwhile never happened.
    if (this.fleet.state(id) === STOPPED) return;
    this.fleet.finishJob(id, this.now);
    const held = this.running?.get(id);
    if (held) held.splice(held.indexOf(message), 1);
    const job = this.messages.job[message] as number;
    this.busySeconds += this.now - (this.attempts[message] as number);
    this.lastCompletion = this.now;
    if (!Number.isNaN(this.starts[job])) return;
    this.starts[job] = this.attempts[message] as number;
    this.ends[job] = this.now;
    this.completed++;
  }

  /** Without warning, or at its end: the messages in hand come back when nobody renews them any more. */
  private interrupt(id: number): void {
    if (this.fleet.state(id) === STOPPED) return;
    for (const message of this.running?.get(id) ?? []) {
      const started = this.attempts[message] as number;
      const beats = Math.floor((this.now - started) / this.world.heartbeat);
      this.orphaned++;
      this.push(started + beats * this.world.heartbeat + this.world.visibility, RETURN, message);
    }
    this.fleet.stop(id, this.now);
    this.reconcile();
  }

  /** Brings the fleet to its desired capacity: launches what is missing, lets go what is too much. */
  private reconcile(): void {
    const surplus = this.fleet.existing - this.desired;
    if (surplus > 0) this.fleet.retire(surplus, this.now, () => this.draw.victim(this.victims++));
    for (let missing = -surplus; missing > 0; missing--) {
      const launch = this.capacity.launch(this.now);
      if (!launch) {
        this.refused.push(this.now);
        if (this.retryAt > this.now) return;
        this.retryAt = this.now + this.capacity.retrySeconds;
        this.push(this.retryAt, RECONCILE);
        return;
      }
      const id = this.fleet.request(this.now);
      this.actions.launches++;
      if (launch.boot === Infinity) this.push(this.now + this.world.hookTimeout, HOOK_TIMEOUT, id);
      else this.push(this.now + launch.boot, BOOTED, id);
      if (launch.interruption < Infinity) {
        this.push(this.now + Math.max(0, launch.interruption - launch.notice), NOTICE, id);
        this.push(this.now + launch.interruption, INTERRUPTED, id);
      }
      if (launch.warm) {
        this.preparing += this.world.boot;
        this.push(this.now + this.world.boot, WARM_READY);
      }
    }
  }

  private counts(): Counts {
    const { completed, busySeconds } = this;
    return {
      visible: this.queue.size,
      inFlight: this.fleet.busySlots + this.orphaned,
      completed,
      busySeconds,
    };
  }

  snapshotAt(at: number): void {
    this.push(at, SNAPSHOT);
  }

  observe(): Snapshot {
    return { ...this.actual(), ...this.noisyCounts.queueCounts(this.counts()) };
  }

  actual(): Snapshot {
    const { fleet, desired, world } = this;
    return {
      visible: this.queue.size,
      inFlight: fleet.busySlots + this.orphaned,
      desired,
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
  pendingSince(): number[] {
    return this.fleet.pendingSince();
  }
  idleSince(): { id: number; since: number }[] {
    return this.fleet.idleSince();
  }

  setDesired(desired: number): void {
    if (desired === this.desired) return;
    if (desired > this.desired) this.actions.out++;
    else this.actions.in++;
    this.desired = desired;
    if (this.world.reaction === 0) this.reconcile();
    else this.push(this.now + this.world.reaction, RECONCILE);
  }

  leave(id: number): void {
    if (this.fleet.state(id) !== READY) return;
    this.desired--;
    this.actions.in++;
    this.fleet.drain(id, this.now);
  }

  explain(reason: string, need?: number, behind?: DecisionDetails): void {
    this.note = { reason, need, behind };
  }

  /** Lets the rule look and act. */
  async tick(): Promise<void> {
    const before = this.options.keepDecisions ? this.actual() : undefined;
    this.note = { reason: '', need: undefined };
    const pause = this.options.controller.tick(this, this.now);
    if (pause) await pause;
    this.dispatch();
    if (before) this.decisions.push({ at: this.now, ...before, after: this.desired, ...this.note });
  }
}
