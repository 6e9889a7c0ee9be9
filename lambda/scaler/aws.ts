/** The scaler's ports on AWS. No decision is taken here. */
import type { AutoScalingClient, Instance } from '@aws-sdk/client-auto-scaling';
import {
  DescribeAutoScalingGroupsCommand,
  DescribeScalingActivitiesCommand,
  SetDesiredCapacityCommand,
} from '@aws-sdk/client-auto-scaling';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { PutMetricDataCommand, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetQueueAttributesCommand, type QueueAttributeName, type SQSClient } from '@aws-sdk/client-sqs';
import {
  CONTROL_DIMENSION,
  MEMORY_KEY,
  METRIC_NAMESPACE,
  METRICS,
  REASON_DIMENSION,
  STAGE_DIMENSION,
  TABLE_KEY,
  VIEW_ATTRIBUTE,
  WORK_ATTRIBUTES,
  WORK_KEY,
} from '../../contract/names.ts';
import type { View } from '../../contract/view.ts';
import { failedLaunch, type FailedLaunch } from './activities.ts';
import { fromItem, toItem } from './memory.ts';
import type { ControlName } from './policy/controls.ts';
import type { Counts, Fleet, Memory, MemoryState, Metrics, TickMetrics, Work } from './tick.ts';

export class SqsCounts implements Counts {
  constructor(
    private readonly sqs: SQSClient,
    private readonly queueUrl: string,
  ) {}

  async read() {
    const { Attributes } = await this.sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.queueUrl,
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    const count = (name: QueueAttributeName) => {
      // Number(undefined ?? '') would be a zero that nobody counted.
      const text = Attributes?.[name];
      if (text === undefined || !/^\d+$/.test(text))
        throw new Error(`${this.queueUrl} gave ${name} as '${text}'`);
      return Number(text);
    };
    return {
      visible: count('ApproximateNumberOfMessages'),
      inFlight: count('ApproximateNumberOfMessagesNotVisible'),
    };
  }
}

/** States in which an instance runs and is part of the fleet; those of a warm pool, as of late, are stopped. */
const COSTS = /^(Pending|InService|Terminating)/;

function typesOf(instances: Instance[]): Record<string, number> {
  const types: Record<string, number> = {};
  for (const { InstanceType: type } of instances) if (type) types[type] = (types[type] ?? 0) + 1;
  return types;
}

export class AutoScalingFleet implements Fleet {
  constructor(
    private readonly autoScaling: AutoScalingClient,
    private readonly groupName: string,
  ) {}

  async read() {
    const { AutoScalingGroups } = await this.autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [this.groupName] }),
    );
    const group = AutoScalingGroups?.[0];
    if (group?.DesiredCapacity === undefined || group.MinSize === undefined || group.MaxSize === undefined) {
      throw new Error(`there is no Auto Scaling group '${this.groupName}'`);
    }
    // States unknown today belong to none of the three: capacity that nobody knows the use of.
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
      types: typesOf(instances.filter(({ LifecycleState }) => COSTS.test(LifecycleState ?? ''))),
    };
  }

  async failedLaunches(since: number) {
    // One page of what is new. Paging through weeks of history at each tick gets a whole account throttled.
    const { Activities } = await this.autoScaling.send(
      new DescribeScalingActivitiesCommand({
        AutoScalingGroupName: this.groupName,
        Filters: [{ Name: 'StartTimeLowerBound', Values: [new Date(since * 1000).toISOString()] }],
        MaxRecords: 100,
      }),
    );
    const failed = (Activities ?? []).filter(
      ({ StatusCode, Description }) =>
        (StatusCode === 'Failed' || StatusCode === 'Cancelled') && Description?.startsWith('Launching'),
    );
    return failed.map(failedLaunch);
  }

  async setDesired(desired: number) {
    const AutoScalingGroupName = this.groupName;
    await this.autoScaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity: desired, HonorCooldown: false }),
    );
  }
}

/** The counters that workers add to, in an item beside the memory. */
export class DynamoWork implements Work {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async read() {
    const { Item } = await this.documents.send(
      new GetCommand({ TableName: this.tableName, Key: { [TABLE_KEY]: WORK_KEY } }),
    );
    if (!Item) return undefined;
    const number = (name: string) => {
      const value: unknown = Item[name];
      if (typeof value !== 'number') throw new Error(`item '${WORK_KEY}' gave ${name} as '${String(value)}'`);
      return value;
    };
    return {
      completed: number(WORK_ATTRIBUTES.completed),
      busySeconds: number(WORK_ATTRIBUTES.busySeconds),
    };
  }
}

