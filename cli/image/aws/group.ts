/** The group of a stage on EC2 Auto Scaling: where its instances come from, and their replacement. */
import {
  AutoScalingServiceException,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  StartInstanceRefreshCommand,
  type AutoScalingClient,
} from '@aws-sdk/client-auto-scaling';
import { SERVICE } from '../../../contract/names.ts';
import { UserError } from '../../../common/errors.ts';
import type { Fleet } from '../promotion-plan.ts';

export const groupName = (stage: string) => `${SERVICE}-${stage}`;

const UNDER_WAY = ['Pending', 'InProgress', 'Cancelling', 'RollbackInProgress', 'Baking'];

/**
 * What a refresh keeps to. The launch template names a parameter, not an image, so nothing tells instances of the old
 * image from those of the new one: none is skipped. The launch hook has seen an instance colour before it is in service:
 * no warm-up beyond that.
 */
const PREFERENCES = {
  MinHealthyPercentage: 100,
  MaxHealthyPercentage: 110,
  InstanceWarmup: 0,
  SkipMatching: false,
};

export class Group {
  constructor(private readonly autoScaling: AutoScalingClient) {}

  /** @throws UserError when the stage is not deployed, or is otherwise than this repository deploys it */
  async fleet(stage: string): Promise<Fleet> {
    const name = groupName(stage);
    const { AutoScalingGroups } = await this.autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
    );
    const [group] = AutoScalingGroups ?? [];
    if (!group)
      throw new UserError(
        `there is no group ${name} in this account and region: npm run deploy -- --stage ${stage}`,
      );
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

  /** Id of a refresh that has not ended. */
  async refreshUnderWay(stage: string): Promise<string | undefined> {
    const { InstanceRefreshes } = await this.autoScaling.send(
      // Newest first, and only one can be under way.
      new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: groupName(stage), MaxRecords: 1 }),
    );
    return InstanceRefreshes?.find(({ Status = '' }) => UNDER_WAY.includes(Status))?.InstanceRefreshId;
  }

  /** @returns the id of the refresh */
  async refresh(stage: string): Promise<string> {
    const AutoScalingGroupName = groupName(stage);
    try {
      const { InstanceRefreshId = '' } = await this.autoScaling.send(
        new StartInstanceRefreshCommand({ AutoScalingGroupName, Preferences: PREFERENCES }),
      );
      return InstanceRefreshId;
    } catch (error) {
      if (!(error instanceof AutoScalingServiceException)) throw error;
      throw new UserError(
        `The current image is set, so new instances have it, but the others were not told to go: ${error.message}. ` +
          `Do that with: aws autoscaling start-instance-refresh --auto-scaling-group-name ${AutoScalingGroupName}`,
        { cause: error },
      );
    }
  }
}
