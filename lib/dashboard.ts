/** A first dashboard: is work being done, how large is the fleet and why. */
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import {
  METRIC_NAMESPACE,
  METRICS,
  OUTCOME_DIMENSION,
  REASON_DIMENSION,
  STAGE_DIMENSION,
} from '../contract/names.ts';
import type { Outcome } from '../ami/worker/message.ts';
import type { Reason } from '../lambda/scaler/policy.ts';
import type { Stage } from './config.ts';
import type { JobQueue } from './job-queue.ts';

/** One line each in the graph of decisions; the compiler sees to it that none is missing. */
const REASONS = Object.keys({
  'scale-out': 0,
  'scale-in': 0,
  steady: 0,
  'cooling-out': 0,
  'cooling-in': 0,
  'at-max': 0,
  'at-min': 0,
  shortage: 0,
  paused: 0,
  doubtful: 0,
  blind: 0,
} satisfies Record<Reason, 0>);

/** Likewise for how workers leave photos. */
const OUTCOMES = Object.keys({ coloured: 0, failed: 0, dropped: 0, returned: 0 } satisfies Record<
  Outcome,
  0
>);

export interface DashboardProps {
  readonly stage: Stage;
  readonly jobs: JobQueue;
}

export class Dashboard extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { stage, jobs } = props;
    this.name = `ddcolor-elastic-${stage.name}`;
    const metric = (
      metricName: string,
      statistic: string,
      more: Record<string, string> = {},
      label?: string,
    ) =>
      new cloudwatch.Metric({
        namespace: METRIC_NAMESPACE,
        metricName,
        statistic,
        label,
        period: Duration.minutes(1),
        dimensionsMap: { [STAGE_DIMENSION]: stage.name, ...more },
      });
    const graph = (title: string, left: cloudwatch.IMetric[], stacked = false) =>
      new cloudwatch.GraphWidget({ title, left, stacked, width: 12, height: 6, leftYAxis: { min: 0 } });
    const { visible, inFlight, desired, inService, pending, draining, backlogPerInstance } = METRICS;
    new cloudwatch.Dashboard(this, 'Resource', {
      dashboardName: this.name,
      widgets: [
        [
          graph('Backlog', [metric(visible, 'Maximum'), metric(inFlight, 'Maximum')], true),
          graph(
            'Fleet',
            [desired, inService, pending, draining].map((name) => metric(name, 'Maximum')),
          ),
        ],
        [
          graph('Backlog per instance', [metric(backlogPerInstance, 'Average')]),
          graph('Age of the oldest photo waiting, seconds', [
            jobs.queue.metricApproximateAgeOfOldestMessage(),
          ]),
        ],
        [
          graph('Mean wait over two hours, seconds', [metric(METRICS.meanWait, 'Average')]),
          graph('Asked for and not given', [
            metric(METRICS.shortage, 'Maximum'),
            metric(METRICS.late, 'Maximum'),
          ]),
        ],
        [
          graph(
            'Decisions by reason',
            REASONS.map((reason) => metric(METRICS.decisions, 'Sum', { [REASON_DIMENSION]: reason }, reason)),
            true,
          ),
          graph('Dead letters and blind ticks', [
            jobs.deadLetterQueue.metricApproximateNumberOfMessagesVisible({ label: 'Dead letters' }),
            metric(METRICS.blindTicks, 'Sum'),
          ]),
        ],
        [
          graph(
            'Photos by outcome',
            OUTCOMES.map((outcome) =>
              metric(METRICS.photos, 'Sum', { [OUTCOME_DIMENSION]: outcome }, outcome),
            ),
            true,
          ),
          graph(
            'Where the time of a photo goes, mean seconds',
            [
              METRICS.fetchTime,
              METRICS.prepareTime,
              METRICS.laneTime,
              METRICS.comfyTime,
              METRICS.mergeTime,
              METRICS.storeTime,
            ].map((name) => metric(name, 'Average')),
            true,
          ),
        ],
        [
          graph(
            'Wait of a photo, seconds',
            ['p50', 'p95', 'p99'].map((statistic) => metric(METRICS.waitTime, statistic, {}, statistic)),
          ),
          graph('Faults of machines', [metric(METRICS.machineFaults, 'Sum')]),
        ],
      ],
    });
  }
}
