/**
 * The instances and their states: booting, ready, draining, stopped.
 *
 * Instances are numbered in the order of their requests: a smaller id is an older instance.
 */
import type { InstanceLaunch } from '../../lambda/scaler/policy/observation.ts';
import type { PoolName } from '../../lambda/scaler/policy/pools/pool-name.ts';
import type { World } from '../world.ts';

export const BOOTING = 0;
export const READY = 1;
export const DRAINING = 2;
export const STOPPED = 3;

/** When an instance entered each state, seconds; Infinity for a state that it never entered. */
export interface InstanceTimes {
  requested: number;
  ready: number;
  /** Infinity for an instance that stopped without a job to finish. */
  draining: number;
  stopped: number;
  /** Whether its launch hook timed out. */
  abandoned?: true;
  /** Absent in a fleet of one group. */
  pool?: PoolName;
}

export class Fleet {
  readonly instances: InstanceTimes[] = [];
  private readonly states: number[] = [];
  private readonly busy: number[] = [];
  /** End of the last of its running jobs; of an idle instance, the time since when it is idle. */
  private readonly busyUntil: number[] = [];
  /** Ids of the instances that are not stopped, oldest first. */
  private alive: number[] = [];
  /** Called when an instance comes into service, begins to drain with jobs to finish, and has stopped. */
  onReady: (id: number, at: number) => void = () => undefined;
  onDraining: (id: number, at: number) => void = () => undefined;
  onStopped: (id: number) => void = () => undefined;
  booting = 0;
  ready = 0;
  draining = 0;
  inFlight = 0;
  peak = 0;

  constructor(private readonly world: Pick<World, 'victims'>) {}

  /** Instances that count towards the desired capacity. Draining ones do not. */
  get existing(): number {
    return this.booting + this.ready;
  }
  state(id: number): number {
    return this.states[id] as number;
  }
  isBusy(id: number): boolean {
    return (this.busy[id] as number) > 0;
  }

  poolOf(id: number): PoolName | undefined {
    return this.instances[id]?.pool;
  }
  /** Instances of a pool in a state. */
  count(pool: PoolName, state: number): number {
    return this.alive.filter((id) => this.states[id] === state && this.poolOf(id) === pool).length;
  }

  request(at: number, pool?: PoolName): number {
    const id = this.instances.length;
    const times = { requested: at, ready: Infinity, draining: Infinity, stopped: Infinity };
    this.instances.push(pool ? { ...times, pool } : times);
    this.states.push(BOOTING);
    this.busy.push(0);
    this.busyUntil.push(at);
    this.alive.push(id);
    this.booting++;
    this.peak = Math.max(this.peak, this.alive.length);
    return id;
  }

  becomeReady(id: number, at: number): void {
    this.states[id] = READY;
    this.booting--;
    this.ready++;
    this.busyUntil[id] = at;
    (this.instances[id] as InstanceTimes).ready = at;
    this.onReady(id, at);
  }

  startJob(id: number, until: number): void {
    (this.busy[id] as number)++;
    this.busyUntil[id] = Math.max(this.busyUntil[id] as number, until);
    this.inFlight++;
  }

  /** A draining instance stops with its last job. Also of a job that it gives back. */
  finishJob(id: number, at: number): void {
    (this.busy[id] as number)--;
    this.inFlight--;
    this.busyUntil[id] = Math.max(this.busyUntil[id] as number, at);
    if (this.states[id] === DRAINING && this.busy[id] === 0) this.stop(id, at);
  }

  /** Stops the instance once it has no running job. */
  drain(id: number, at: number): void {
    if (this.states[id] === READY && this.isBusy(id)) {
      this.states[id] = DRAINING;
      (this.instances[id] as InstanceTimes).draining = at;
      this.ready--;
      this.draining++;
      this.onDraining(id, at);
    } else if (this.states[id] === READY || this.states[id] === BOOTING) this.stop(id, at);
  }

  /** Stops an instance whose boot failed. */
  abandon(id: number, at: number): void {
    if (this.states[id] !== BOOTING) return;
    (this.instances[id] as InstanceTimes).abandoned = true;
    this.stop(id, at);
  }

  /** Stops the instance at once; its running jobs do not complete. */
  stop(id: number, at: number): void {
    if (this.states[id] === STOPPED) return;
    if (this.states[id] === BOOTING) this.booting--;
    else if (this.states[id] === READY) this.ready--;
    else this.draining--;
    this.inFlight -= this.busy[id] as number;
    this.busy[id] = 0;
    this.states[id] = STOPPED;
    (this.instances[id] as InstanceTimes).stopped = at;
    this.alive = this.alive.filter((one) => one !== id);
    this.onStopped(id);
  }

  /**
   * Drains instances: idle ones first (oldest first), then booting ones (newest first), then busy ones (earliest to
   * finish first). With `victims: 'random'` in random order.
   *
   * @param draw a random number from 0 to 1 for each of them
   * @param pool of which they are. @default of any
   */
  retire(count: number, at: number, draw: () => number, pool?: PoolName): void {
    const there = this.alive.filter(
      (id) =>
        (this.states[id] === READY || this.states[id] === BOOTING) &&
        (pool === undefined || this.poolOf(id) === pool),
    );
    if (this.world.victims === 'random') {
      for (let left = count; left > 0 && there.length > 0; left--) {
        const [id] = there.splice(Math.floor(draw() * there.length), 1);
        this.drain(id as number, at);
      }
      return;
    }
    const rank = (id: number) => (this.states[id] === BOOTING ? 1 : this.isBusy(id) ? 2 : 0);
    const within = (id: number) => {
      if (this.states[id] === BOOTING) return -id;
      return this.isBusy(id) ? (this.busyUntil[id] as number) : id;
    };
    there.sort((a, b) => rank(a) - rank(b) || within(a) - within(b) || a - b);
    for (const id of there.slice(0, count)) this.drain(id, at);
  }

  /** Ids of the instances that are ready or draining. */
  working(): number[] {
    return this.alive.filter((id) => this.states[id] === READY || this.states[id] === DRAINING);
  }

  /** Launches since a time, newest first. */
  launches(since: number): InstanceLaunch[] {
    const launches: InstanceLaunch[] = [];
    for (let id = this.instances.length - 1; id >= 0; id--) {
      const { requested, ready, stopped, abandoned, pool } = this.instances[id] as InstanceTimes;
      if (requested < since) break;
      const outcome =
        ready < Infinity
          ? 'in-service'
          : abandoned
            ? 'boot-failed'
            : stopped < Infinity
              ? 'cancelled'
              : 'under-way';
      const endedAt = Math.min(ready, stopped);
      launches.push({
        id: String(id),
        instance: String(id),
        startedAt: requested,
        outcome,
        ...(endedAt < Infinity && { endedAt }),
        ...(pool && { pool }),
      });
    }
    return launches;
  }

  pendingSince(): number[] {
    return this.alive
      .filter((id) => this.states[id] === BOOTING)
      .map((id) => (this.instances[id] as InstanceTimes).requested);
  }

  idleSince(): { id: number; since: number }[] {
    return this.alive
      .filter((id) => this.states[id] === READY && !this.isBusy(id))
      .map((id) => ({ id, since: this.busyUntil[id] as number }));
  }
}

/** Billed instance-seconds, up to `end` for an instance that has not stopped. */
export const billedSeconds = (
  { requested, stopped }: InstanceTimes,
  end: number,
  world: Pick<World, 'billingMin' | 'shutdown'>,
): number => Math.max(world.billingMin, Math.min(stopped + world.shutdown, end) - requested);
