/** A stage's Auto Scaling group: its launch template, and the instance refresh. */
import {
  AutoScalingServiceException,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  StartInstanceRefreshCommand,
  type AutoScalingClient,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import { REFRESH, SERVICE } from '../../../contract/names.ts';
import { onDemandGroupName } from '../../../contract/pools.ts';
import { UserError } from '../../../common/errors.ts';
import type { Fleet } from '../promotion-plan.ts';

export const groupName = (stage: string) => `${SERVICE}-${stage}`;

const IN_PROGRESS = ['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking'];

/**
 * Preferences of a refresh. The launch template names a parameter, not an image, so EC2 cannot distinguish instances of the
 * old image from those of the new one: none is skipped. The launch hook tests an instance before it is in service, so no
 * further warm-up is needed.
 */
const PREFERENCES = {
  MinHealthyPercentage: REFRESH.minHealthyPercentage,
  MaxHealthyPercentage: REFRESH.maxHealthyPercentage,
  InstanceWarmup: 0,
  SkipMatching: false,
};

export class Group {
  constructor(private readonly autoScaling: AutoScalingClient) {}

  /**
   * @returns the stage's group, and the on-demand group beside it where it has two
   * @throws UserError when the stage is not deployed, or not by this repository
   */
  async fleets(stage: string): Promise<[Fleet, ...Fleet[]]> {
    const name = groupName(stage);
    const onDemandName = onDemandGroupName(name);
    const { AutoScalingGroups = [] } = await this.autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name, onDemandName] }),
    );
    const named = (wanted: string) =>
      AutoScalingGroups.find(({ AutoScalingGroupName }) => AutoScalingGroupName === wanted);
    const group = named(name);
    if (!group)
      throw new UserError(
        `there is no group ${name} in this account and region: npm run deploy -- --stage ${stage}`,
      );
    const onDemand = named(onDemandName);
    return [this.fleet(stage, name, group), ...(onDemand ? [this.fleet(stage, onDemandName, onDemand)] : [])];
  }

  private fleet(stage: string, name: string, group: AutoScalingGroup): Fleet {
    const { LaunchTemplate } = group.MixedInstancesPolicy ?? {};
    const { LaunchTemplateId, Version } = LaunchTemplate?.LaunchTemplateSpecification ?? {};
    if (!LaunchTemplateId) {
      throw new UserError(
        `the group ${name} has no launch template in a mixed instances policy: npm run deploy -- --stage ${stage}`,
      );
    }
    return {
      groupName: name,
      desired: group.DesiredCapacity ?? 0,
      templateId: LaunchTemplateId,
      templateVersion: Version ?? '$Default',
      instanceTypes: (LaunchTemplate?.Overrides ?? []).flatMap(({ InstanceType }) => InstanceType ?? []),
      subnets: (group.VPCZoneIdentifier ?? '').split(',').filter((subnet) => subnet !== ''),
    };
  }

  /** @returns the id of a refresh in progress */
  async refreshInProgress({ groupName: AutoScalingGroupName }: Fleet): Promise<string | undefined> {
    const { InstanceRefreshes } = await this.autoScaling.send(
      // Newest first, and only one can be in progress.
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName, MaxRecords: 1 }),
    );
    return InstanceRefreshes?.find(({ Status = '' }) => IN_PROGRESS.includes(Status))?.InstanceRefreshId;
  }

  /** @returns the id of the refresh */
  async refresh({ groupName: AutoScalingGroupName }: Fleet): Promise<string> {
    try {
      const { InstanceRefreshId = '' } = await this.autoScaling.send(
        new StartInstanceRefreshCommand({ AutoScalingGroupName, Preferences: PREFERENCES }),
      );
      return InstanceRefreshId;
    } catch (error) {
      if (!(error instanceof AutoScalingServiceException)) throw error;
      throw new UserError(
        `The current image is set, so new instances use it, but the instance refresh was not started: ${error.message}. ` +
          `Start it with: aws autoscaling start-instance-refresh --auto-scaling-group-name ${AutoScalingGroupName}`,
        { cause: error },
      );
    }
  }
}
