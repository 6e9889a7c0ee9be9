/** The Auto Scaling group: brings the fleet to its desired capacity with what EC2 gives. */
import { draws, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import { Ec2Capacity } from './capacity.ts';
import { EVENT, type Events } from './events.ts';
import { BOOTING, READY, type Fleet } from './fleet.ts';

export class ScalingGroup {
  desired: number;
  /** Instance-seconds spent on preparing the warm pool. */
  preparing: number;
  readonly actions = { out: 0, in: 0, launches: 0 };
  /** Times of refused launches. */
  readonly refused: number[] = [];
  readonly capacity: Ec2Capacity;
  private readonly victim: Draw;
  private victims = 0;
  private retryAt = -1;

  constructor(
    private readonly world: World,
    seed: number,
    private readonly fleet: Fleet,
    private readonly events: Events,
  ) {
    this.capacity = new Ec2Capacity(world, seed);
    this.victim = draws(seed, 'victims');
    this.desired = world.min;
    for (let k = 0; k < world.min; k++) fleet.becomeReady(fleet.request(0), 0);
    this.preparing = world.warmPool * world.boot;
  }

  setDesired(desired: number, now: number): void {
    if (desired === this.desired) return;
    if (desired > this.desired) this.actions.out++;
    else this.actions.in++;
    this.desired = desired;
    if (this.world.reaction === 0) this.reconcile(now);
    else this.events.add(now + this.world.reaction, EVENT.reconcile);
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
    const surplus = this.fleet.existing - this.desired;
    if (surplus > 0) this.fleet.retire(surplus, now, () => this.victim(this.victims++));
    for (let missing = -surplus; missing > 0; missing--) {
      if (this.launch(now)) continue;
      this.refused.push(now);
      if (this.retryAt > now) return;
      this.retryAt = now + this.capacity.retrySeconds;
      this.events.add(this.retryAt, EVENT.reconcile);
      return;
    }
  }

  /** @returns false when EC2 refuses */
  private launch(now: number): boolean {
    const { world, events } = this;
    const launch = this.capacity.launch(now);
    if (!launch) return false;
    const id = this.fleet.request(now);
    this.actions.launches++;
    if (launch.boot === Infinity) events.add(now + world.hookTimeout, EVENT.hookTimeout, id);
    else events.add(now + launch.boot, EVENT.booted, id);
    if (launch.interruption < Infinity) {
      events.add(now + Math.max(0, launch.interruption - launch.notice), EVENT.interruptionNotice, id);
      events.add(now + launch.interruption, EVENT.interruption, id);
    }
    if (launch.warm) {
      this.preparing += world.boot;
      events.add(now + world.boot, EVENT.warmReady);
    }
    return true;
  }
}
