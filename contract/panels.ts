/**
 * The dashboard, panel by panel: the stack draws it from what is published, the simulator from what it foresees, both with
 * these titles and names.
 */
import { FAILURE_CODES } from './failure.ts';
import { CODE_DIMENSION, METRICS, OUTCOME_DIMENSION, PHASE_DIMENSION, REASON_DIMENSION } from './names.ts';
import { REASONS } from './reasons.ts';

/** Metrics that AWS publishes itself, of the queue of jobs and the one of dead letters. */
export const QUEUE_METRICS = {
  oldestAge: { queue: 'jobs', metric: 'ApproximateAgeOfOldestMessage' },
  deadLetters: { queue: 'deadLetters', metric: 'ApproximateNumberOfMessagesVisible' },
} as const;

export type Statistic = 'Average' | 'Maximum' | 'Sum' | 'p50' | 'p95';

export interface PanelSeries {
  label: string;
  metric: string;
  statistic: Statistic;
  /** Whose it is. @default ours */
  queue?: 'jobs' | 'deadLetters';
  /** Second dimension, beside the stage. */
  dimension?: [name: string, value: string];
  /**
   * Dimensions beside the stage whose values nobody knows beforehand: all series that have them.
   *
   * @default - one series
   */
  each?: string[];
  /**
   * Whether a minute without a value counts as zero, since then there was none.
   *
   * @default false - unknown
   */
  gapsAreZero?: boolean;
}

/** Of what nobody publishes while there is none: a gap would leave the last figure standing. */
const orNone = (series: PanelSeries): PanelSeries => ({ ...series, gapsAreZero: true });

export interface Panel {
  id: string;
  title: string;
  unit: 'photos' | 'instances' | 'seconds' | 'USD' | 'per cent' | 'ticks' | 'count';
  /** Whether the series add up. */
  stacked?: boolean;
  /** Whether the latest values are shown as figures rather than a graph. */
  figures?: boolean;
  series: PanelSeries[];
}

const of = (metric: string, statistic: Statistic, label: string): PanelSeries => ({
  metric,
  statistic,
  label,
});
const by = (metric: string, dimension: string, values: readonly string[], statistic: Statistic = 'Sum') =>
  values.map((value): PanelSeries => ({ metric, statistic, label: value, dimension: [dimension, value] }));

/** How workers leave photos. */
export const PHOTO_OUTCOMES = ['succeeded', 'failed', 'dropped', 'returned'] as const;

/** Phases of a boot, as the worker tells them apart. */
export const BOOT_PHASES = ['kernel', 'driver', 'services', 'comfyui', 'canary'] as const;

const oldest: PanelSeries = {
  label: 'oldest',
  metric: QUEUE_METRICS.oldestAge.metric,
  statistic: 'Maximum',
  queue: QUEUE_METRICS.oldestAge.queue,
};
const waits = [of(METRICS.waitTime, 'Average', 'mean'), of(METRICS.waitTime, 'p95', '95 of 100'), oldest];

/** Rows of panels; the first one is what someone sees who has just been woken. */
export const PANELS: Panel[][] = [
  [
    {
      id: 'coloured',
      title: 'Are photos being coloured? Each minute',
      unit: 'photos',
      figures: true,
      series: [
        ...by(METRICS.photos, OUTCOME_DIMENSION, ['succeeded', 'failed']).map(orNone),
        of(METRICS.visible, 'Maximum', 'waiting'),
      ],
    },
    {
      id: 'waits-now',
      title: 'How long do they wait? Seconds',
      unit: 'seconds',
      figures: true,
      series: waits,
    },
    {
      id: 'cost',
      title: 'What does it cost? USD, by list prices',
      unit: 'USD',
      figures: true,
      series: [of(METRICS.costPerHour, 'Average', 'an hour'), of(METRICS.spentToday, 'Maximum', 'today')],
    },
  ],
  [
    {
      id: 'backlog',
      title: 'Backlog, and what it will be when an instance asked for now is there',
      unit: 'photos',
      series: [
        of(METRICS.visible, 'Maximum', 'waiting'),
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
        of(METRICS.needed, 'Maximum', 'asked for by the work'),
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
    { id: 'waits', title: 'Wait of a photo, seconds', unit: 'seconds', series: waits },
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
      title: 'Boot phases, mean seconds; and the whole, from asking to service',
      unit: 'seconds',
      series: [
        ...by(METRICS.bootPhase, PHASE_DIMENSION, BOOT_PHASES, 'Average'),
        of(METRICS.bootTime, 'Average', 'the whole'),
      ],
    },
  ],
  [
    {
      id: 'gpu-busy',
      title: 'GPU share busy, per cent',
      unit: 'per cent',
      series: [of(METRICS.gpuBusy, 'Average', 'busy')],
    },
    {
      id: 'shortages',
      title: 'Unfulfilled instances',
      unit: 'instances',
      series: [
        of(METRICS.unfulfilled, 'Maximum', 'unfulfilled'),
        of(METRICS.late, 'Maximum', 'late'),
        {
          ...of(METRICS.failedLaunches, 'Sum', 'failed launches'),
          each: ['Code', 'InstanceType', 'AvailabilityZone'],
        },
      ],
    },
  ],
  [
    {
      id: 'troubles',
      title: 'Dead letters, failed ticks, faults of machines',
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
        of(METRICS.instanceFaults, 'Sum', 'faults of machines'),
        of(METRICS.canaryFailures, 'Sum', 'wrong colours'),
      ],
    },
    {
      id: 'time',
      title: 'Where the time of a photo goes, mean seconds',
      unit: 'seconds',
      stacked: true,
      series: [
        of(METRICS.fetchTime, 'Average', 'fetch'),
        of(METRICS.prepareTime, 'Average', 'prepare'),
        of(METRICS.slotWaitTime, 'Average', 'ready, until ComfyUI has room'),
        of(METRICS.comfyTime, 'Average', 'ComfyUI'),
        of(METRICS.mergeTime, 'Average', 'merge'),
        of(METRICS.storeTime, 'Average', 'store'),
      ],
    },
  ],
];