export class DynamoMemory implements Memory {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async open(owner: string, at: number, leaseSeconds: number) {
    try {
      const { Attributes } = await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [TABLE_KEY]: MEMORY_KEY },
          UpdateExpression: 'SET leaseOwner = :me, leaseUntil = :until',
          ConditionExpression: 'attribute_not_exists(leaseUntil) OR leaseUntil < :now OR leaseOwner = :me',
          ExpressionAttributeValues: { ':me': owner, ':until': at + leaseSeconds, ':now': at },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return fromItem(Attributes, (why) =>
        console.error(JSON.stringify({ message: 'memory set aside', why })),
      );
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  async release(owner: string) {
    try {
      await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [TABLE_KEY]: MEMORY_KEY },
          UpdateExpression: 'REMOVE leaseOwner, leaseUntil',
          ConditionExpression: 'leaseOwner = :me',
          ExpressionAttributeValues: { ':me': owner },
        }),
      );
    } catch (error) {
      // Another run has taken it since: there is nothing of ours to release.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async save(owner: string, state: Omit<MemoryState, 'controls'>, view?: View) {
    const attributes = { ...toItem(state), ...(view ? { [VIEW_ATTRIBUTE]: view } : {}) };
    const entries = Object.entries(attributes);
    await this.documents.send(
      new UpdateCommand({
        TableName: this.tableName,
        Key: { [TABLE_KEY]: MEMORY_KEY },
        UpdateExpression: `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: 'leaseOwner = :me',
        ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ':me': owner,
          ...Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
        },
      }),
    );
  }
}

/** How many failed for the same reason in the same place. */
function countedBy(failed: FailedLaunch[]): [dimensions: { Name: string; Value: string }[], count: number][] {
  const counts = new Map<string, number>();
  for (const { code, instanceType = 'unknown', availabilityZone = 'unknown' } of failed) {
    const key = JSON.stringify({
      Code: code,
      InstanceType: instanceType,
      AvailabilityZone: availabilityZone,
    });
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => [
    Object.entries(JSON.parse(key) as Record<string, string>).map(([Name, Value]) => ({ Name, Value })),
    count,
  ]);
}

/** The data of one tick. What could not be read is left out: a gap in a graph is true, a zero would not be. */
export function metricData(stage: string, tick: TickMetrics): MetricDatum[] {
  const { at, reason, counts, fleet, needed, calculation, unfulfilled } = tick;
  const { failedLaunches = [], controls = {}, dryRunDesired, figures } = tick;
  const Dimensions = [{ Name: STAGE_DIMENSION, Value: stage }];
  const datum = (
    MetricName: string,
    Value: number,
    {
      Unit = 'Count',
      more = Dimensions,
    }: { Unit?: 'Count' | 'Seconds' | 'Percent' | 'None'; more?: typeof Dimensions } = {},
  ): MetricDatum => ({ MetricName, Value, Unit, Timestamp: new Date(at * 1000), Dimensions: more });
  const data = [
    datum(METRICS.decisions, 1, { more: [...Dimensions, { Name: REASON_DIMENSION, Value: reason }] }),
    datum(METRICS.metricsUnavailable, reason === 'metrics-unavailable' ? 1 : 0),
    datum(METRICS.failedTicks, tick.failed && reason !== 'metrics-unavailable' ? 1 : 0),
  ];
  if (counts) data.push(datum(METRICS.visible, counts.visible), datum(METRICS.inFlight, counts.inFlight));
  if (fleet) {
    data.push(datum(METRICS.desired, fleet.desired), datum(METRICS.inService, fleet.inService));
    data.push(datum(METRICS.pending, fleet.pending), datum(METRICS.draining, fleet.draining));
  }
  if (counts && fleet) {
    const backlog = counts.visible + counts.inFlight;
    data.push(datum(METRICS.backlogPerInstance, backlog / Math.max(1, fleet.inService)));
  }
  if (unfulfilled !== undefined) data.push(datum(METRICS.unfulfilled, unfulfilled));
  for (const [dimensions, count] of countedBy(failedLaunches)) {
    data.push(datum(METRICS.failedLaunches, count, { more: [...Dimensions, ...dimensions] }));
  }
  // Only while one holds: a series that is nearly always zero costs as much as any.
  for (const [name, control] of Object.entries(controls) as [ControlName, { instances?: number }][]) {
    const value = name === 'dryRun' ? dryRunDesired : (control.instances ?? 1);
    const named = [...Dimensions, { Name: CONTROL_DIMENSION, Value: name }];
    if (value !== undefined) data.push(datum(METRICS.control, value, { more: named }));
  }
  if (needed !== undefined) data.push(datum(METRICS.needed, needed));
  if (calculation) {
    const { rate, serviceSeconds, bootSeconds, late, meanWait, queuedThen } = calculation;
    data.push(datum(METRICS.arrivalsPerMinute, rate * 60), datum(METRICS.late, late));
    data.push(datum(METRICS.forecast, queuedThen));
    data.push(datum(METRICS.serviceTime, serviceSeconds, { Unit: 'Seconds' }));
    data.push(datum(METRICS.bootTime, bootSeconds, { Unit: 'Seconds' }));
    if (meanWait !== null) data.push(datum(METRICS.meanWait, meanWait, { Unit: 'Seconds' }));
  }
  if (figures) {
    data.push(datum(METRICS.costPerHour, figures.perHour, { Unit: 'None' }));
    data.push(datum(METRICS.spentToday, figures.spentToday, { Unit: 'None' }));
    if (figures.busy !== undefined)
      data.push(datum(METRICS.gpuBusy, 100 * figures.busy, { Unit: 'Percent' }));
  }
  return data;
}

export class CloudWatchMetrics implements Metrics {
  constructor(
    private readonly cloudWatch: CloudWatchClient,
    private readonly stage: string,
  ) {}

  async publish(metrics: TickMetrics) {
    const MetricData = metricData(this.stage, metrics);
    await this.cloudWatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
  }
}
