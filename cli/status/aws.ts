/** Reads the parts of a status from AWS. */
import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient, DescribeAlarmsCommand, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { GetQueueAttributesCommand, SQSClient, type QueueAttributeName } from '@aws-sdk/client-sqs';
import { alarmName, alarmPrefix } from '../../contract/alarms.ts';
import { CONDITION_ALARM_IDS } from '../../contract/burn-rates.ts';
import { QUEUE_OUTPUTS } from '../../contract/lanes.ts';
import { QUEUE_METRICS } from '../../contract/panels.ts';
import { UserError } from '../../common/errors.ts';
import { awsCall } from '../shared/aws-errors.ts';
import type { Outputs } from '../shared/stack.ts';
import { output, type Deployment } from '../shared/deployment.ts';
import { scalerMemoryOf } from '../shared/scaler-memory.ts';
import { documentsOf, readItem } from '../shared/table.ts';
import { bothPools, type Alarm, type FleetCounts, type QueueCounts, type StatusPorts } from './parts.ts';

/** CloudWatch has the age of the oldest message for each minute, a few minutes late. */
const AGE_SECONDS = 600;

/** @param outputs rejects on each call when the stack could not be read */
export function statusPorts(
  place: Deployment,
  outputs: () => Promise<Outputs>,
  signal: AbortSignal,
): StatusPorts {
  const sqs = new SQSClient(place.config);
  const autoScaling = new AutoScalingClient(place.autoScalingConfig);
  const cloudWatch = new CloudWatchClient(place.config);
  const documents = documentsOf(place.config);
  const named = async (name: string) => output(await outputs(), name, place);

  const attributesOf = async <Name extends QueueAttributeName>(which: string, names: Name[]) => {
    const QueueUrl = await named(which);
    const get = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names });
    const { Attributes } = await awsCall(
      `queue ${QueueUrl}`,
      'sqs:GetQueueAttributes on the job queues and the dead-letter queue',
      signal,
      () => sqs.send(get, { abortSignal: signal }),
    );
    return names.map((name) => {
      const text = Attributes?.[name];
      if (text !== undefined && /^\d+$/.test(text)) return Number(text);
      throw new UserError(`queue ${QueueUrl} gave ${name} as '${text}'.`);
    });
  };

  const countsOf = async (which: string): Promise<QueueCounts> => {
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const [waiting = 0, inFlight = 0] = await attributesOf(which, [...names]);
    return { waiting, inFlight };
  };

  return {
    async queue() {
      // A stack from before the second queue has none.
      const hasSecond = (await outputs())[QUEUE_OUTPUTS.sidelined] !== undefined;
      const [first, second] = await Promise.all([
        countsOf(QUEUE_OUTPUTS.interactive),
        hasSecond ? countsOf(QUEUE_OUTPUTS.sidelined) : undefined,
      ]);
      if (!second) return first;
      return {
        waiting: first.waiting + second.waiting,
        inFlight: first.inFlight + second.inFlight,
        sidelined: second.waiting,
      };
    },
    // A stack from before the bulk lane has no such queue.
    bulk: async () =>
      (await outputs())[QUEUE_OUTPUTS.bulk] === undefined ? null : countsOf(QUEUE_OUTPUTS.bulk),
    async oldest() {
      // The local AWS publishes no metrics of SQS.
      if (place.local) return { first: null, sidelined: null };
      const second = (await outputs())[QUEUE_OUTPUTS.sidelined];
      const urls = [await named(QUEUE_OUTPUTS.interactive), ...(second === undefined ? [] : [second])];
      const now = Date.now();
      const get = new GetMetricDataCommand({
        StartTime: new Date(now - AGE_SECONDS * 1000),
        EndTime: new Date(now),
        ScanBy: 'TimestampDescending',
        MetricDataQueries: urls.map((url, k) => ({
          Id: `queue${k}`,
          MetricStat: {
            Metric: {
              Namespace: 'AWS/SQS',
              MetricName: QUEUE_METRICS.oldestAge.metric,
              Dimensions: [{ Name: 'QueueName', Value: url.split('/').at(-1) ?? '' }],
            },
            Period: 60,
            Stat: 'Maximum',
          },
        })),
      });
      const { MetricDataResults = [] } = await awsCall('CloudWatch', 'cloudwatch:GetMetricData', signal, () =>
        cloudWatch.send(get, { abortSignal: signal }),
      );
      const ageOf = (k: number) =>
        MetricDataResults.find(({ Id }) => Id === `queue${k}`)?.Values?.[0] ?? null;
      return { first: ageOf(0), sidelined: ageOf(1) };
    },
    async deadLetters() {
      const [visible = 0] = await attributesOf('DeadLetterQueueUrl', ['ApproximateNumberOfMessages']);
      return visible;
    },
    async fleet() {
      const name = await named('GroupName');
      // Of a stage with two pools.
      const onDemandName = (await outputs())['OnDemandGroupName'];
      const names = onDemandName === undefined ? [name] : [name, onDemandName];
      const get = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: names });
      const { AutoScalingGroups = [] } = await awsCall(
        `group ${names.join(' and ')}`,
        'autoscaling:DescribeAutoScalingGroups',
        signal,
        () => autoScaling.send(get, { abortSignal: signal }),
      );
      const groupOf = (which: string) =>
        fleetCountsOf(
          which,
          AutoScalingGroups.find((group) => group.AutoScalingGroupName === which),
        );
      const spot = groupOf(name);
      if (onDemandName === undefined) return spot;
      return bothPools(spot, groupOf(onDemandName));
    },
    memory: async () => scalerMemoryOf(await readItem(documents, await named('TableName'), signal)),
    async alarms() {
      const alarms: Alarm[] = [];
      let NextToken: string | undefined;
      do {
        const get = new DescribeAlarmsCommand({
          AlarmNamePrefix: alarmPrefix(place.stage),
          // Without it, CloudWatch leaves composite alarms out.
          AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
          NextToken,
        });
        const page = await awsCall('CloudWatch', 'cloudwatch:DescribeAlarms', signal, () =>
          cloudWatch.send(get, { abortSignal: signal }),
        );
        for (const { AlarmName, StateValue, StateTransitionedTimestamp, StateUpdatedTimestamp } of [
          ...(page.MetricAlarms ?? []),
          ...(page.CompositeAlarms ?? []),
        ]) {
          const since = StateTransitionedTimestamp ?? StateUpdatedTimestamp;
          alarms.push({
            name: AlarmName ?? '',
            state: StateValue ?? 'INSUFFICIENT_DATA',
            since: (since?.getTime() ?? NaN) / 1000,
          });
        }
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      const conditions = CONDITION_ALARM_IDS.map((id) => alarmName(place.stage, id));
      return alarms
        .filter(({ name }) => !conditions.includes(name))
        .sort((a, b) => a.name.localeCompare(b.name));
    },
  };
}

/** @throws UserError where there is no such group */
function fleetCountsOf(name: string, group: AutoScalingGroup | undefined): FleetCounts {
  const { DesiredCapacity: desired, MinSize: min, MaxSize: max, Instances = [] } = group ?? {};
  if (desired === undefined || min === undefined || max === undefined) {
    throw new UserError(`There is no Auto Scaling group '${name}'.`);
  }
  const inState = (prefix: string) =>
    Instances.filter(({ LifecycleState }) => LifecycleState?.startsWith(prefix)).length;
  return {
    ...{ desired, min, max, inService: inState('InService') },
    ...{ pending: inState('Pending'), draining: inState('Terminating') },
  };
}
