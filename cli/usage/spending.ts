/** What a stage's instances cost by day, and how much of it they worked for, from the metrics of the scaler. */
import { SCALER_METRICS } from '../../contract/names.ts';
import { usageDay } from '../../contract/usage.ts';

/** Metrics that the split needs, each as the mean of a period. */
export const SPENDING_METRICS = {
  perHour: SCALER_METRICS.costPerHour,
  busyPercent: SCALER_METRICS.gpuBusy,
  inService: SCALER_METRICS.inService,
  pending: SCALER_METRICS.pending,
  draining: SCALER_METRICS.draining,
} as const;

export type SpendingSeries = Record<keyof typeof SPENDING_METRICS, ReadonlyMap<number, number>>;

/** USD of a day. */
export interface DaySpending {
  /** All instances. */
  total: number;
  /** The part in which their GPUs worked on photos. */
  working: number;
  /** The part of which no metric has how busy the instances were. */
  unsplit: number;
  /** Seconds without any metric: the scaler did not run, or the stage was not there. */
  missingSeconds: number;
}

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;

/** A part of a range with the finest periods that CloudWatch has of it. Epoch seconds. */
export interface Segment {
  from: number;
  until: number;
  /** Seconds. */
  period: number;
}

/**
 * CloudWatch keeps periods of a minute for 15 days, of five minutes for 63, and of an hour for 455. The finer the better: the mean of a longer one
 * mixes a busy fleet with an idle one.
 */
const KEPT = [
  { period: 60, days: 14 },
  { period: 300, days: 60 },
  { period: HOUR_SECONDS, days: Infinity },
] as const;

/** The parts of a range, latest first. @param from start of a day @param until at most now; epoch seconds */
export function segmentsOf(from: number, until: number, now: number): Segment[] {
  const segments: Segment[] = [];
  let end = until;
  for (const { period, days } of KEPT) {
    // At an hour, where a period of each kind begins.
    const oldest = Math.ceil((now - days * DAY_SECONDS) / HOUR_SECONDS) * HOUR_SECONDS;
    const start = Math.max(from, oldest);
    if (start >= end) continue;
    segments.push({ from: start, until: end, period });
    end = start;
  }
  return segments;
}

/** @param parts with the metrics of each */
export function spendingByDay(
  parts: readonly (Segment & { series: SpendingSeries })[],
): Map<string, DaySpending> {
  const days = new Map<string, DaySpending>();
  for (const { from, until, period, series } of parts)
    for (let at = from; at < until; at += period) {
      const day = usageDay(at);
      const sum = days.get(day) ?? { total: 0, working: 0, unsplit: 0, missingSeconds: 0 };
      days.set(day, sum);
      add(sum, series, at, Math.min(period, until - at));
    }
  return days;
}

function add(sum: DaySpending, series: SpendingSeries, at: number, seconds: number): void {
  const perHour = series.perHour.get(at);
  if (perHour === undefined) {
    sum.missingSeconds += seconds;
    return;
  }
  const usd = (perHour * seconds) / HOUR_SECONDS;
  sum.total += usd;
  const share = workingShare(series, at);
  if (share === undefined) sum.unsplit += usd;
  else sum.working += usd * share;
}

/** Share of the instances' cost: the busy share is that of the instances in service. */
function workingShare(series: SpendingSeries, at: number): number | undefined {
  const inService = series.inService.get(at);
  if (inService === 0) return 0;
  const busy = series.busyPercent.get(at);
  if (inService === undefined || busy === undefined) return undefined;
  const all = inService + (series.pending.get(at) ?? 0) + (series.draining.get(at) ?? 0);
  return ((busy / 100) * inService) / all;
}
