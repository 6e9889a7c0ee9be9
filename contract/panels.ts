/**
 * The panels of the dashboard. The stack draws them from published metrics, the simulator from simulated ones, with the same
 * titles and labels.
 */
import { FAILURE_CODES } from './failure.ts';
import {
  CODE_DIMENSION,
  METRICS,
  OUTCOME_DIMENSION,
  PHASE_DIMENSION,
  POOL_DIMENSION,
  REASON_DIMENSION,
} from './names.ts';
import { REASONS } from './reasons.ts';

/** Metrics that SQS publishes: of the queues of the interactive lane, of the queue of outcomes whose events are to be sent, and of the dead letters of both. */
export const QUEUE_METRICS = {
  oldestAge: { queue: 'jobs', metric: 'ApproximateAgeOfOldestMessage' },
  oldestSidelined: { queue: 'sidelinedJobs', metric: 'ApproximateAgeOfOldestMessage' },
  deadLetters: { queue: 'deadLetters', metric: 'ApproximateNumberOfMessagesVisible' },
  oldestOutcome: { queue: 'outcomes', metric: 'ApproximateAgeOfOldestMessage' },
  reportedOutcomes: { queue: 'outcomes', metric: 'NumberOfMessagesDeleted' },
  waitingOutcomes: { queue: 'outcomes', metric: 'ApproximateNumberOfMessagesVisible' },
  webhookDeadLetters: { queue: 'webhookDeadLetters', metric: 'ApproximateNumberOfMessagesVisible' },
  outcomeDeadLetters: { queue: 'outcomeDeadLetters', metric: 'ApproximateNumberOfMessagesVisible' },
} as const;

export type WatchedQueue = (typeof QUEUE_METRICS)[keyof typeof QUEUE_METRICS]['queue'];

export type Statistic = 'Average' | 'Maximum' | 'Sum' | 'p50' | 'p95';

export interface PanelSeries {
  label: string;
  metric: string;
  statistic: Statistic;
  /** Queue of the metric. @default - a metric of ours, of the stage */
  queue?: WatchedQueue;
  /** Second dimension; the first is the stage. */
  dimension?: [name: string, value: string];
  /**
   * Further dimensions whose values are not known beforehand: all series that have these dimensions.
   *
   * @default - one series
   */
  each?: string[];
  /**
   * Whether a minute without a value counts as zero.
   *
   * @default false - it is unknown
   */
  gapsAreZero?: boolean;
}

/** For a count that is published only above zero: with a gap the panel would keep the last value. */
export const withZeros = (series: PanelSeries): PanelSeries => ({ ...series, gapsAreZero: true });

/** Of a line that is not measured: a target of the stage. */
export const LIMIT_LABELS = { p95WaitSeconds: 'p95 target' } as const;

export interface Panel {
  id: string;
  title: string;
  unit: 'photos' | 'instances' | 'seconds' | 'USD' | 'per cent' | 'ticks' | 'count';
  /** Whether the series are stacked. */
  stacked?: boolean;
  /** A setting of the stage that its graph has as a line, where the stage gives it: {@link LIMIT_LABELS}. */
  limit?: keyof typeof LIMIT_LABELS;
  /** Whether the panel shows the latest values instead of a graph. */
  figures?: boolean;
  series: PanelSeries[];
}

export const of = (metric: string, statistic: Statistic, label: string): PanelSeries => ({
  metric,
  statistic,
  label,
});
const by = (metric: string, dimension: string, values: readonly string[], statistic: Statistic = 'Sum') =>
  values.map((value): PanelSeries => ({ metric, statistic, label: value, dimension: [dimension, value] }));

/** Published of a pool that has any. */
const ofPools = (metric: string, label: string): PanelSeries[] =>
  ['spot', 'on-demand'].map((pool) =>
    withZeros({ ...of(metric, 'Maximum', `${pool}, ${label}`), dimension: [POOL_DIMENSION, pool] }),
  );

/** Outcomes of a worker's attempt at a photo. */
export const PHOTO_OUTCOMES = ['succeeded', 'failed', 'dropped', 'returned'] as const;

/** Phases of a boot, as the worker measures them. */
export const BOOT_PHASES = ['kernel', 'driver', 'services', 'comfyui', 'canary'] as const;

const waits: PanelSeries[] = [
  of(METRICS.waitTime, 'Average', 'mean'),
  of(METRICS.waitTime, 'p95', 'p95'),
  { label: 'oldest', statistic: 'Maximum', ...QUEUE_METRICS.oldestAge },
  { label: 'oldest sidelined', statistic: 'Maximum', ...QUEUE_METRICS.oldestSidelined },
];

