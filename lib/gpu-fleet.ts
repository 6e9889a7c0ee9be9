/**
 * The fleet: an Auto Scaling group of GPU instances that run ComfyUI and the worker.
 *
 * Gotchas:
 * - The template has no desired capacity: the scaler sets it, and a deploy must not reset it.
 * - The hooks are in the group's own list. Hooks that are separate resources are made after the group's first instances.
 * - The group has a fixed name. The roles of the instances and of the scaler are limited to it, and a generated name would
 *   make a circle: the group needs the role of its instances.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { withDefaults } from '../contract/field.ts';
import { instanceLogGroupName } from '../contract/logs.ts';
import {
  LAUNCH_HOOK,
  LAUNCH_TIMEOUT_SECONDS,
  REFRESH,
  SERVICE,
  TERMINATION_HOOK,
  workKeyPrefix,
} from '../contract/names.ts';
import type { PurchaseOptions } from '../contract/prices.ts';
import { WORKER_FIELDS, type WorkerSettings } from '../contract/worker.ts';
import { FleetNetwork } from './fleet-network.ts';
import { GPU_FLEET_DEPLOY_TIME, GPU_FLEET_FIELDS, type GpuFleetProps } from './gpu-fleet-props.ts';
import { InstanceRole } from './instance-role.ts';
import type { JobQueue } from './job-queue.ts';
import { WorkerLaunchTemplate } from './launch-template.ts';
import { acknowledge } from './permissions.ts';
import { checkStageName, invalidProps, refuseTokens, resolveProps } from './props.ts';
import { hasToken } from './stage/check.ts';
import { defaultInitializationRate } from './stage/fleet.ts';
import { SuspendProcesses } from './suspend-processes.ts';
import { loadWorkflow, settingsVersion, WorkerSettingsParameter } from './worker-settings.ts';

/**
 * GPU instances that colour the photos of a queue. A scaler sets how many there are, such as `BacklogScaler`.
 *
 * Needs an image, baked by `npx ddcolor-elastic image`, with its id in the SSM parameter `amiParameterName`; and a GPU quota.
 */
