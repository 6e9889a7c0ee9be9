/** The Auto Scaling groups of the fleet: one of both markets, or the two pools. */
import type { PoolName } from '../../lambda/scaler/policy/pools/pool-name.ts';
import type { PoolCounts, PoolsCounts } from '../../lambda/scaler/policy/pools/pools.ts';
import type { FleetLaunch } from '../../lambda/scaler/ports.ts';
import { hasPools, type World } from '../world.ts';
import type { Events } from './events.ts';
import { BOOTING, DRAINING, READY, type Fleet } from './fleet.ts';
import { ScalingGroup } from './scaling-group.ts';

export class Groups {
  /** The only one, or the one of Spot. */
  private readonly main: ScalingGroup;
  private readonly onDemand: ScalingGroup | undefined;

  constructor(
    private readonly world: World,
    seed: number,
    private readonly fleet: Fleet,
    events: Events,
  ) {
    const isSplit = hasPools(world);
    this.main = new ScalingGroup(world, seed, fleet, events, isSplit ? 'spot' : undefined);
    if (isSplit) this.onDemand = new ScalingGroup(world, seed, fleet, events, 'on-demand');
  }

  private get all(): ScalingGroup[] {
    return this.onDemand ? [this.main, this.onDemand] : [this.main];
  }
  private groupOf(id: number): ScalingGroup {
    return this.fleet.poolOf(id) === 'on-demand' ? (this.onDemand ?? this.main) : this.main;
  }
  private sum(of: (group: ScalingGroup) => number): number {
    return this.all.reduce((sum, group) => sum + of(group), 0);
  }

  get desired(): number {
    return this.sum((group) => group.desired);
  }
  /** Instance-seconds spent on preparing stopped instances. */
  get preparing(): number {
    return this.sum((group) => group.preparing);
  }
  stoppedSeconds(end: number): number {
    return this.onDemand?.stoppedSeconds(end) ?? 0;
  }
  get actions(): ScalingGroup['actions'] {
    const of = (name: keyof ScalingGroup['actions']) => this.sum(({ actions }) => actions[name]);
    return { out: of('out'), in: of('in'), launches: of('launches') };
  }
  /** Times of refused launches. */
  get refused(): number[] {
    return this.all.flatMap(({ refused }) => refused).sort((a, b) => a - b);
  }

  /** Of a fleet with pools it is the Spot group alone: other systems have one group. */
  setDesired(desired: number, now: number): void {
    this.main.setDesired(desired, now);
  }
  setPool(pool: PoolName, desired: number, now: number): void {
    (pool === 'spot' ? this.main : this.onDemand)?.setDesired(desired, now);
  }
  keepStopped(count: number, now: number): void {
    this.onDemand?.keepStopped(count, now);
  }
  leave(id: number, now: number): void {
    this.groupOf(id).leave(id, now);
  }
  end(id: number, isReplaced: boolean, now: number): void {
    this.groupOf(id).end(id, isReplaced, now);
  }
  /** @param which 0 for the only group or Spot, 1 for on-demand */
  reconcile(which: number, now: number): void {
    this.all[which]?.reconcile(now);
  }
  reconcileFor(id: number, now: number): void {
    this.groupOf(id).reconcile(now);
  }
  replenish(id: number, now: number): void {
    this.onDemand?.replenish(id, now);
  }
  warmReady(): void {
    (this.onDemand ?? this.main).warmReady();
  }

  /** @returns undefined in a fleet of one group */
  counts(): PoolsCounts | undefined {
    const { main, onDemand } = this;
    if (!onDemand) return undefined;
    const { max } = this.world;
    const of = (pool: PoolName, { desired }: ScalingGroup): PoolCounts => ({
      ...{ desired, min: 0, max },
      inService: this.fleet.count(pool, READY),
      pending: this.fleet.count(pool, BOOTING),
      draining: this.fleet.count(pool, DRAINING),
    });
    return {
      spot: of('spot', main),
      onDemand: of('on-demand', onDemand),
      stopped: onDemand.capacity.warm,
    };
  }

  /** Refused launches of the pools. A group of both markets reports none: the harder case for a policy. */
  refusedLaunches(since: number): FleetLaunch[] {
    if (!this.onDemand) return [];
    return this.all.flatMap(({ pool, refused, refusals }) =>
      refused.flatMap((at, k) => {
        if (at < since) return [];
        const failure = { code: 'InsufficientInstanceCapacity', message: 'simulated', ...refusals[k] };
        const id = `${pool}-refused-${k}`;
        return [
          { id, startedAt: at, endedAt: at, outcome: 'refused' as const, ...(pool && { pool }), failure },
        ];
      }),
    );
  }
}
