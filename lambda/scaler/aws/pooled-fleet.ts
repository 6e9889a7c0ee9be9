/**
 * The fleet as two EC2 Auto Scaling groups: Spot, and on demand with its warm pool.
 *
 * Gotcha: the groups' own limits are those of each market. The limits of the fleet are its settings: no group knows the other.
 */
import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { Pools } from '../../../contract/pools.ts';
import type { FleetCounts } from '../policy/observation.ts';
import type { PoolName } from '../policy/pools/pool-name.ts';
import type { Fleet, FleetState } from '../ports.ts';
import { endInstance, readGroups, readLaunches, setCapacity, sumByType, type GroupState } from './fleet.ts';
import { GroupWarmPool } from './warm-pool.ts';

type Groups = Pick<Pools, 'onDemandGroupName' | 'min' | 'max' | 'warmPoolSize'>;

const countsOf = ({ desired, inService, pending, draining, min, max }: GroupState): FleetCounts => ({
  ...{ desired, inService, pending, draining, min, max },
});

export class PooledFleet implements Fleet {
  readonly warmPool: GroupWarmPool | undefined;

  /** @param spotGroupName the group of Spot instances, which has the fleet's name */
  constructor(
    private readonly autoScaling: AutoScalingClient,
    private readonly spotGroupName: string,
    private readonly groups: Groups,
  ) {
    if (groups.warmPoolSize > 0) this.warmPool = new GroupWarmPool(autoScaling, groups.onDemandGroupName);
  }

  async read(): Promise<FleetState> {
    const { onDemandGroupName, min, max } = this.groups;
    const [groups, described] = await Promise.all([
      readGroups(this.autoScaling, [this.spotGroupName, onDemandGroupName]),
      this.warmPool?.read(),
    ]);
    const [spot, onDemand] = groups as [GroupState, GroupState];
    const { warmPool, unread } = described?.(onDemand) ?? {};
    const stopped = described ? (warmPool?.stopped ?? null) : 0;
    const onDemandTypes = sumByType(onDemand.types, warmPool?.types);
    const sum = (key: 'desired' | 'inService' | 'pending' | 'draining') => spot[key] + onDemand[key];
    return {
      ...{ desired: sum('desired'), inService: sum('inService') },
      ...{ pending: sum('pending'), draining: sum('draining') },
      ...{ min, max },
      reporters: [...spot.reporters, ...onDemand.reporters],
      types: sumByType(spot.types, onDemandTypes),
      typesByPool: { spot: spot.types, 'on-demand': onDemandTypes },
      pools: { spot: countsOf(spot), onDemand: countsOf(onDemand), stopped },
      ...(warmPool && { warmPool }),
      ...(unread && { unread }),
    };
  }

  async launches(since: number) {
    const of = async (pool: PoolName, groupName: string) => {
      const launches = await readLaunches(this.autoScaling, groupName, since);
      return launches.map(({ failure, ...launch }) => ({
        ...{ ...launch, pool },
        ...(failure && { failure: { ...failure, pool } }),
      }));
    };
    const [spot, onDemand] = await Promise.all([
      of('spot', this.spotGroupName),
      of('on-demand', this.groups.onDemandGroupName),
    ]);
    return [...spot, ...onDemand];
  }

  setDesired(): Promise<void> {
    return Promise.reject(new Error('the fleet has two groups: each has a desired capacity of its own'));
  }

  setPool(pool: PoolName, desired: number) {
    const groupName = pool === 'spot' ? this.spotGroupName : this.groups.onDemandGroupName;
    return setCapacity(this.autoScaling, groupName, desired);
  }

  end(instance: string, isReplaced: boolean) {
    return endInstance(this.autoScaling, instance, isReplaced);
  }
}
