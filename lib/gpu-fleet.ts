/**
 * The fleet: an Auto Scaling group of GPU instances that run ComfyUI and the worker.
 *
 * Gotchas:
 * - There is no desired capacity in the template: it is the scaler's, and a deploy must not reset it.
 * - Hooks stand in the group's own list: as resources of their own they come after the group and its first instances.
 * - The group has a name of its own: the instances' role and the scaler's are limited to it, and a generated name would
 *   make the role wait for the group and the group for the role.
 */
import { Stack, Tags } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  amiParameterName,
  LAUNCH_HOOK,
  SETTINGS_TAG,
  TERMINATION_HOOK,
  workerParameterName,
} from '../contract/names.ts';
import type { Stage } from './config.ts';
import { FleetNetwork } from './fleet-network.ts';
import { InstanceRole } from './instance-role.ts';

const ROOT_DEVICE = '/dev/sda1';
const ROOT_VOLUME_GIB = 60;

export interface GpuFleetProps {
  readonly stage: Stage;
  readonly bucket: s3.IBucket;
  readonly queue: sqs.IQueue;
  readonly table: dynamodb.ITable;
}

export class GpuFleet extends Construct {
  readonly group: autoscaling.AutoScalingGroup;
  readonly groupName: string;

  constructor(scope: Construct, id: string, props: GpuFleetProps) {
    super(scope, id);
    const { stage } = props;
    this.groupName = `ddcolor-elastic-${stage.name}`;
    const network = new FleetNetwork(this, 'Network');
    const launchTemplate = this.launchTemplate(props, network);
    this.group = new autoscaling.AutoScalingGroup(this, 'Group', {
      autoScalingGroupName: this.groupName,
      vpc: network.vpc,
      vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
      minCapacity: stage.minCapacity,
      maxCapacity: stage.maxCapacity,
      capacityRebalance: false,
      groupMetrics: [autoscaling.GroupMetrics.all()],
      mixedInstancesPolicy: {
        launchTemplate,
        launchTemplateOverrides: stage.instanceTypes.map((type) => ({
          instanceType: new ec2.InstanceType(type),
        })),
        instancesDistribution: {
          onDemandBaseCapacity: stage.onDemandBaseCapacity,
          onDemandPercentageAboveBaseCapacity: 100 - stage.spotPercentage,
          spotAllocationStrategy: autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
        },
      },
    });
    const group = this.group.node.defaultChild as autoscaling.CfnAutoScalingGroup;
    group.lifecycleHookSpecificationList = [
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
    if (stage.warmPoolSize > 0)
      new autoscaling.CfnWarmPool(this, 'WarmPool', {
        autoScalingGroupName: this.group.autoScalingGroupName,
        minSize: stage.warmPoolSize,
        // Without a limit the pool is filled up to the group's maximum.
        maxGroupPreparedCapacity: stage.warmPoolSize,
        poolState: 'Stopped',
      });
  }

  private launchTemplate(
    { stage, bucket, queue, table }: GpuFleetProps,
    network: FleetNetwork,
  ): ec2.LaunchTemplate {
    const template = new ec2.LaunchTemplate(this, 'LaunchTemplate', {
      // Resolved at each launch: a new image needs an instance refresh, not a deploy.
      machineImage: ec2.MachineImage.resolveSsmParameterAtLaunch(amiParameterName(stage.name)),
      role: new InstanceRole(this, 'InstanceRole', {
        groupName: this.groupName,
        stage,
        bucket,
        queue,
        table,
      }),
      securityGroup: network.securityGroup,
      associatePublicIpAddress: true,
      requireImdsv2: true,
      httpPutResponseHopLimit: 1,
      // The worker finds the name of its settings in a tag.
      instanceMetadataTags: true,
      blockDevices: [
        {
          deviceName: ROOT_DEVICE,
          volume: ec2.BlockDeviceVolume.ebs(ROOT_VOLUME_GIB, {
            encrypted: true,
            volumeType: ec2.EbsDeviceVolumeType.GP3,
            deleteOnTermination: true,
          }),
        },
      ],
    });
    Tags.of(template).add(SETTINGS_TAG, workerParameterName(stage.name));
    const cfn = template.node.defaultChild as ec2.CfnLaunchTemplate;
    if (stage.volumeInitializationRate > 0)
      cfn.addPropertyOverride(
        'LaunchTemplateData.BlockDeviceMappings.0.Ebs.VolumeInitializationRate',
        stage.volumeInitializationRate,
      );
    return template;
  }
}

/** ARN of a group by its name; the part that EC2 Auto Scaling generates is left open. */
export function groupArn(scope: Construct, groupName: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${groupName}`;
}
