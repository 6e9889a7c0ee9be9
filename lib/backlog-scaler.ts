/** The scaler: a function that ticks several times a minute, its schedule and its table. */
import { join } from 'node:path';
import { Duration, Token } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import * as events from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { withDefaults } from '../contract/field.ts';
import { FOLDERS } from '../contract/lanes.ts';
import { LAUNCH_TIMEOUT_SECONDS, LEASE_ATTRIBUTE, MEMORY_KEY } from '../contract/names.ts';
import type { ScalerVariable, Spending } from '../contract/scaler.ts';
import { groupArn, GROUP_WILDCARD, onlyItem, onlyItems } from './arns.ts';
import { BundledFunction, type BundledFunctionProps } from './bundled-function.ts';
import { GpuFleet } from './gpu-fleet.ts';
import { PUBLISH_METRICS } from './permissions.ts';
import type { PhotoStore } from './photo-store.ts';
import { checkProps, checkStageName, invalidProps, refuseTokens } from './props.ts';
import { poolVariables } from './scaler-pools.ts';
import { readView, ScalerTable } from './scaler-table.ts';
import { ScheduleRole } from './schedule-role.ts';
import type { LogOptions } from './stage/logs.ts';
import { SCALING_FIELDS, type ScalingOptions } from './stage/scaling.ts';
import { workflowsVariable } from './workflow-variables.ts';
import { listPrices } from './stage/spending.ts';

const PERIOD = Duration.minutes(1);

export interface BacklogScalerProps extends ScalingOptions, LogOptions {
  /** Identifies the metrics and alarms of this scaler: the value of their dimension `Stage`. */
  readonly stageName: string;
  /** Queue with one message for each job. */
  readonly queue: sqs.IQueue;
  /**
   * Queue of the bulk lane: its jobs fill what `queue` leaves of the fleet, and are done by `bulkDeadlineSeconds`.
   *
   * @default - there is no bulk lane
   */
  readonly bulkQueue?: sqs.IQueue;
  /**
   * Second queue of the same promise as `queue`: the messages of both are counted together.
   *
   * @default - there is none
   */
  readonly sidelinedQueue?: sqs.IQueue;
  /**
   * Photos whose arrival at a fleet of size zero starts a tick at once; for a group whose minimum is 0. Their bucket then sends each of its
   * events to EventBridge, at USD 1 a million.
   *
   * @default - a fleet at zero is woken by the next tick
   */
  readonly photos?: PhotoStore;
  /**
   * Group whose desired capacity is set, within its own minimum and maximum; of a `GpuFleet` its `autoScalingGroup`, with the on-demand
   * group that it may have. Nothing else may set it.
   */
  readonly autoScalingGroup: autoscaling.IAutoScalingGroup;
  /**
   * Table of the scaler's memory, in which workers count what they have done; for a `GpuFleet`, that fleet's.
   *
   * @default - a new table
   */
  readonly table?: dynamodb.ITable;
  /**
   * On-demand price by instance type, USD an hour, for the metrics of cost. A type without a price counts as the most
   * expensive one.
   *
   * @default - list prices on demand in us-east-1 of the GPU types that `contract/prices.ts` knows
   */
  readonly hourlyPrices?: Record<string, number>;
  /**
   * On-demand instances of the group before the Spot share applies, for the metrics of cost.
   *
   * @default - those of the `GpuFleet`; 0 for another group
   */
  readonly onDemandBaseCapacity?: number;
  /**
   * Share of the group's other instances that are Spot, per cent, for the metrics of cost. Spot counts as half the price.
   *
   * @default - that of the `GpuFleet`; 0 for another group, whose cost is computed as if all were on demand
   */
  readonly spotPercentage?: number;
  /**
   * USD that instances may cost from midnight to midnight UTC.
   *
   * @default - no limit
   */
  readonly dailySpendLimit?: number;
  /**
   * Whether the scaler adds no instances for the rest of the day once `dailySpendLimit` is reached; needs that.
   *
   * @default false
   */
  readonly spendBrake?: boolean;
}

/** Props whose values may be known only at deploy. */
const DEPLOY_TIME: readonly (keyof BacklogScalerProps)[] = ['logRetentionDays'];

/** Sizes an Auto Scaling group by the backlog of a queue, and publishes what it observes and decides. */
export class BacklogScaler extends Construct {
  readonly handler: lambda.IFunction;
  readonly table: dynamodb.ITable;
  readonly logGroup: logs.ILogGroup;

