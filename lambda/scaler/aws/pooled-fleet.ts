/**
 * The fleet as two EC2 Auto Scaling groups: Spot, and on demand with its warm pool.
 *
 * Gotcha: the groups' own limits are those of each market. The limits of the fleet are its settings: no group knows the other.
 */
import { DescribeWarmPoolCommand, type AutoScalingClient, type Instance } from '@aws-sdk/client-auto-scaling';
import type { Pools } from '../../../contract/pools.ts';
import type { FleetCounts } from '../policy/observation.ts';
import type { PoolName } from '../policy/pools/pool-name.ts';
import type { Fleet, FleetState } from '../ports.ts';
import { endInstance, readGroups, readLaunches, setCapacity, type GroupState } from './fleet.ts';

/** Of a warm pool; more are not counted. */
const MOST_PAGES = 20;
/** One that is being stopped, or resumes for a lifecycle hook, cannot be had. */
const STOPPED = 'Warmed:Stopped';

type Groups = Pick<Pools, 'onDemandGroupName' | 'min' | 'max' | 'warmPoolSize'>;

const countsOf = ({ desired, inService, pending, draining, min, max }: GroupState): FleetCounts => ({
  ...{ desired, inService, pending, draining, min, max },
});

/** Sums of both, by type. */
function typesOf(...all: Record<string, number>[]): Record<string, number> {
  const types: Record<string, number> = {};
  for (const [type, count] of all.flatMap((one) => Object.entries(one)))
    types[type] = (types[type] ?? 0) + count;
  return types;
}

interface Stopped {
  stopped: number | null;
  unread?: Error;
}
const known = (stopped: number): Stopped => ({ stopped });
/** The fleet is scaled without its warm pool. */
const unknown = (cause: Error): Stopped => ({
  stopped: null,
  unread: new Error(`stopped instances: ${cause.message}`, { cause }),
});

export class PooledFleet implements Fleet {
  /** @param spotGroupName the group of Spot instances, which has the fleet's name */
  constructor(
    private readonly autoScaling: AutoScalingClient,
    private readonly spotGroupName: string,
    private readonly groups: Groups,
  ) {}

  async read(): Promise<FleetState> {
    const { onDemandGroupName, min, max, warmPoolSize } = this.groups;
    const [groups, { stopped, unread }] = await Promise.all([
      readGroups(this.autoScaling, [this.spotGroupName, onDemandGroupName]),
      warmPoolSize > 0 ? this.stopped().then(known, unknown) : known(0),
    ]);
    const [spot, onDemand] = groups as [GroupState, GroupState];
    const sum = (key: 'desired' | 'inService' | 'pending' | 'draining') => spot[key] + onDemand[key];
    return {
      ...{ desired: sum('desired'), inService: sum('inService') },
      ...{ pending: sum('pending'), draining: sum('draining') },
      ...{ min, max },
      reporters: [...spot.reporters, ...onDemand.reporters],
      types: typesOf(spot.types, onDemand.types),
      typesByPool: { spot: spot.types, 'on-demand': onDemand.types },
      pools: { spot: countsOf(spot), onDemand: countsOf(onDemand), stopped },
      ...(unread && { unread }),
    };
  }

  private async stopped(): Promise<number> {
    let count = 0;
    let NextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer: { Instances?: Instance[]; NextToken?: string } = await this.autoScaling.send(
        new DescribeWarmPoolCommand({
          AutoScalingGroupName: this.groups.onDemandGroupName,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      count += (answer.Instances ?? []).filter(({ LifecycleState }) => LifecycleState === STOPPED).length;
      ({ NextToken } = answer);
      if (NextToken === undefined) break;
    }
    return count;
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
