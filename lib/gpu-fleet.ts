/**
 * The fleet: GPU instances that run ComfyUI and the worker, in an Auto Scaling group, or in one of Spot and one on demand.
 *
 * Gotcha: a group has a fixed name. The roles of the instances and of the scaler are limited to it, and a generated name would
 * make a circle: the group needs the role of its instances.
 */
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { withDefaults } from '../contract/field.ts';
import { instanceLogGroupName } from '../contract/logs.ts';
import { workflowNames } from '../contract/photo-workflow.ts';
import { SERVICE, workKeyPrefix } from '../contract/names.ts';
import { fastTierPool, filledPool, onDemandGroupName, type WarmPoolSizes } from '../contract/pools.ts';
import type { PurchaseOptions } from '../contract/prices.ts';
import { WORKER_FIELDS, type WorkerSettings } from '../contract/worker.ts';
import { FleetNetwork } from './fleet-network.ts';
import { GPU_FLEET_DEPLOY_TIME, GPU_FLEET_FIELDS, type GpuFleetProps } from './gpu-fleet-props.ts';
import { InstanceRole } from './instance-role.ts';
import type { JobQueue } from './job-queue.ts';
import { WorkerLaunchTemplate } from './launch-template.ts';
import { checkStageName, invalidProps, refuseTokens, resolveProps } from './props.ts';
import { hasToken } from './stage/check.ts';
import { defaultInitializationRate, withFallback, type FleetOptions } from './stage/fleet.ts';
import { SuspendProcesses } from './suspend-processes.ts';
import { WorkerGroup } from './worker-group.ts';
import { settingsVersion, WorkerSettingsParameter } from './worker-settings.ts';
import { workflowsOfWorkers } from './workflows.ts';

export type FleetLimits = Required<
  Pick<
    FleetOptions,
    | 'minCapacity'
    | 'maxCapacity'
    | 'instanceTypes'
    | 'availabilityZones'
    | 'warmPoolSize'
    | 'onDemandFallback'
  >
>;

/**
 * GPU instances that colour the photos of a queue. A scaler sets how many there are, such as `BacklogScaler`.
 *
 * Needs an image, baked by `npx ddcolor-elastic image`, with its id in the SSM parameter `amiParameterName`; and a GPU quota.
 */