export class GpuFleet extends Construct {
  readonly autoScalingGroup: autoscaling.AutoScalingGroup;
  /** Name of the group as text; that of `autoScalingGroup` is a token. */
  readonly groupName: string;
  readonly vpc: ec2.IVpc;
  /** Key of an instance's counters in the scaler's table, without the instance's id. */
  readonly workKeyPrefix: string;
  /** How the group buys its instances, for the metrics of cost. */
  readonly purchase: PurchaseOptions;
  /** The scaler's table, in which workers count what they have done. */
  readonly table: dynamodb.ITable;
  /** Lines of the instances: one stream per instance. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: GpuFleetProps) {
    super(scope, id);
    const { stageName, photos, jobs, bulkJobs, table } = props;
    const { groupName = `${SERVICE}-${stageName}` } = props;
    const settings = resolveProps(this, GPU_FLEET_FIELDS, props, GPU_FLEET_DEPLOY_TIME);
    checkStageName(this, stageName);
    if (bulkJobs) this.checkBulkJobs(jobs, bulkJobs);
    const { minCapacity, maxCapacity, warmPoolSize } = settings;
    this.groupName = groupName;
    const { onDemandBaseCapacity, spotPercentage } = settings;
    this.purchase = { onDemandBaseCapacity, spotPercentage };
    this.table = table;
    const { bucket } = photos;
    this.checkImage(props.amiParameterName, warmPoolSize);
    const network = new FleetNetwork(this, 'Network', {
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      availabilityZones: settings.availabilityZones,
    });
    this.vpc = network.vpc;
    // The name is fixed: a tag of the instances has it, and their role is limited to it.
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: instanceLogGroupName(stageName),
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new InstanceRole(this, 'InstanceRole', {
      stageName,
      groupName,
      bucket,
      queue: jobs.queue,
      bulkQueue: bulkJobs?.queue,
      deadLetterQueue: jobs.deadLetterQueue,
      table,
      logGroup: this.logGroup,
    });
    this.workKeyPrefix = workKeyPrefix(role.roleId);
    const workerSettings: WorkerSettings = {
      stage: stageName,
      queueUrl: jobs.queue.queueUrl,
      ...(bulkJobs ? { bulkQueueUrl: bulkJobs.queue.queueUrl } : {}),
      deadLetterQueueUrl: jobs.deadLetterQueue.queueUrl,
      bucketName: bucket.bucketName,
      groupName,
      tableName: table.tableName,
      workKeyPrefix: this.workKeyPrefix,
      ...jobs.settings,
      ...withDefaults(WORKER_FIELDS, settings),
      workflow: loadWorkflow(settings.workflow),
    };
    const launchTemplate = new WorkerLaunchTemplate(this, 'LaunchTemplate', {
      stageName,
      role,
      securityGroup: network.securityGroup,
      associatePublicIpAddress: network.hasPublic,
      amiParameterName: props.amiParameterName,
      settingsVersion: settingsVersion(this, workerSettings),
      fixedImage: warmPoolSize > 0,
      volumeInitializationRate: settings.volumeInitializationRate ?? rateFor(maxCapacity),
    });
    this.autoScalingGroup = new autoscaling.AutoScalingGroup(this, 'Group', {
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
        launchTemplateOverrides: settings.instanceTypes.map((type) => ({
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
      'instances start and stop all day: alarms cover what an operator must know',
    );
    acknowledge(
      this.autoScalingGroup,
      'AwsSolutions-EC26',
      'the rule cannot read a group with a launch template: its volumes are encrypted, and a test checks it',
    );
    const parameter = new WorkerSettingsParameter(this, 'WorkerSettings', workerSettings);
    // Also in which order they are deleted: instances that drain need their way to AWS, their rights and their settings until
    // the group is gone. CloudFormation knows only what a property names.
    this.autoScalingGroup.node.addDependency(
      network,
      network.vpc.internetConnectivityEstablished,
      role,
      parameter,
    );
    new SuspendProcesses(this, 'SuspendRebalancing', {
      logRetentionDays: settings.logRetentionDays,
      autoScalingGroup: this.autoScalingGroup,
      processes: ['AZRebalance'],
    });
  }

  /** A worker has one dead-letter queue, and treats the messages of both lanes alike. */
  private checkBulkJobs(jobs: JobQueue, bulkJobs: JobQueue): void {
    const text = (value: unknown) => JSON.stringify(Stack.of(this).resolve(value));
    const problems = [];
    const { queueUrl } = jobs.deadLetterQueue;
    if (text(bulkJobs.deadLetterQueue.queueUrl) !== text(queueUrl))
      problems.push(
        `bulkJobs with deadLetterQueue '${bulkJobs.deadLetterQueue.node.path}': that of jobs, which is '${jobs.deadLetterQueue.node.path}'`,
      );
    for (const name of Object.keys(jobs.settings) as (keyof JobQueue['settings'])[])
      if (text(bulkJobs.settings[name]) !== text(jobs.settings[name]))
        problems.push(
          `bulkJobs with ${name} ${bulkJobs.settings[name]}: that of jobs, which is ${jobs.settings[name]}`,
        );
    if (problems.length > 0) throw invalidProps(this, problems);
  }

  /** A template that names the image itself has its id as a parameter, whose default the synth writes. */
  private checkImage(amiParameterName: string | undefined, warmPoolSize: number): void {
    if (warmPoolSize > 0) refuseTokens(this, { amiParameterName });
  }
}

/** @returns MiB/s; 0 for a maximum that is known only at deploy */
const rateFor = (maxCapacity: number): number =>
  hasToken(maxCapacity) ? 0 : defaultInitializationRate(maxCapacity);

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
