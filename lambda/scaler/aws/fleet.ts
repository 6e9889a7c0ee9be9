/** The fleet as an EC2 Auto Scaling group, and the calls of one group. */
import {
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  type AutoScalingClient,
  type AutoScalingGroup,
  type DescribeScalingActivitiesCommandOutput,
  type Instance,
} from '@aws-sdk/client-auto-scaling';
import type { Reporter } from '../policy/reporters.ts';
import type { Fleet, FleetLaunch, FleetState, WarmPool } from '../ports.ts';
import { launchOf } from './failed-launch.ts';

/** States of instances that are billed; those of a warm pool are stopped. */
const BILLED = /^(Pending|InService|Terminating)/;
/** States in which a worker may have photos. */
const REPORTING = /^(InService|Terminating)/;

/** Of 100 activities. */
const MOST_PAGES = 3;

const reporterOf = ({ InstanceId: instance, InstanceType: type }: Instance): Reporter[] =>
  instance === undefined ? [] : [{ instance, ...(type === undefined ? {} : { type }) }];

export function typesOf(instances: Instance[]): Record<string, number> {
  const types: Record<string, number> = {};
  for (const { InstanceType: type } of instances) if (type) types[type] = (types[type] ?? 0) + 1;
  return types;
}

/** Counts and instances of one group. */
export type GroupState = FleetState &
  Required<Pick<FleetState, 'reporters' | 'types'>> & { template: string };

/** Reads groups in one call. @returns in the order of the names @throws where there is none of a name */
export async function readGroups(
  autoScaling: AutoScalingClient,
  names: readonly string[],
): Promise<GroupState[]> {
  const { AutoScalingGroups = [] } = await autoScaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [...names] }),
  );
  return names.map((name) =>
    stateOf(
      name,
      AutoScalingGroups.find((group) => group.AutoScalingGroupName === name),
    ),
  );
}

function stateOf(name: string, group: AutoScalingGroup | undefined): GroupState {
  if (group?.DesiredCapacity === undefined || group.MinSize === undefined || group.MaxSize === undefined) {
    throw new Error(`there is no Auto Scaling group '${name}'`);
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
    template: templateOf(group),
  };
}

/** Another version of the launch template is another image, or other settings; empty where AWS does not name it. */
const templateOf = ({ MixedInstancesPolicy, LaunchTemplate }: AutoScalingGroup): string => {
  const { LaunchTemplateSpecification = LaunchTemplate } = MixedInstancesPolicy?.LaunchTemplate ?? {};
  return `${LaunchTemplateSpecification?.LaunchTemplateId ?? ''} ${LaunchTemplateSpecification?.Version ?? ''}`;
};

/** @param purpose of the launches: the fleet, or stopped instances */
export async function readLaunches(
  autoScaling: AutoScalingClient,
  AutoScalingGroupName: string,
  since: number,
  purpose?: Parameters<typeof launchOf>[1],
): Promise<FleetLaunch[]> {
  const launches: FleetLaunch[] = [];
  let NextToken: string | undefined;
  // A few pages: reading weeks of history at each tick would have the whole account throttled.
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer: DescribeScalingActivitiesCommandOutput = await autoScaling.send(
      new DescribeScalingActivitiesCommand({
        AutoScalingGroupName,
        Filters: [{ Name: 'StartTimeLowerBound', Values: [new Date(since * 1000).toISOString()] }],
        MaxRecords: 100,
        ...(NextToken === undefined ? {} : { NextToken }),
      }),
    );
    launches.push(...(answer.Activities ?? []).flatMap((activity) => launchOf(activity, purpose) ?? []));
    ({ NextToken } = answer);
    if (NextToken === undefined) break;
  }
  return launches;
}

export async function setCapacity(
  autoScaling: AutoScalingClient,
  AutoScalingGroupName: string,
  DesiredCapacity: number,
): Promise<void> {
  await autoScaling.send(
    new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity, HonorCooldown: false }),
  );
}

/** @param isReplaced whether the instance's group launches another one; else its desired capacity is one less */
export async function endInstance(
  autoScaling: AutoScalingClient,
  InstanceId: string,
  isReplaced: boolean,
): Promise<void> {
  await autoScaling.send(
    new TerminateInstanceInAutoScalingGroupCommand({
      InstanceId,
      ShouldDecrementDesiredCapacity: !isReplaced,
    }),
  );
}

/** Sums by type. */
export function sumByType(...all: (Record<string, number> | undefined)[]): Record<string, number> {
  const types: Record<string, number> = {};
  for (const [type, count] of all.flatMap((one) => Object.entries(one ?? {})))
    types[type] = (types[type] ?? 0) + count;
  return types;
}

export interface ReadableWarmPool extends WarmPool {
  /** Beside the call for its group. @returns its counts by that group, or why it could not be read */
  read(): Promise<(group: GroupState) => Pick<FleetState, 'warmPool' | 'unread'>>;
}

export class AutoScalingFleet implements Fleet {
  /** @param warmPool of the group. @default it has none */
  constructor(
    private readonly autoScaling: AutoScalingClient,
    private readonly groupName: string,
    readonly warmPool?: ReadableWarmPool,
  ) {}

  async read(): Promise<FleetState> {
    const [[group], described] = await Promise.all([
      readGroups(this.autoScaling, [this.groupName]),
      this.warmPool?.read(),
    ]);
    const { template, ...state } = group as GroupState;
    const { warmPool, unread } = described?.({ ...state, template }) ?? {};
    return {
      ...state,
      ...(warmPool && { warmPool, types: sumByType(state.types, warmPool.types) }),
      ...(unread && { unread }),
    };
  }

  launches(since: number) {
    return readLaunches(this.autoScaling, this.groupName, since);
  }

  setDesired(desired: number) {
    return setCapacity(this.autoScaling, this.groupName, desired);
  }

  end(instance: string, isReplaced: boolean) {
    return endInstance(this.autoScaling, instance, isReplaced);
  }
}
