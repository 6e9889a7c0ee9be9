/** The metrics of a stage as CDK metrics: its own by the stage's name, those of its queues by the queue. */
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import {
  EVENT_METRICS,
  METRIC_NAMESPACE,
  POOL_DIMENSION,
  STAGE_DIMENSION,
  WEBHOOK_METRICS,
} from '../contract/names.ts';
import type { PanelSeries, WatchedQueue } from '../contract/panels.ts';

/** Metrics of ours that only a stage with such a queue has. */
const QUEUE_OF: ReadonlyMap<string, WatchedQueue> = new Map([
  ...Object.values(EVENT_METRICS).map((name) => [name, 'outcomes'] as const),
  ...Object.values(WEBHOOK_METRICS).map((name) => [name, 'webhookDeadLetters'] as const),
]);

/** Functions of which AWS's own metrics are watched. */
export type WatchedFunction = 'gateway' | 'eventSweep' | 'webhookSweep';

/** AWS's own metrics of the gateway: those of its HTTP API, and of its function. */
export interface GatewayNames {
  readonly apiId: string;
  readonly functionName: string;
}

export interface MetricOf extends Pick<PanelSeries, 'metric' | 'queue' | 'dimension'> {
  /** @default - the name of the metric */
  readonly label?: string;
  /** What AWS publishes the metric of: the gateway's HTTP API, or a function. @default - none */
  readonly service?: 'api' | WatchedFunction;
  /** A statistic of CloudWatch, `SampleCount` included. */
  readonly statistic: string;
}

export class StageMetrics {
  constructor(
    private readonly stageName: string,
    private readonly queues: { jobs: sqs.IQueue } & Partial<Record<WatchedQueue, sqs.IQueue | undefined>>,
    /** An id of the HTTP API, and names of functions. */
    private readonly services: Partial<Record<'api' | WatchedFunction, string | undefined>> = {},
    /** Whether the fleet has two groups, whose metrics have a pool. */
    private readonly hasPools = false,
  ) {}

  /** Whether the metric exists: not every queue has a dead-letter queue, nor every stage a gateway or two groups. */
  has({ metric, queue, service, dimension }: Omit<MetricOf, 'label' | 'statistic'>): boolean {
    const owner = QUEUE_OF.get(metric);
    if (owner !== undefined && !this.queues[owner]) return false;
    if (dimension?.[0] === POOL_DIMENSION && !this.hasPools) return false;
    if (service !== undefined) return this.services[service] !== undefined;
    return queue === undefined || this.queues[queue] !== undefined;
  }

  of(
    { metric, statistic, queue, dimension, service, label }: MetricOf,
    period = Duration.minutes(1),
  ): cloudwatch.Metric {
    const common = { statistic, label, period };
    if (service !== undefined) {
      const name = this.services[service];
      if (name === undefined) throw new Error(`metric '${metric}': there is no '${service}'`);
      return new cloudwatch.Metric({
        ...common,
        namespace: service === 'api' ? 'AWS/ApiGateway' : 'AWS/Lambda',
        metricName: metric,
        dimensionsMap: { [service === 'api' ? 'ApiId' : 'FunctionName']: name },
      });
    }
    if (queue === undefined) {
      const dimensionsMap = {
        [STAGE_DIMENSION]: this.stageName,
        ...(dimension && { [dimension[0]]: dimension[1] }),
      };
      return new cloudwatch.Metric({
        ...common,
        namespace: METRIC_NAMESPACE,
        metricName: metric,
        dimensionsMap,
      });
    }
    const found = this.queues[queue];
    if (!found) throw new Error(`metric '${metric}': there is no queue of '${queue}'`);
    return found.metric(metric, common);
  }
}