  constructor(scope: Construct, id: string, props: BacklogScalerProps) {
    super(scope, id);
    const { stageName, queue, bulkQueue, sidelinedQueue, dailySpendLimit } = props;
    const fleet = fleetOf(props.autoScalingGroup);
    const { onDemandBaseCapacity, spotPercentage } = { ...fleet?.purchase, ...props };
    const { policy, tickSeconds, bulkDeadlineSeconds } = withDefaults(SCALING_FIELDS, props);
    const costs = { dailySpendLimit, onDemandBaseCapacity, spotPercentage };
    // Numbers become text in the function's environment, where a token would be lost.
    refuseTokens(this, props, DEPLOY_TIME);
    checkStageName(this, stageName);
    checkProps(this, {
      ...(fleet ? sizesOf(fleet) : limitsOf(props.autoScalingGroup)),
      ...costs,
      policy,
      tickSeconds,
      bulkDeadlineSeconds,
    });
    const problems = [...problemsOf(props)];
    if (problems.length > 0) throw invalidProps(this, problems);
    const groupName = props.autoScalingGroup.autoScalingGroupName;
    this.table = props.table ?? new ScalerTable(this, 'Table');
    const spending: Spending = {
      hourlyPrices: props.hourlyPrices ?? listPrices(),
      onDemandBaseCapacity: onDemandBaseCapacity ?? 0,
      spotPercentage: spotPercentage ?? 0,
      dailyLimit: dailySpendLimit ?? null,
      brake: props.spendBrake ?? false,
    };
    const options: BundledFunctionProps = {
      entry: join(import.meta.dirname, '..', 'lambda', 'scaler', 'handler.ts'),
      // The last tick starts before the minute is over, and may take until then.
      timeout: Duration.seconds(75),
      logRetentionDays: props.logRetentionDays,
      // A retry would replay an old tick: the next one is the retry.
      retryAttempts: 0,
      maxEventAge: PERIOD,
      environment: {
        STAGE: stageName,
        QUEUE_URL: queue.queueUrl,
        SIDELINED_QUEUE_URL: sidelinedQueue?.queueUrl ?? '',
        BULK_QUEUE_URL: bulkQueue?.queueUrl ?? '',
        BULK_DEADLINE_SECONDS: String(bulkDeadlineSeconds),
        GROUP_NAME: groupName,
        TABLE_NAME: this.table.tableName,
        WORK_KEY_PREFIX: fleet?.workKeyPrefix ?? '',
        LAUNCH_TIMEOUT_SECONDS: fleet ? String(LAUNCH_TIMEOUT_SECONDS) : '',
        WAKE_BUCKET: props.photos?.bucket.bucketName ?? '',
        TICK_SECONDS: String(tickSeconds),
        POLICY: JSON.stringify(policy),
        SPENDING: JSON.stringify(spending),
        ...poolVariables(this, fleet, policy),
        ...workflowsVariable(fleet?.workflowNames),
      } satisfies Record<ScalerVariable, string>,
    };
    const handler = new BundledFunction(this, 'Function', options);
    this.handler = handler.function;
    this.logGroup = handler.logGroup;
    const { tableArn } = this.table;
    // It looks at messages only for a fleet at zero: a folder or S3's test event, which it deletes, must not boot an instance.
    const look = fleet ? ['sqs:ReceiveMessage', 'sqs:DeleteMessage'] : [];
    const queues = [queue, sidelinedQueue, bulkQueue].filter((one) => one !== undefined);
    handler.allow({
      actions: ['sqs:GetQueueAttributes', ...look],
      resources: queues.map(({ queueArn }) => queueArn),
    });
    const groups = [props.autoScalingGroup, ...(fleet?.onDemandGroup ? [fleet.onDemandGroup] : [])];
    handler.allow({
      actions: ['autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
      resources: groups.map((group) => groupArn(this, group.autoScalingGroupName)),
      wildcard: GROUP_WILDCARD,
    });
    const { warmPool } = fleet ?? {};
    // Instances that do not boot would be launched into it for ever.
    if (warmPool)
      handler.allow({
        actions: ['autoscaling:PutWarmPool'],
        resources: [groupArn(this, warmPool.group.autoScalingGroupName)],
        wildcard: GROUP_WILDCARD,
      });
    handler.allow({
      actions: [
        'autoscaling:DescribeAutoScalingGroups',
        'autoscaling:DescribeScalingActivities',
        ...(warmPool ? ['autoscaling:DescribeWarmPool'] : []),
      ],
      resources: ['*'],
      wildcard: 'reading groups and their activities: AWS allows no narrower resource',
    });
    handler.allow({
      actions: ['dynamodb:UpdateItem'],
      resources: [tableArn],
      conditions: onlyItem(MEMORY_KEY),
    });
    if (fleet)
      handler.allow({
        actions: ['dynamodb:BatchGetItem'],
        resources: [tableArn],
        conditions: onlyItems(`${fleet.workKeyPrefix}*`),
      });
    handler.allow(PUBLISH_METRICS);
    new scheduler.Schedule(this, 'Schedule', {
      // At each minute's start. A rate would first fire a whole minute after its creation.
      schedule: scheduler.ScheduleExpression.cron(EACH_MINUTE),
      timeWindow: scheduler.TimeWindow.off(),
      target: new LambdaInvoke(handler.function, {
        role: new ScheduleRole(this, 'ScheduleRole', handler.function),
        retryAttempts: 0,
        maxEventAge: PERIOD,
        input: scheduler.ScheduleTargetInput.fromObject({
          scheduledTime: scheduler.ContextAttribute.scheduledTime,
        }),
      }),
    });
    if (props.photos) this.wakeBy(props.photos, handler, options, sidelinedQueue !== undefined);
  }

  /**
   * The function itself decides whether the fleet sleeps: a rule that is switched on and off would miss photos meanwhile.
   * It has the scaler's code. Lambda queues the events of each function: in that of the schedule a burst's photos would be ahead of the ticks.
   */
  private wakeBy(
    photos: PhotoStore,
    scaler: BundledFunction,
    options: BundledFunctionProps,
    hasSidelined: boolean,
  ): void {
    photos.sendEvents();
    scaler.allow(readView(this.table, LEASE_ATTRIBUTE));
    const handler = new BundledFunction(this, 'WakeFunction', { ...options, beside: scaler });
    const folders = hasSidelined ? [FOLDERS.interactive, FOLDERS.sidelined] : [FOLDERS.interactive];
    const key = folders.map((folder) => ({ prefix: folder.photos }));
    new events.Rule(this, 'Wake', {
      description: 'A new photo, for which a fleet at zero is woken',
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: { bucket: { name: [photos.bucket.bucketName] }, object: { key } },
      },
      // A repeated event finds the fleet awake. An older one has met a tick.
      targets: [new LambdaFunction(handler.function, { retryAttempts: 2, maxEventAge: PERIOD })],
    });
  }
}

