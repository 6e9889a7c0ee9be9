/**
 * An Auto Scaling group of instances that colour. All groups of a fleet are of this make: only the market, the size and the image's
 * place differ.
 *
 * Gotchas:
 * - The template has no desired capacity: the scaler sets it, and a deploy must not reset it.
 * - The hooks are in the group's own list. Hooks that are separate resources are made after the group's first instances.
 */
import { Duration, Tags } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import {
  GROUP_TAG,
  LAUNCH_HOOK,
  LAUNCH_TIMEOUT_SECONDS,
  REFRESH,
  TERMINATION_HOOK,
} from '../contract/names.ts';
import type { PurchaseOptions } from '../contract/prices.ts';
import type { FleetNetwork } from './fleet-network.ts';
import { acknowledge } from './permissions.ts';

export interface WorkerGroupProps {
  readonly groupName: string;
  readonly network: FleetNetwork;
  readonly launchTemplate: ec2.ILaunchTemplate;
  readonly instanceTypes: readonly string[];
  readonly minCapacity: number;
  readonly maxCapacity: number;
  readonly purchase: PurchaseOptions;
  /** Whether its instances carry its name, since they may be of another group of the fleet. */
  readonly isTagged: boolean;
}

export class WorkerGroup extends autoscaling.AutoScalingGroup {
  constructor(scope: Construct, id: string, props: WorkerGroupProps) {
    const { groupName, network, launchTemplate, instanceTypes, minCapacity, maxCapacity, purchase } = props;
    super(scope, id, {
      autoScalingGroupName: groupName,
      vpc: network.vpc,
      vpcSubnets: network.subnets,
      minCapacity,
      maxCapacity,
      capacityRebalance: false,
      maxInstanceLifetime: MAX_LIFETIME,
      updatePolicy: autoscaling.UpdatePolicy.instanceRefresh({
        strategy: autoscaling.InstanceRefreshStrategy.ROLLING,
        ...REFRESH,
        // The launch hook has tested an instance before it is in service.
        instanceWarmup: Duration.seconds(0),
      }),
      groupMetrics: [autoscaling.GroupMetrics.all()],
      mixedInstancesPolicy: {
        launchTemplate,
        launchTemplateOverrides: instanceTypes.map((type) => ({ instanceType: new ec2.InstanceType(type) })),
        instancesDistribution: {
          onDemandBaseCapacity: purchase.onDemandBaseCapacity,
          onDemandPercentageAboveBaseCapacity: 100 - purchase.spotPercentage,
          spotAllocationStrategy: autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
        },
      },
    });
    const group = this.node.defaultChild as autoscaling.CfnAutoScalingGroup;
    group.lifecycleHookSpecificationList = HOOKS;
    if (props.isTagged) Tags.of(this).add(GROUP_TAG, groupName);
    acknowledge(
      this,
      'AwsSolutions-AS3',
      'instances start and stop all day: alarms cover what an operator must know',
    );
    acknowledge(
      this,
      'AwsSolutions-EC26',
      'the rule cannot read a group with a launch template: its volumes are encrypted, and a test checks it',
    );
  }
}

/** Instances of a fleet that never sleeps take a newer image, and start on another machine, at least this often. */
const MAX_LIFETIME = Duration.days(7);

const HOOKS: autoscaling.CfnAutoScalingGroup.LifecycleHookSpecificationProperty[] = [
  {
    lifecycleHookName: LAUNCH_HOOK,
    lifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
    heartbeatTimeout: LAUNCH_TIMEOUT_SECONDS,
    defaultResult: 'ABANDON',
  },
  {
    lifecycleHookName: TERMINATION_HOOK,
    lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    heartbeatTimeout: 300,
    defaultResult: 'CONTINUE',
  },
];
