/**
 * The fleet: an Auto Scaling group of GPU instances that run ComfyUI and the worker.
 *
 * Gotchas:
 * - There is no desired capacity in the template: it is the scaler's, and a deploy must not reset it.
 * - Hooks stand in the group's own list: as resources of their own they come after the group and its first instances.
 * - The group has a name of its own: the instances' role and the scaler's are limited to it, and a generated name would
 *   make the role wait for the group and the group for the role.
 */
import { Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { LAUNCH_HOOK, SERVICE, TERMINATION_HOOK } from '../contract/names.ts';
import { DEFAULT_INSTANCE_TYPES, DEFAULT_MAX_CAPACITY, DEFAULT_SPOT_PERCENTAGE } from './defaults.ts';
import { FleetNetwork } from './fleet-network.ts';
import type { GpuFleetProps } from './gpu-fleet-props.ts';
import { InstanceRole } from './instance-role.ts';
import { WorkerLaunchTemplate } from './launch-template.ts';
import { acknowledge } from './permissions.ts';
import { checkProps } from './rules.ts';
import { SuspendProcesses } from './suspend-processes.ts';
import { WorkerSettingsParameter } from './worker-settings.ts';

/**
 * GPU instances that take photos from a queue; how many is for a scaler to say, such as `BacklogScaler`.
 *
 * Needs an image that is baked by `npx ddcolor-elastic image`, whose id stands in the SSM parameter `amiParameterName`, and a GPU quota.
 */
export class GpuFleet extends Construct {
  readonly autoScalingGroup: autoscaling.AutoScalingGroup;
  /** Name of the group: the text, where the group's own would be a token. */
  readonly groupName: string;
  readonly vpc: ec2.IVpc;
  /** Where its workers add up what they have done; the scaler's own. */
  readonly table: dynamodb.ITable;

  constructor(scope: Construct, id: string, props: GpuFleetProps) {
    super(scope, id);
    const { stageName, photos, jobs, table } = props;
    const { groupName = `${SERVICE}-${stageName}`, instanceTypes = DEFAULT_INSTANCE_TYPES } = props;
    const { minCapacity = 0, maxCapacity = DEFAULT_MAX_CAPACITY, onDemandBaseCapacity = 0 } = props;
    const { spotPercentage = DEFAULT_SPOT_PERCENTAGE, warmPoolSize = 0 } = props;
    const { volumeInitializationRate, maxMegapixels, noticePollSeconds } = props;
    const sizes = { minCapacity, maxCapacity, onDemandBaseCapacity, spotPercentage, warmPoolSize };
    checkProps(
      this.node.path,
      { ...sizes, instanceTypes, volumeInitializationRate, maxMegapixels, noticePollSeconds },
      Token.isUnresolved,
    );
    this.groupName = groupName;
    this.table = table;
    const { bucket } = photos;
    const network = new FleetNetwork(this, 'Network', { vpc: props.vpc });
    this.vpc = network.vpc;
    const vpcSubnets = props.vpcSubnets ?? network.subnets;
    const role = new InstanceRole(this, 'InstanceRole', {
      stageName,
      groupName,
      bucket,
      queue: jobs.queue,
      table,
    });
    const launchTemplate = new WorkerLaunchTemplate(this, 'LaunchTemplate', {
      stageName,
      role,
      securityGroup: network.securityGroup,
      associatePublicIpAddress: network.vpc.selectSubnets(vpcSubnets).hasPublic,
      amiParameterName: props.amiParameterName,
      volumeInitializationRate,
    });
    this.autoScalingGroup = new autoscaling.AutoScalingGroup(this, 'Group', {
      autoScalingGroupName: groupName,
      vpc: network.vpc,
      vpcSubnets,
      minCapacity,
      maxCapacity,
      capacityRebalance: false,
      groupMetrics: [autoscaling.GroupMetrics.all()],
      mixedInstancesPolicy: {
        launchTemplate,
        launchTemplateOverrides: instanceTypes.map((type) => ({
          instanceType: new ec2.InstanceType(type),
        })),
        instancesDistribution: {
          onDemandBaseCapacity,
          onDemandPercentageAboveBaseCapacity: 100 - spotPercentage,
          spotAllocationStrategy: autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
        },
      },
    });
    const group = this.autoScalingGroup.node.defaultChild as autoscaling.CfnAutoScalingGroup;
    group.lifecycleHookSpecificationList = HOOKS;
    if (warmPoolSize > 0)
      new autoscaling.CfnWarmPool(this, 'WarmPool', {
        autoScalingGroupName: this.autoScalingGroup.autoScalingGroupName,
        minSize: warmPoolSize,
        // Without a limit the pool is filled up to the group's maximum.
        maxGroupPreparedCapacity: warmPoolSize,
        poolState: 'Stopped',
      });
    acknowledge(
      this.autoScalingGroup,
      'AwsSolutions-AS3',
      'instances come and go all day; what somebody has to know of it is an alarm',
    );
    acknowledge(
      this.autoScalingGroup,
      'AwsSolutions-EC26',
      'the rule cannot read a group with a launch template; volumes are encrypted there, which a test holds',
    );
    new WorkerSettingsParameter(this, 'WorkerSettings', { ...props, groupName });
    new SuspendProcesses(this, 'SuspendRebalancing', {
      autoScalingGroup: this.autoScalingGroup,
      processes: ['AZRebalance'],
    });
  }
}

const HOOKS: autoscaling.CfnAutoScalingGroup.LifecycleHookSpecificationProperty[] = [
  {
    lifecycleHookName: LAUNCH_HOOK,
    lifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    // An instance that has not coloured a picture by then never will.
    heartbeatTimeout: 600,
    defaultResult: 'ABANDON',
  },
  {
    lifecycleHookName: TERMINATION_HOOK,
    lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    heartbeatTimeout: 300,
    defaultResult: 'CONTINUE',
  },
];
