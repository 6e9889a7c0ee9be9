/**
 * The warm pool of a group: its stopped instances, those that boot to be stopped, and how many it may have.
 *
 * Gotcha: PutWarmPool makes a pool where there is none, as while its stack is deleted. So sizes are set only where one was read.
 */
import {
  DescribeWarmPoolCommand,
  PutWarmPoolCommand,
  type AutoScalingClient,
  type DescribeWarmPoolCommandOutput,
  type Instance,
  type WarmPoolConfiguration,
} from '@aws-sdk/client-auto-scaling';
import type { WarmPoolCounts, WarmPoolSizes } from '../policy/pools/warm-pool.ts';
import { readLaunches, typesOf, type GroupState, type ReadableWarmPool } from './fleet.ts';

/** Of 50 instances; more are not counted. */
const MOST_PAGES = 20;
/** One that is being stopped, or resumes for a lifecycle hook, cannot be had. */
const STOPPED = 'Warmed:Stopped';
/** States in which an instance runs, and is billed. */
const RUNNING = /^Warmed:(?:Pending|Running)/;
const NO_MAXIMUM = -1;

interface Described {
  instances: Instance[];
  configuration?: WarmPoolConfiguration | undefined;
}

export class GroupWarmPool implements ReadableWarmPool {
  /** As it was last read. */
  private configuration: WarmPoolConfiguration | undefined;

  constructor(
    private readonly autoScaling: AutoScalingClient,
    private readonly groupName: string,
  ) {}

  /** The fleet is scaled without a pool that cannot be read. @returns its counts by its group, which another call reads */
  async read(): ReturnType<ReadableWarmPool['read']> {
    try {
      const { instances, configuration } = await this.describe();
      this.configuration = configuration?.Status === undefined ? configuration : undefined;
      return (group) => ({ warmPool: countsOf(group, instances, this.configuration) });
    } catch (error) {
      const cause = error as Error;
      const unread = new Error(`stopped instances: ${cause.message}`, { cause });
      return () => ({ unread });
    }
  }

  private async describe(): Promise<Described> {
    const instances: Instance[] = [];
    let NextToken: string | undefined;
    let configuration: WarmPoolConfiguration | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer: DescribeWarmPoolCommandOutput = await this.autoScaling.send(
        new DescribeWarmPoolCommand({
          AutoScalingGroupName: this.groupName,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      instances.push(...(answer.Instances ?? []));
      configuration ??= answer.WarmPoolConfiguration;
      ({ NextToken } = answer);
      if (NextToken === undefined) break;
    }
    return { instances, configuration };
  }

  launches(since: number) {
    return readLaunches(this.autoScaling, this.groupName, since, 'warm-pool');
  }

  /** Its other settings stay as they are. @throws where the group has none */
  async setSizes({ minSize, maxGroupPreparedCapacity }: WarmPoolSizes): Promise<void> {
    const { PoolState, InstanceReusePolicy } = this.configuration ?? {};
    if (!this.configuration) throw new Error(`the group ${this.groupName} has no warm pool`);
    await this.autoScaling.send(
      new PutWarmPoolCommand({
        AutoScalingGroupName: this.groupName,
        ...{ MinSize: minSize, MaxGroupPreparedCapacity: maxGroupPreparedCapacity },
        ...(PoolState && { PoolState }),
        ...(InstanceReusePolicy && { InstanceReusePolicy }),
      }),
    );
  }
}

function countsOf(
  { desired, inService, max, template }: GroupState,
  instances: Instance[],
  configuration: WarmPoolConfiguration | undefined,
): WarmPoolCounts {
  const running = instances.filter(({ LifecycleState }) => RUNNING.test(LifecycleState ?? ''));
  return {
    ...{ desired, inService, template },
    stopped: instances.filter(({ LifecycleState }) => LifecycleState === STOPPED).length,
    entering: running.flatMap(({ InstanceId }) => InstanceId ?? []),
    types: typesOf(running),
    sizes: configuration && sizesOf(configuration, max),
  };
}

/** @param max of the group, up to which a pool without a maximum of its own is filled */
const sizesOf = (
  { MinSize = 0, MaxGroupPreparedCapacity = NO_MAXIMUM }: WarmPoolConfiguration,
  max: number,
): WarmPoolSizes => ({
  minSize: MinSize,
  maxGroupPreparedCapacity: MaxGroupPreparedCapacity === NO_MAXIMUM ? max : MaxGroupPreparedCapacity,
});