/** The fleet whose workers report; undefined for a group of another kind. */
function fleetOf({ node }: autoscaling.IAutoScalingGroup): GpuFleet | undefined {
  return node.scope instanceof GpuFleet ? node.scope : undefined;
}

/** The sizes of all groups together, where they are known. */
function sizesOf({ limits: { minCapacity, maxCapacity } }: GpuFleet) {
  const known = (size: number) => (Token.isUnresolved(size) ? undefined : size);
  return { minCapacity: known(minCapacity), maxCapacity: known(maxCapacity) };
}

/** The limits of a group; unknown for a group that is not made in this app. */
function limitsOf({ node }: autoscaling.IAutoScalingGroup) {
  const group = node.defaultChild;
  if (!(group instanceof autoscaling.CfnAutoScalingGroup)) return {};
  const known = (size: string) => (Token.isUnresolved(size) ? undefined : Number(size));
  return { minCapacity: known(group.minSize), maxCapacity: known(group.maxSize) };
}

/** Rules for props that a stage cannot break: a stage always has a limit, and one table. */
function* problemsOf({ spendBrake, dailySpendLimit, autoScalingGroup, table }: BacklogScalerProps) {
  if (spendBrake && dailySpendLimit === undefined) {
    yield 'spendBrake true: only with dailySpendLimit, which is not given';
  }
  const fleet = fleetOf(autoScalingGroup);
  if (fleet && autoScalingGroup === fleet.onDemandGroup) {
    yield `autoScalingGroup '${autoScalingGroup.node.path}': the autoScalingGroup of the GpuFleet, with which its onDemandGroup is sized`;
  }
  // The workers would count in a table that this scaler never reads.
  if (fleet && fleet.table.tableName !== table?.tableName) {
    const given = table ? `'${table.node.path}'` : 'undefined';
    yield `table ${given}: the table of the GpuFleet that it sizes, which is '${fleet.table.node.path}'`;
  }
}

const EACH_MINUTE = { minute: '*', hour: '*', day: '*', month: '*', year: '*' };
