/** The Auto Scaling group: brings the fleet to its desired capacity with what EC2 gives. */
import type { PoolName } from '../../lambda/scaler/policy/pools/pool-name.ts';
import { draws, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import { Ec2Capacity, type Refused } from './capacity.ts';
import { EVENT, type Events } from './events.ts';
import { BOOTING, DRAINING, READY, type Fleet } from './fleet.ts';

export class ScalingGroup {
  desired: number;
  /** Instance-seconds spent on preparing the warm pool. */
  preparing: number;
  readonly actions = { out: 0, in: 0, launches: 0 };
  /** Times of refused launches. */
  readonly refused: number[] = [];
  /** What each of them was refused for. */
  readonly refusals: Refused[] = [];
  readonly capacity: Ec2Capacity;
  private readonly victim: Draw;
  private victims = 0;
  private retryAt = -1;
  /** Instances that become stopped ones of the fast tier. */
  private returning = 0;
  /** Stopped instances that are to be kept, since when, and the instance-seconds before. */
  private kept: number;
  private keptSince = 0;
  private keptSeconds = 0;

  constructor(
    private readonly world: World,
    seed: number,
    private readonly fleet: Fleet,
    private readonly events: Events,
    /** @default the fleet has one group */
    readonly pool?: PoolName,
  ) {
    this.capacity = new Ec2Capacity(world, seed, pool);
    this.victim = draws(seed, pool === 'on-demand' ? 'victims-on-demand' : 'victims');
    this.desired = pool === 'on-demand' ? 0 : world.min;
    for (let k = 0; k < this.desired; k++) fleet.becomeReady(fleet.request(0, pool), 0);
    this.preparing = this.capacity.warm * world.boot;
    this.kept = pool === 'on-demand' ? this.capacity.warm : 0;
  }

  /** Instances that count towards the desired capacity. */
  private get existing(): number {
    const { fleet, pool } = this;
    return pool === undefined ? fleet.existing : fleet.count(pool, BOOTING) + fleet.count(pool, READY);
  }
  private reconcileAt(at: number): void {
    this.events.add(at, EVENT.reconcile, this.pool === 'on-demand' ? 1 : 0);
  }

  setDesired(desired: number, now: number): void {
    if (desired === this.desired) return;
    if (desired > this.desired) this.actions.out++;
    else this.actions.in++;
    this.desired = desired;
    if (this.world.reaction === 0) this.reconcile(now);
    else this.reconcileAt(now + this.world.reaction);
  }

  /** Drains an instance and lowers the desired capacity by one. */
  leave(id: number, now: number): void {
    if (this.fleet.state(id) !== READY) return;
    this.desired--;
    this.actions.in++;
    this.fleet.drain(id, now);
  }

  /** Stops a booting instance. @param isReplaced whether another one is launched; else desired is one less */
  end(id: number, isReplaced: boolean, now: number): void {
    if (this.fleet.state(id) !== BOOTING) return;
    this.fleet.stop(id, now);
    if (isReplaced) this.reconcile(now);
    else {
      this.desired--;
      this.actions.in++;
    }
  }

  /** Launches what is missing, or drains the surplus. After a refused launch it retries later. */
  reconcile(now: number): void {
    const surplus = this.existing - this.desired;
    if (surplus > 0) this.fleet.retire(surplus, now, () => this.victim(this.victims++), this.pool);
    for (let missing = -surplus; missing > 0; missing--) {
      const resumes = this.pool !== undefined && this.capacity.warm > 0;
      if (this.launch(now)) continue;
      this.refused.push(now);
      this.refusals.push(this.capacity.refused);
      if (this.retryAt <= now) {
        this.retryAt = now + this.capacity.retrySeconds;
        this.reconcileAt(this.retryAt);
      }
      // Stopped instances start each by itself.
      if (!resumes) return;
    }
  }

  /** A stopped instance, or one to prepare, takes the place of one that is gone, as far as the fast tier goes. */
  replenish(id: number, now: number): void {
    const { world, fleet, capacity, events } = this;
    if (this.pool !== 'on-demand' || fleet.poolOf(id) !== 'on-demand') return;
    const prepared = capacity.warm + this.returning + this.existing + fleet.count('on-demand', DRAINING);
    if (prepared >= this.kept) return;
    this.returning++;
    const { abandoned, ready } = fleet.instances[id] ?? {};
    // One that never was in service may be faulty, and is prepared again.
    const isReused = !abandoned && ready !== Infinity;
    if (!isReused) this.preparing += world.boot;
    events.add(now + (isReused ? world.shutdown : world.boot), EVENT.warmReady);
  }
  /** Keeps so many stopped instances, those at work included. */
  keepStopped(count: number, now: number): void {
    if (count === this.kept) return;
    this.keptSeconds += this.kept * (now - this.keptSince);
    const more = count - this.kept;
    this.kept = count;
    this.keptSince = now;
    this.capacity.warm = Math.max(0, this.capacity.warm + Math.min(0, more));
    for (let k = 0; k < more; k++) {
      this.returning++;
      this.preparing += this.world.boot;
      this.events.add(now + this.world.boot, EVENT.warmReady);
    }
  }
  /** Instance-seconds for which stopped instances were to be kept. */
  stoppedSeconds(end: number): number {
    return this.keptSeconds + this.kept * (end - this.keptSince);
  }
  /** A stopped instance can resume. */
  warmReady(): void {
    this.returning = Math.max(0, this.returning - 1);
    this.capacity.warm++;
  }

  /** @returns false when EC2 refuses */
  private launch(now: number): boolean {
    const { world, events } = this;
    const launch = this.capacity.launch(now);
    if (!launch) return false;
    const id = this.fleet.request(now, this.pool);
    this.actions.launches++;
    if (launch.boot === Infinity) events.add(now + world.hookTimeout, EVENT.hookTimeout, id);
    else events.add(now + launch.boot, EVENT.booted, id);
    if (launch.interruption < Infinity) {
      events.add(now + Math.max(0, launch.interruption - launch.notice), EVENT.interruptionNotice, id);
      events.add(now + launch.interruption, EVENT.interruption, id);
    }
    if (launch.warm && this.pool === undefined) {
      this.preparing += world.boot;
      events.add(now + world.boot, EVENT.warmReady);
    }
    return true;
  }
}
