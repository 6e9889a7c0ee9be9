/** The scaler: a function that ticks several times a minute, its schedule and its memory. */
import { join } from 'node:path';
import { Duration, Stack, Token, type CfnElement } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MEMORY_KEY, WORK_KEY } from '../contract/names.ts';
import type { ScalerVariable, Spending } from '../contract/scaler.ts';
import { DEFAULT_POLICY, type PolicySettings } from '../contract/policy.ts';
import { groupArn, GROUP_WILDCARD, onlyItem } from './arns.ts';
import { BundledFunction } from './bundled-function.ts';
import { refused } from './checks.ts';
import { DEFAULT_TICK_SECONDS } from './defaults.ts';
import { GpuFleet } from './gpu-fleet.ts';
import { acknowledge, PUBLISH_METRICS } from './permissions.ts';
import { checkProps } from './rules.ts';
import { ScalerTable } from './scaler-table.ts';
import { listPrices } from './spending.ts';

const PERIOD = Duration.minutes(1);

export interface BacklogScalerProps {
  /** Tells this scaler's metrics and alarms from others': the value of their dimension `Stage`. */
  readonly stageName: string;
  /** Whose messages are the work. */
  readonly queue: sqs.IQueue;
  /** What is sized: its desired capacity, within its own minimum and maximum. Nothing else may set that. */
  readonly autoScalingGroup: autoscaling.IAutoScalingGroup;
  /**
   * How the fleet is sized.
   *
   * @default - `slo`: a mean wait of 10 s; the last instance goes when the queue was empty for 300 s
   */
  readonly policy?: PolicySettings;
  /**
   * Seconds between two ticks; must divide 60.
   *
   * @default 30
   */
  readonly tickSeconds?: number;
  /**
   * The scaler's memory, and where workers add up what they have done; for a `GpuFleet`, that fleet's.
   *
   * @default - a new table
   */
  readonly table?: dynamodb.ITable;
  /**
   * USD an hour on demand by instance type, for the metrics of cost; what has none counts as the dearest.
   *
   * @default - list prices on demand in us-east-1 of the GPU types that `contract/prices.ts` knows
   */
  readonly hourlyPrices?: Record<string, number>;
  /**
   * Instances of the group that are on demand before the Spot share applies, for the metrics of cost.
   *
   * @default 0
   */
  readonly onDemandBaseCapacity?: number;
  /**
   * Share of the group's other instances that are Spot, in per cent, for the metrics of cost; Spot counts as half the price.
   *
   * @default 0 - the cost is reckoned as if all were on demand
   */
  readonly spotPercentage?: number;
  /**
   * USD that instances may cost between two midnights UTC.
   *
   * @default - no limit
   */
  readonly dailySpendLimit?: number;
  /**
   * Whether the fleet stops growing for the rest of the day once that is reached; with `dailySpendLimit` only.
   *
   * @default false
   */
  readonly spendBrake?: boolean;
}

/** Sizes an Auto Scaling group by the backlog of a queue, and publishes what it saw and decided. */
export class BacklogScaler extends Construct {
  readonly handler: lambda.IFunction;
  readonly table: dynamodb.ITable;

