/** The fleet as an EC2 Auto Scaling group. */
import {
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  type AutoScalingClient,
  type DescribeScalingActivitiesCommandOutput,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import type { Reporter } from '../policy/reporters.ts';
import type { Fleet, FleetLaunch } from '../ports.ts';
import { launchOf } from './failed-launch.ts';

/** States of instances that are billed; those of a warm pool are stopped. */
const BILLED = /^(Pending|InService|Terminating)/;
/** States in which a worker may have photos. */
const REPORTING = /^(InService|Terminating)/;

/** Of 100 activities. */
const MOST_PAGES = 3;

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

  async launches(since: number) {
    const launches: FleetLaunch[] = [];
    let NextToken: string | undefined;
    // A few pages: reading weeks of history at each tick would have the whole account throttled.
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer: DescribeScalingActivitiesCommandOutput = await this.autoScaling.send(
        new DescribeScalingActivitiesCommand({
          AutoScalingGroupName: this.groupName,
          Filters: [{ Name: 'StartTimeLowerBound', Values: [new Date(since * 1000).toISOString()] }],
          MaxRecords: 100,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      );
      launches.push(...(answer.Activities ?? []).flatMap((activity) => launchOf(activity) ?? []));
      ({ NextToken } = answer);
      if (NextToken === undefined) break;
    }
    return launches;
  }

  async setDesired(desired: number) {
    const AutoScalingGroupName = this.groupName;
    await this.autoScaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: desired, HonorCooldown: false }),
    );
  }
  async end(InstanceId: string, isReplaced: boolean) {
    await this.autoScaling.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId,
        ShouldDecrementDesiredCapacity: !isReplaced,
      }),
    );
  }
}