export class GpuFleet extends Construct {
  /** Of Spot instances where there is an on-demand group beside it. */
  readonly autoScalingGroup: autoscaling.AutoScalingGroup;
  /** The group of `onDemandFallback`. */
  readonly onDemandGroup?: autoscaling.AutoScalingGroup;
  /** The group with the stopped instances of `warmPoolSize`, and how many it keeps. */
  readonly warmPool?: { readonly group: autoscaling.AutoScalingGroup; readonly sizes: WarmPoolSizes };
  /** Its limits, of all groups together, and where its instances may be. */
  readonly limits: FleetLimits;
  /** Name of `autoScalingGroup` as text; its own is a token. */
  readonly groupName: string;
  readonly vpc: ec2.IVpc;
  /** Key of an instance's counters in the scaler's table, without the instance's id. */
  readonly workKeyPrefix: string;
  /** Workflows and chains that a photo may name, the stage's own first. */
  readonly workflowNames: readonly string[];
  /** How the group buys its instances, for the metrics of cost. */
  readonly purchase: PurchaseOptions;
  /** The scaler's table, in which workers count what they have done. */
  readonly table: dynamodb.ITable;
  /** Lines of the instances: one stream per instance. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: GpuFleetProps) {
    super(scope, id);
    const { stageName, photos, jobs, bulkJobs, sidelinedJobs, table } = props;
    const { groupName = `${SERVICE}-${stageName}` } = props;
    const settings = resolveProps(this, GPU_FLEET_FIELDS, withFallback(props), GPU_FLEET_DEPLOY_TIME);
    checkStageName(this, stageName);
    this.checkOtherJobs(jobs, { bulkJobs, sidelinedJobs });
    const { minCapacity, maxCapacity, warmPoolSize } = settings;
    this.groupName = groupName;
    const { onDemandBaseCapacity, spotPercentage } = settings;
    this.purchase = { onDemandBaseCapacity, spotPercentage };
    this.limits = settings;
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
    const workflows = workflowsOfWorkers(settings);
    this.workflowNames = workflowNames(workflows);
    const role = new InstanceRole(this, 'InstanceRole', {
      stageName,
      groupNames: [groupName, ...(settings.onDemandFallback ? [onDemandGroupName(groupName)] : [])],
      bucket,
      queues: { interactive: jobs.queue, sidelined: sidelinedJobs?.queue, bulk: bulkJobs?.queue },
      deadLetterQueue: jobs.deadLetterQueue,
      table,
      logGroup: this.logGroup,
      // An instance counts what it does by workflow only where there are several.
      workflows: workflows.otherWorkflows ? this.workflowNames : [],
    });
    this.workKeyPrefix = workKeyPrefix(role.roleId);
    const workerSettings: WorkerSettings = {
      stage: stageName,
      queueUrl: jobs.queue.queueUrl,
      ...(bulkJobs ? { bulkQueueUrl: bulkJobs.queue.queueUrl } : {}),
      ...(sidelinedJobs ? { sidelinedQueueUrl: sidelinedJobs.queue.queueUrl } : {}),
      deadLetterQueueUrl: jobs.deadLetterQueue.queueUrl,
      bucketName: bucket.bucketName,
      groupName,
      tableName: table.tableName,
      workKeyPrefix: this.workKeyPrefix,
      ...jobs.settings,
      ...withDefaults(WORKER_FIELDS, settings),
      ...workflows,
    };
    const launchTemplate = (of: string, fixedImage: boolean) =>
      new WorkerLaunchTemplate(this, of, {
        stageName,
        role,
        securityGroup: network.securityGroup,
        associatePublicIpAddress: network.hasPublic,
        amiParameterName: props.amiParameterName,
        settingsVersion: settingsVersion(this, workerSettings),
        fixedImage,
        volumeInitializationRate: settings.volumeInitializationRate ?? rateFor(maxCapacity),
      });
    const { onDemandFallback, instanceTypes } = settings;
    const hasPool = warmPoolSize > 0;
    const common = { network, instanceTypes, maxCapacity, isTagged: onDemandFallback };
    const first = launchTemplate('LaunchTemplate', hasPool && !onDemandFallback);
    // It keeps its name and its id in the template, so that a deploy that adds the other one replaces nothing.
    this.autoScalingGroup = new WorkerGroup(this, 'Group', {
      ...{ ...common, groupName, launchTemplate: first },
      minCapacity: onDemandFallback ? 0 : minCapacity,
      purchase: onDemandFallback ? { onDemandBaseCapacity: 0, spotPercentage } : this.purchase,
    });
    const groups = [this.autoScalingGroup];
    if (onDemandFallback) {
      this.onDemandGroup = new WorkerGroup(this, 'OnDemandGroup', {
        ...{ ...common, groupName: onDemandGroupName(groupName) },
        launchTemplate: hasPool ? launchTemplate('OnDemandLaunchTemplate', true) : first,
        minCapacity: onDemandBaseCapacity,
        purchase: { onDemandBaseCapacity: 0, spotPercentage: 0 },
      });
      groups.push(this.onDemandGroup);
    }
    if (hasPool) {
      const group = groups.at(-1)!;
      const sizes = onDemandFallback
        ? fastTierPool(warmPoolSize, onDemandBaseCapacity)
        : filledPool(warmPoolSize);
      this.warmPool = { group, sizes };
      new autoscaling.CfnWarmPool(this, 'WarmPool', {
        autoScalingGroupName: group.autoScalingGroupName,
        poolState: 'Stopped',
        ...sizes,
        ...(onDemandFallback && { instanceReusePolicy: { reuseOnScaleIn: true } }),
      });
    }
    const parameter = new WorkerSettingsParameter(this, 'WorkerSettings', workerSettings);
    // Also in which order they are deleted: instances that drain need their way to AWS, their rights and their settings until
    // the group is gone. CloudFormation knows only what a property names.
    for (const group of groups)
      group.node.addDependency(network, network.vpc.internetConnectivityEstablished, role, parameter);
    new SuspendProcesses(this, 'SuspendRebalancing', {
      logRetentionDays: settings.logRetentionDays,
      autoScalingGroup: this.autoScalingGroup,
      ...(this.onDemandGroup && { otherGroups: { OnDemand: this.onDemandGroup } }),
      processes: ['AZRebalance'],
    });
  }

  /** A worker has one dead-letter queue, and treats the messages of all queues alike. */
  private checkOtherJobs(jobs: JobQueue, others: Record<string, JobQueue | undefined>): void {
    const text = (value: unknown) => JSON.stringify(Stack.of(this).resolve(value));
    const problems: string[] = [];
    const names = Object.keys(jobs.settings) as (keyof JobQueue['settings'])[];
    for (const [prop, other] of Object.entries(others)) {
      if (!other) continue;
      const [queue, expected] = [other.deadLetterQueue, jobs.deadLetterQueue];
      if (text(queue.queueUrl) !== text(expected.queueUrl))
        problems.push(
          `${prop} with deadLetterQueue '${queue.node.path}': that of jobs, which is '${expected.node.path}'`,
        );
      for (const name of names.filter((one) => text(other.settings[one]) !== text(jobs.settings[one])))
        problems.push(
          `${prop} with ${name} ${other.settings[name]}: that of jobs, which is ${jobs.settings[name]}`,
        );
    }
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
