/** Service time, boot time and traffic from metrics, by Little's law: mean number = rate x mean time. */
import type { Metric, Metrics } from './cloudwatch.ts';

export interface Fit {
  /** Epoch seconds of the first data point. */
  from: number;
  /** Seconds from the first data point to the end of the last. */
  length: number;
  /** Seconds between two data points of the messages sent. */
  period: number | null;
  jobs: number | null;
  /** Busy seconds of an instance per job; null when a metric is missing or no job was completed. */
  service: number | null;
  /** Seconds from requesting an instance to in service; null when a metric is missing or nothing was launched. */
  boot: number | null;
  launches: number | null;
  /** Smallest and largest number in service. */
  fleet: { least: number; most: number } | null;
  /** Periods without a value of messages sent: SQS does not report an inactive queue. */
  silent: number | null;
}

/** Seconds between two data points: the smallest gap. */
export function periodOf(metric: Metric): number {
  const times = [...metric.keys()];
  let period = Infinity;
  for (let k = 1; k < times.length; k++)
    period = Math.min(period, (times[k] as number) - (times[k - 1] as number));
  return Number.isFinite(period) ? period : 60;
}

const sum = (metric: Metric) => [...metric.values()].reduce((total, value) => total + value, 0);
/** Integral of a level over time, in its unit times seconds. */
const integral = (metric: Metric) => sum(metric) * periodOf(metric);

/** Launches: the increases of in service plus pending. */
function launchesOf(inService: Metric, pending: Metric): number {
  let before: number | undefined;
  let launches = 0;
  for (const [at, booting] of pending) {
    const serving = inService.get(at);
    if (serving === undefined) continue;
    const now = serving + booting;
    if (before !== undefined) launches += Math.max(0, now - before);
    before = now;
  }
  return launches;
}

const rounded = (value: number) => Number(value.toPrecision(3));
const ratio = (above: number, below: number) => (below > 0 && above > 0 ? rounded(above / below) : null);

export function fitMetrics(metrics: Metrics): Fit {
  const { sent, deleted, inFlight, inService, pending } = metrics;
  const spans = Object.values(metrics).map((metric) => {
    const times = [...metric.keys()];
    return [times[0] as number, (times.at(-1) as number) + periodOf(metric)] as const;
  });
  const from = Math.min(...spans.map(([first]) => first));
  const to = Math.max(...spans.map(([, last]) => last));
  const launches = inService && pending ? launchesOf(inService, pending) : null;
  const serving = inService ? [...inService.values()] : [];
  return {
    from,
    length: to - from,
    period: sent ? periodOf(sent) : null,
    jobs: sent ? sum(sent) : null,
    service: deleted && inFlight ? ratio(integral(inFlight), sum(deleted)) : null,
    boot: launches !== null && pending ? ratio(integral(pending), launches) : null,
    launches,
    fleet: inService ? { least: Math.min(...serving), most: Math.max(...serving) } : null,
    silent: sent ? Math.round((to - from) / periodOf(sent)) - sent.size : null,
  };
}

/** The messages sent as a `t,arrivals` trace, from the first data point on. */
export function traceOf(sent: Metric, from: number): string {
  const rows = [...sent].map(([at, count]) => `${at - from},${Math.round(count)}`);
  return ['t,arrivals', ...rows, ''].join('\n');
}