  constructor(scope: Construct, id: string, props: BacklogScalerProps) {
    super(scope, id);
    const { stageName, queue, tickSeconds = DEFAULT_TICK_SECONDS } = props;
    const { policy = DEFAULT_POLICY, dailySpendLimit, onDemandBaseCapacity, spotPercentage } = props;
    const spends = { dailySpendLimit, onDemandBaseCapacity, spotPercentage };
    const limits = limitsOf(props.autoScalingGroup);
    // They become text in the function's environment, where a token would be lost: none is let through.
    checkProps(this.node.path, { ...limits, ...spends, policy, tickSeconds }, () => false);
    const problems = [...problemsOf(props)];
    if (problems.length > 0) throw refused(this.node.path, problems);
    const groupName = props.autoScalingGroup.autoScalingGroupName;
    this.table = props.table ?? new ScalerTable(this, 'Table');
    const spending: Spending = {
      hourlyPrices: props.hourlyPrices ?? listPrices(),
      onDemandBaseCapacity: onDemandBaseCapacity ?? 0,
      spotPercentage: spotPercentage ?? 0,
      dailyLimit: dailySpendLimit ?? null,
      brake: props.spendBrake ?? false,
    };
    const handler = new BundledFunction(this, 'Function', {
      entry: join(import.meta.dirname, '..', 'lambda', 'scaler', 'handler.ts'),
      // The last tick begins before the minute is over; this is for it to end.
      timeout: Duration.seconds(75),
      // A retry would replay an old tick: the next one is the retry.
      retryAttempts: 0,
      maxEventAge: PERIOD,
      environment: {
        STAGE: stageName,
        QUEUE_URL: queue.queueUrl,
        GROUP_NAME: groupName,
        TABLE_NAME: this.table.tableName,
        TICK_SECONDS: String(tickSeconds),
        POLICY: JSON.stringify(policy),
        SPENDING: JSON.stringify(spending),
      } satisfies Record<ScalerVariable, string>,
    });
    this.handler = handler.function;
    const { tableArn } = this.table;
    handler.allow({ actions: ['sqs:GetQueueAttributes'], resources: [queue.queueArn] });
    handler.allow({
      actions: ['autoscaling:SetDesiredCapacity'],
      resources: [groupArn(this, groupName)],
      wildcard: GROUP_WILDCARD,
    });
    handler.allow({
      actions: ['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeScalingActivities'],
      resources: ['*'],
      wildcard: 'reading groups and their activities: AWS allows no narrower resource',
    });
    handler.allow({
      actions: ['dynamodb:UpdateItem'],
      resources: [tableArn],
      conditions: onlyItem(MEMORY_KEY),
    });
    handler.allow({ actions: ['dynamodb:GetItem'], resources: [tableArn], conditions: onlyItem(WORK_KEY) });
    handler.allow(PUBLISH_METRICS);
    new scheduler.Schedule(this, 'Schedule', {
      // At each minute's start. A rate would first fire a whole minute after its creation.
      schedule: scheduler.ScheduleExpression.cron(EACH_MINUTE),
      timeWindow: scheduler.TimeWindow.off(),
      target: new LambdaInvoke(handler.function, {
        role: this.scheduleRole(),
        retryAttempts: 0,
        maxEventAge: PERIOD,
        input: scheduler.ScheduleTargetInput.fromObject({
          scheduledTime: scheduler.ContextAttribute.scheduledTime,
        }),
      }),
    });
  }

  /** What EventBridge Scheduler calls the function as: this account's schedules only. */
  private scheduleRole(): iam.Role {
    const { account } = Stack.of(this);
    const role = new iam.Role(this, 'ScheduleRole', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    });
    // The CDK's target adds the versions of the function, of which there are none.
    acknowledge(
      role,
      `AwsSolutions-IAM5[Resource::<${this.logicalIdOfHandler()}.Arn>:*]`,
      'versions of the one function',
    );
    return role;
  }

  private logicalIdOfHandler(): string {
    const stack = Stack.of(this);
    return stack.resolve(stack.getLogicalId(this.handler.node.defaultChild as CfnElement)) as string;
  }
}

/** The limits of a group; none of one that was not made in this app. */
function limitsOf({ node }: autoscaling.IAutoScalingGroup) {
  const group = node.defaultChild;
  if (!(group instanceof autoscaling.CfnAutoScalingGroup)) return {};
  const known = (size: string) => (Token.isUnresolved(size) ? undefined : Number(size));
  return { minCapacity: known(group.minSize), maxCapacity: known(group.maxSize) };
}

/** What no stage can get wrong: it has a limit always, and one table. */
function* problemsOf({ spendBrake, dailySpendLimit, autoScalingGroup, table }: BacklogScalerProps) {
  if (spendBrake && dailySpendLimit === undefined) {
    yield 'spendBrake true: with dailySpendLimit only, which is not given';
  }
  const fleet = autoScalingGroup.node.scope;
  // Its workers would add up what they have done where this scaler never looks.
  if (fleet instanceof GpuFleet && fleet.table.tableName !== table?.tableName) {
    const given = table ? `'${table.node.path}'` : 'undefined';
    yield `table ${given}: that of the GpuFleet that it sizes, which is '${fleet.table.node.path}'`;
  }
}

const EACH_MINUTE = { minute: '*', hour: '*', day: '*', month: '*', year: '*' };
