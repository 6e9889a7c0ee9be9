/**
 * The instances: requested, booting, ready, draining, stopped, and what each costs.
 *
 * Instances are numbered in the order of their requests, so that a smaller number is an older instance.
 */
import { Heap } from './heap.ts';
import type { World } from '../world.ts';

export const BOOTING = 0;
export const READY = 1;
export const DRAINING = 2;
export const STOPPED = 3;

/** One instance's life, seconds; all but `requested` are Infinity where it never came to that. */
export interface InstanceTimes {
  requested: number;
  ready: number;
  /** When it had to go and finished its work first; one that goes at once is only stopped. */
  draining: number;
  stopped: number;
}

export class Fleet {
  readonly instances: InstanceTimes[] = [];
  private readonly states: number[] = [];
  private readonly busy: number[] = [];
  /** When the last of its running jobs ends; where none runs, when the last one ended. */
  private readonly busyUntil: number[] = [];
  /** Numbers of the instances that are not stopped, oldest first. */
  private alive: number[] = [];
  /** Free slots by the time they came free, then by age; slots of instances that left are dropped when met. */
  private readonly free = new Heap();
  booting = 0;
  ready = 0;
  draining = 0;
  busySlots = 0;
  peak = 0;

  constructor(private readonly world: Pick<World, 'slots' | 'victims'>) {}

  /** Instances that count towards the desired capacity. */
  get existing(): number {
    return this.booting + this.ready;
  }
  state(id: number): number {
    return this.states[id] as number;
  }
  isBusy(id: number): boolean {
    return (this.busy[id] as number) > 0;
  }

  request(at: number): number {
    const id = this.instances.length;
    this.instances.push({ requested: at, ready: Infinity, draining: Infinity, stopped: Infinity });
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
    for (let slot = 0; slot < this.world.slots; slot++) this.free.push(at, id, 0, id, 0);
  }

  /** @returns the instance whose slot has been free longest, and takes the slot; -1 when there is none */
  takeSlot(): number {
    while (this.free.size > 0) {
      const id = this.free.first;
      this.free.pop();
      if (this.states[id] === READY) return id;
    }
    return -1;
  }

  startJob(id: number, until: number): void {
    (this.busy[id] as number)++;
    this.busyUntil[id] = Math.max(this.busyUntil[id] as number, until);
    this.busySlots++;
  }

  /** A job of the instance ended; a draining instance stops with its last one. */
  finishJob(id: number, at: number): void {
    (this.busy[id] as number)--;
    this.busySlots--;
    if (this.states[id] === READY) this.free.push(at, id, 0, id, 0);
    else if (this.busy[id] === 0) this.stop(id, at);
  }

  /** Takes no more work, and stops once it has none. */
  drain(id: number, at: number): void {
    if (this.states[id] === READY && this.isBusy(id)) {
      this.states[id] = DRAINING;
      (this.instances[id] as InstanceTimes).draining = at;
      this.ready--;
      this.draining++;
    } else if (this.states[id] === READY || this.states[id] === BOOTING) this.stop(id, at);
  }

  /** Ends at once; what it worked on is lost to it. */
  stop(id: number, at: number): void {
    if (this.states[id] === STOPPED) return;
    if (this.states[id] === BOOTING) this.booting--;
    else if (this.states[id] === READY) this.ready--;
    else this.draining--;
    this.busySlots -= this.busy[id] as number;
    this.busy[id] = 0;
    this.states[id] = STOPPED;
    (this.instances[id] as InstanceTimes).stopped = at;
    this.alive = this.alive.filter((one) => one !== id);
  }

  /**
   * Lets instances go: idle ones first (oldest first), then booting ones (newest first), then busy ones (earliest to
   * finish first); or anyone, where the world says so.
   *
   * @param draw a number from 0 to 1 for the k-th victim of the world
   */
  retire(count: number, at: number, draw: () => number): void {
    const there = this.alive.filter((id) => this.states[id] === READY || this.states[id] === BOOTING);
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

/** Instance-seconds of a life that is billed up to `end` where it has not stopped. */
export const billedSeconds = (
  life: InstanceTimes,
  end: number,
  world: Pick<World, 'billingMin' | 'shutdown'>,
): number => Math.max(world.billingMin, Math.min(life.stopped + world.shutdown, end) - life.requested);
