/** What the deployed dashboard would have shown of a run: for each metric of its panels, where the run has it. */
import { METRICS, POOL_DIMENSION } from '../../contract/names.ts';
import { QUEUE_METRICS, type PanelSeries } from '../../contract/panels.ts';
import type { Calculation } from '../../lambda/scaler/policy/decision.ts';
import type { DecisionRow } from '../engine/types.ts';
import { mean } from '../measure.ts';
import { costPerHour, fleetOf, gpuBusy, spentToday } from './fleet-panels.ts';
import { max, p95, passed, type PanelInput, type Values } from './periods.ts';

/** Why a series has no values: not simulated, or not published by the policy. */
export type MissingReason = 'simulator' | 'policy';

export type MetricName =
  | (typeof METRICS)[keyof typeof METRICS]
  | (typeof QUEUE_METRICS)[keyof typeof QUEUE_METRICS]['metric'];

type Source = (input: PanelInput, series: PanelSeries) => Values | MissingReason;

const notSimulated: Source = () => 'simulator';

/** Reasons whose causes are not simulated: budgets, pauses and unavailable metrics. */
const NEVER_SIMULATED = ['over-budget', 'paused', 'metrics-unavailable'];

const isTime = (at: number) => !Number.isNaN(at);

/** A value that the policy publishes at its ticks. @param valueOf undefined when it does not */
const published =
  (valueOf: (row: DecisionRow) => number | undefined, figure: (values: number[]) => number): Source =>
  ({ run, periods }) => {
    const rows = run.decisions.flatMap((row): [number, number][] => {
      const value = valueOf(row);
      return value === undefined ? [] : [[row.at, value]];
    });
    return rows.length === 0 ? 'policy' : periods.figures(rows, figure);
  };

const calculated = (name: Exclude<keyof Calculation, 'bulk'>, figure = max): Source =>
  published(({ details }) => details?.calculation?.[name] ?? undefined, figure);

/** Photos between two of their times, largest number at any tick. */
const countBetween =
  (from: 'arrivals' | 'starts', to: 'starts' | 'ends'): Source =>
  ({ run, periods }) => {
    const entered = passed(run[from].filter(isTime));
    const left = passed(run[to].filter(isTime));
    return periods.max((at) => entered(at).count - left(at).count);
  };

/** In a period without a tick the desired capacity stays as it was. */
const desired: Source = ({ run, world, periods }) => {
  const after = run.decisions.map((row): [number, number] => [row.at, row.after]);
  const left = periods.figures(after, (values) => values.at(-1) as number);
  let last = world.min;
  return periods.figures(after, max).map((value, k) => {
    const known = value ?? last;
    last = left[k] ?? last;
    return known;
  });
};

/** Waits of the photos that were done in the period: workers report a wait with the photo's outcome. */
const waits: Source = ({ run, periods }, { statistic }) => {
  const each = Array.from(run.ends, (end, job): [number, number] => [
    end,
    (run.starts[job] as number) - (run.arrivals[job] as number),
  ]);
  return periods.figures(each, statistic === 'p95' ? p95 : mean);
};

/** A message stays in its queue until its photo is done. */
const oldest: Source = ({ run: { arrivals, ends }, periods }) => {
  let job = 0;
  return periods.max((at) => {
    while (job < ends.length && (ends[job] as number) <= at) job++;
    return Math.max(0, at - (arrivals[job] ?? at));
  });
};

const decisions: Source = ({ run, periods, deployed }, { dimension: [, reason] = ['', ''] }) => {
  if (!deployed) return 'policy';
  const rows = run.decisions.filter((row) => row.reason === reason);
  if (rows.length === 0 && NEVER_SIMULATED.includes(reason)) return 'simulator';
  const last = run.decisions.at(-1)?.at ?? 0;
  // The run stops with its last photo: later decisions are unknown.
  return periods
    .perMinute(rows.map(({ at }) => at))
    .map((count, k) => (periods.from(k) > last ? null : count));
};

/** Every simulated photo succeeds; other outcomes are not simulated. */
const photos: Source = ({ run, periods }, { dimension: [, outcome] = ['', ''] }) =>
  outcome === 'succeeded' ? periods.perMinute(run.ends.filter(isTime)) : 'simulator';

/** The source of each metric. The compiler checks the names; a test checks that no metric of a panel is missing. */
export const SOURCES: Partial<Record<MetricName, Source>> = {
  [METRICS.visible]: countBetween('arrivals', 'starts'),
  [METRICS.inFlight]: countBetween('starts', 'ends'),
  [METRICS.sidelinedVisible]: notSimulated,
  [METRICS.bulkVisible]: notSimulated,
  [METRICS.bulkInFlight]: notSimulated,
  [METRICS.bulkDeadlineUsed]: notSimulated,
  [METRICS.forecast]: calculated('queuedThen'),
  [METRICS.desired]: desired,
  [METRICS.inService]: fleetOf('inService'),
  [METRICS.pending]: fleetOf('pending'),
  [METRICS.draining]: fleetOf('draining'),
  [METRICS.needed]: published(({ needed }) => needed, max),
  [METRICS.unfulfilled]: published(({ details }) => details?.unfulfilled, max),
  [METRICS.late]: calculated('late'),
  [METRICS.bootFailures]: published(({ details }) => details?.bootFailures, max),
  [METRICS.warmPoolBootFailures]: notSimulated,
  [METRICS.failedLaunches]: ({ run, periods }) => periods.perMinute(run.refused),
  [METRICS.decisions]: decisions,
  [METRICS.metricsUnavailable]: notSimulated,
  [METRICS.failedTicks]: notSimulated,
  [METRICS.implausibleReports]: notSimulated,
  [METRICS.waitTime]: waits,
  [QUEUE_METRICS.oldestAge.metric]: oldest,
  [QUEUE_METRICS.deadLetters.metric]: notSimulated,
  [METRICS.photos]: photos,
  [METRICS.failedPhotos]: notSimulated,
  [METRICS.bootTime]: calculated('bootSeconds', mean),
  [METRICS.bootPhase]: notSimulated,
  [METRICS.gpuBusy]: gpuBusy,
  [METRICS.gpuUtilization]: notSimulated,
  [METRICS.gpuErrors]: notSimulated,
  [METRICS.logDeliveryFailures]: notSimulated,
  [METRICS.probeFailures]: notSimulated,
  [METRICS.costPerHour]: costPerHour,
  [METRICS.spentToday]: spentToday,
  [METRICS.instanceFaults]: notSimulated,
  [METRICS.canaryFailures]: notSimulated,
  [METRICS.precisionChanges]: notSimulated,
  [METRICS.fetchTime]: notSimulated,
  [METRICS.prepareTime]: notSimulated,
  [METRICS.slotWaitTime]: notSimulated,
  [METRICS.comfyTime]: notSimulated,
  [METRICS.mergeTime]: notSimulated,
  [METRICS.storeTime]: notSimulated,
};

export function valuesOf(input: PanelInput, series: PanelSeries): Values | MissingReason {
  // The sums of both pools have sources of their own.
  if (series.dimension?.[0] === POOL_DIMENSION) return 'simulator';
  if (series.queue === 'sidelinedJobs') return 'simulator';
  return (SOURCES[series.metric as MetricName] ?? notSimulated)(input, series);
}
