/** The fleet as an EC2 Auto Scaling group. */
import {
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
  type AutoScalingClient,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import type { Reporter } from '../policy/reports.ts';
import type { Fleet } from '../ports.ts';
import { failedLaunch } from './failed-launch.ts';

/** States of instances that are billed; those of a warm pool are stopped. */
const BILLED = /^(Pending|InService|Terminating)/;
/** States in which a worker may have photos. */
const REPORTING = /^(InService|Terminating)/;

const reporterOf = ({ InstanceId: instance, InstanceType: type }: Instance): Reporter[] =>
  instance === undefined ? [] : [{ instance, ...(type === undefined ? {} : { type }) }];

function typesOf(instances: Instance[]): Record<string, number> {
  const types: Record<string, number> = {};
  for (const { InstanceType: type } of instances) if (type) types[type] = (types[type] ?? 0) + 1;
  return types;
}

export class AutoScalingFleet implements Fleet {
  constructor(
    private readonly autoScaling: AutoScalingClient,
    private readonly groupName: string,
  ) {}

  async read() {
    const { AutoScalingGroups } = await this.autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [this.groupName] }),
    );
    const group = AutoScalingGroups?.[0];
    if (group?.DesiredCapacity === undefined || group.MinSize === undefined || group.MaxSize === undefined) {
      throw new Error(`there is no Auto Scaling group '${this.groupName}'`);
    }
    // A state that AWS adds later counts as none of the three.
    const instances = group.Instances ?? [];
    const inState = (prefix: string) =>
      instances.filter((instance) => instance.LifecycleState?.startsWith(prefix)).length;
    return {
      desired: group.DesiredCapacity,
      min: group.MinSize,
      max: group.MaxSize,
      inService: inState('InService'),
      pending: inState('Pending'),
      draining: inState('Terminating'),
      reporters: instances
        .filter(({ LifecycleState }) => REPORTING.test(LifecycleState ?? ''))
        .flatMap(reporterOf),
      types: typesOf(instances.filter(({ LifecycleState }) => BILLED.test(LifecycleState ?? ''))),
    };
  }

  async failedLaunches(since: number) {
    // One page: reading weeks of history at each tick would have the whole account throttled.
    const { Activities } = await this.autoScaling.send(
      new DescribeScalingActivitiesCommand({
        AutoScalingGroupName: this.groupName,
        Filters: [{ Name: 'StartTimeLowerBound', Values: [new Date(since * 1000).toISOString()] }],
        MaxRecords: 100,
      }),
    );
    const failed = (Activities ?? []).filter(
      ({ StatusCode, Description }) =>
        (StatusCode === 'Failed' || StatusCode === 'Cancelled') && Description?.startsWith('Launching'),
    );
    return failed.map(failedLaunch);
  }

  async setDesired(desired: number) {
    const AutoScalingGroupName = this.groupName;
    await this.autoScaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: desired, HonorCooldown: false }),
    );
  }
}
