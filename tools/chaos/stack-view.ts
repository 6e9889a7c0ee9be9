/** What a chaos run reads of the stack: launches, the scaler's decisions, metrics, delivered lines. */
import { AutoScalingClient, DescribeScalingActivitiesCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient, GetMetricStatisticsCommand, type Datapoint } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { clientConfig, localPath } from '../../common/environment.ts';
import { instanceLogGroupName } from '../../contract/logs.ts';
import { METRIC_NAMESPACE, METRICS, STAGE_DIMENSION } from '../../contract/names.ts';
import type { BootFailure } from '../../lambda/scaler/policy/boot-failure.ts';
import { journalFiles } from '../../local/logs/journals.ts';
import { deliveredBytes } from '../../worker/journal/delivery.ts';
import { readMemory } from '../../local/run/memory.ts';
import type { LocalStack } from '../../local/run/stack.ts';
import type { QueueFacts } from './check-queues.ts';

const DAY_MS = 86_400_000;

export class StackView {
  private readonly autoScaling: AutoScalingClient;
  private readonly cloudWatch: CloudWatchClient;
  private readonly logs: CloudWatchLogsClient;
  /** Folder with the journal of each instance. */
  readonly journals = localPath('logs', 'journals');

  constructor(
    private readonly stack: LocalStack,
    private readonly stage: string,
  ) {
    const config = clientConfig(stack.endpoint);
    this.autoScaling = new AutoScalingClient({ ...config, endpoint: stack.agent.url });
    this.cloudWatch = new CloudWatchClient({ ...config, protocol: AwsSmithyRpcV2CborProtocol });
    this.logs = new CloudWatchLogsClient(config);
  }

  /**
   * Launches that the scaler asked for and that began between two times, epoch milliseconds: a hundred at most in each group. Those into a
   * warm pool are Auto Scaling's own.
   */
  async launches(fromMs: number, toMs: number): Promise<number> {
    const asked = this.stack.groupNames.map((AutoScalingGroupName) =>
      this.autoScaling.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName })),
    );
    const activities = (await Promise.all(asked)).flatMap(({ Activities = [] }) => Activities);
    return activities.filter(({ Description, StartTime }) => {
      const at = StartTime?.getTime() ?? 0;
      return (
        Description?.startsWith('Launching') &&
        !Description.includes('into warm pool') &&
        at >= fromMs &&
        at <= toMs
      );
    }).length;
  }

  /** The latest decisions, and the latest launches that failed. */
  async scaler(): Promise<{ decisions: { at: number; reason: string }[]; failures: BootFailure[] }> {
    const memory = await readMemory(this.stack);
    return { decisions: memory?.recent ?? [], failures: memory?.policy.bootFailure?.latest ?? [] };
  }

  /** Sum of the metric. */
  async deliveryFailures(): Promise<number> {
    const datapoints = await this.datapoints(METRICS.logDeliveryFailures, 'Sum');
    return datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
  }

  /** Largest values of what the scaler publishes of the job queues; null: it has published none. */
  async queues(): Promise<QueueFacts['published']> {
    const most = async (metric: string) => {
      const values = (await this.datapoints(metric, 'Maximum')).flatMap(({ Maximum }) => Maximum ?? []);
      return values.length === 0 ? null : Math.max(...values);
    };
    const { visible, sidelinedVisible, bulkVisible, bulkDeadlineUsed } = METRICS;
    const all = [visible, sidelinedVisible, bulkVisible, bulkDeadlineUsed].map(most);
    const [interactive = null, sidelined = null, bulk = null, deadlineUsed = null] = await Promise.all(all);
    return { visible: { interactive, sidelined, bulk }, deadlineUsed };
  }

  private async datapoints(MetricName: string, statistic: 'Sum' | 'Maximum'): Promise<Datapoint[]> {
    const { Datapoints = [] } = await this.cloudWatch.send(
      new GetMetricStatisticsCommand({
        Namespace: METRIC_NAMESPACE,
        MetricName,
        Dimensions: [{ Name: STAGE_DIMENSION, Value: this.stage }],
        StartTime: new Date(Date.now() - DAY_MS),
        EndTime: new Date(Date.now() + 60_000),
        Period: 60,
        Statistics: [statistic],
      }),
    );
    return Datapoints;
  }

  /** Bytes of an instance's journal: written, and delivered by its agent. */
  delivery(instanceId: string): { written: number; delivered: number } {
    const { log, state } = journalFiles(this.journals, instanceId);
    const written = existsSync(log) ? statSync(log).size : 0;
    return { written, delivered: existsSync(state) ? deliveredBytes(readFileSync(state, 'utf8')) : 0 };
  }

  /** Lines of an instance in CloudWatch Logs. */
  async lines(instanceId: string): Promise<Set<string>> {
    const found = new Set<string>();
    let nextToken: string | undefined;
    for (;;) {
      const { events = [], nextForwardToken } = await this.logs.send(
        new GetLogEventsCommand({
          logGroupName: instanceLogGroupName(this.stage),
          logStreamName: instanceId,
          startFromHead: true,
          ...(nextToken !== undefined && { nextToken }),
        }),
      );
      for (const { message } of events) if (message !== undefined) found.add(message);
      // The last page names itself as the next.
      if (events.length === 0 || nextForwardToken === nextToken) return found;
      nextToken = nextForwardToken;
    }
  }
}