/** Rows of panels. The first one answers an operator's first questions. */
export const PANELS: Panel[][] = [
  [
    {
      id: 'coloured',
      title: 'Photos coloured and failed per minute; photos waiting',
      unit: 'photos',
      figures: true,
      series: [
        ...by(METRICS.photos, OUTCOME_DIMENSION, ['succeeded', 'failed']).map(withZeros),
        of(METRICS.visible, 'Maximum', 'waiting'),
      ],
    },
    {
      id: 'waits-now',
      title: 'Wait of a photo now, seconds',
      unit: 'seconds',
      figures: true,
      series: waits,
    },
    {
      id: 'cost',
      title: 'Cost by list prices, USD',
      unit: 'USD',
      figures: true,
      series: [of(METRICS.costPerHour, 'Average', 'per hour'), of(METRICS.spentToday, 'Maximum', 'today')],
    },
  ],
  [
    {
      id: 'backlog',
      title: 'Backlog, and its forecast for when an instance requested now is in service',
      unit: 'photos',
      series: [
        of(METRICS.visible, 'Maximum', 'waiting'),
        withZeros(of(METRICS.sidelinedVisible, 'Maximum', 'of these sidelined')),
        of(METRICS.inFlight, 'Maximum', 'in flight'),
        of(METRICS.forecast, 'Maximum', 'forecast'),
      ],
    },
    {
      id: 'fleet',
      title: 'Fleet',
      unit: 'instances',
      series: [
        of(METRICS.desired, 'Maximum', 'desired'),
        of(METRICS.inService, 'Maximum', 'in service'),
        of(METRICS.pending, 'Maximum', 'pending'),
        of(METRICS.draining, 'Maximum', 'draining'),
        of(METRICS.needed, 'Maximum', 'needed'),
      ],
    },
  ],
  [
    {
      id: 'decisions',
      title: 'Decisions by reason',
      unit: 'ticks',
      stacked: true,
      series: by(METRICS.decisions, REASON_DIMENSION, REASONS),
    },
    {
      id: 'waits',
      title: 'Wait of a photo, seconds',
      unit: 'seconds',
      limit: 'p95WaitSeconds',
      series: waits,
    },
  ],
  [
    {
      id: 'outcomes',
      title: 'Photos by outcome, failures by code',
      unit: 'photos',
      stacked: true,
      series: [
        ...by(
          METRICS.photos,
          OUTCOME_DIMENSION,
          PHOTO_OUTCOMES.filter((outcome) => outcome !== 'failed'),
        ),
        ...by(METRICS.failedPhotos, CODE_DIMENSION, FAILURE_CODES),
      ],
    },
    {
      id: 'boot',
      title: 'Boot phases, mean seconds; total from the request to service',
      unit: 'seconds',
      series: [
        ...by(METRICS.bootPhase, PHASE_DIMENSION, BOOT_PHASES, 'Average'),
        of(METRICS.bootTime, 'Average', 'total'),
      ],
    },
  ],
  [
    {
      id: 'gpu-busy',
      title: 'GPU time spent on photos, and as the driver measures it, per cent',
      unit: 'per cent',
      series: [of(METRICS.gpuBusy, 'Average', 'busy'), of(METRICS.gpuUtilization, 'Average', 'computing')],
    },
    {
      id: 'shortages',
      title: 'Unfulfilled instances, failed launches',
      unit: 'instances',
      series: [
        of(METRICS.unfulfilled, 'Maximum', 'unfulfilled'),
        of(METRICS.late, 'Maximum', 'late'),
        withZeros(of(METRICS.bootFailures, 'Maximum', 'never in service, in a row')),
        withZeros(of(METRICS.warmPoolBootFailures, 'Maximum', 'never in the warm pool, in a row')),
        {
          ...of(METRICS.failedLaunches, 'Sum', 'failed launches'),
          each: ['Code', 'InstanceType', 'AvailabilityZone'],
        },
      ],
    },
  ],
  [
    {
      id: 'faults',
      title: 'Dead letters, failed ticks, faults of instances',
      unit: 'count',
      series: [
        {
          label: 'dead letters',
          metric: QUEUE_METRICS.deadLetters.metric,
          statistic: 'Maximum',
          queue: QUEUE_METRICS.deadLetters.queue,
        },
        of(METRICS.metricsUnavailable, 'Sum', 'metrics unavailable'),
        of(METRICS.failedTicks, 'Sum', 'failed ticks'),
        of(METRICS.instanceFaults, 'Sum', 'instance faults'),
        withZeros(of(METRICS.implausibleReports, 'Sum', 'implausible reports')),
        of(METRICS.canaryFailures, 'Sum', 'canary failures'),
        withZeros(of(METRICS.precisionChanges, 'Sum', 'precision changes')),
        withZeros(of(METRICS.gpuErrors, 'Sum', 'GPU errors')),
        withZeros(of(METRICS.logDeliveryFailures, 'Sum', 'logs not delivered')),
        withZeros(of(METRICS.probeFailures, 'Sum', 'failed probes')),
      ],
    },
    {
      id: 'time',
      title: 'Time of a photo by step, mean seconds',
      unit: 'seconds',
      stacked: true,
      series: [
        of(METRICS.fetchTime, 'Average', 'fetch'),
        of(METRICS.prepareTime, 'Average', 'prepare'),
        of(METRICS.slotWaitTime, 'Average', 'wait for a ComfyUI slot'),
        of(METRICS.comfyTime, 'Average', 'ComfyUI'),
        of(METRICS.mergeTime, 'Average', 'merge'),
        of(METRICS.storeTime, 'Average', 'store'),
      ],
    },
  ],
  [
    {
      id: 'pools',
      title: 'Instances by pool, Spot and on demand',
      unit: 'instances',
      series: [
        ...ofPools(METRICS.desired, 'desired'),
        ...ofPools(METRICS.inService, 'in service'),
        ...ofPools(METRICS.pending, 'pending'),
      ],
    },
    {
      id: 'bulk',
      title: 'Backlog of the bulk lane',
      unit: 'photos',
      series: [
        withZeros(of(METRICS.bulkVisible, 'Maximum', 'waiting')),
        withZeros(of(METRICS.bulkInFlight, 'Maximum', 'in flight')),
      ],
    },
    {
      id: 'bulk-deadline',
      title: 'Deadline of the bulk lane used by its oldest photo, per cent',
      unit: 'per cent',
      series: [of(METRICS.bulkDeadlineUsed, 'Maximum', 'used')],
    },
  ],
];
