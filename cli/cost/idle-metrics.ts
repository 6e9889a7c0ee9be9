/** Which metrics an idle stage publishes: CloudWatch charges nothing for a metric without data. */
import { SCALER_METRICS } from '../../contract/names.ts';
import type { Stage } from '../../lib/stage/stage.ts';

/** `computed` by policies that measure rates; `fleet` while it has instances; `work` never when idle. */
type When = 'always' | 'computed' | 'fleet' | 'work';

/** A test compares it with what the scaler publishes. */
const WHEN: Record<keyof typeof SCALER_METRICS, When> = {
  visible: 'always',
  inFlight: 'always',
  sidelinedVisible: 'work',
  bulkVisible: 'work',
  bulkInFlight: 'work',
  bulkDeadlineUsed: 'work',
  backlogPerInstance: 'always',
  desired: 'always',
  inService: 'always',
  pending: 'always',
  draining: 'always',
  needed: 'computed',
  late: 'computed',
  unfulfilled: 'always',
  failedLaunches: 'work',
  bootFailures: 'work',
  warmPoolBootFailures: 'work',
  control: 'work',
  arrivalsPerMinute: 'computed',
  serviceTime: 'computed',
  bootTime: 'computed',
  // Without photos there is no wait.
  meanWait: 'work',
  forecast: 'computed',
  gpuBusy: 'fleet',
  costPerHour: 'always',
  spentToday: 'always',
  // One series: an idle fleet has one reason, `steady` or `at-min`.
  decisions: 'always',
  metricsUnavailable: 'always',
  failedTicks: 'always',
  implausibleReports: 'work',
};

/** Names of the metrics; each is one series. */
export function idleMetrics({ policy, minCapacity }: Pick<Stage, 'policy' | 'minCapacity'>): string[] {
  const counted: When[] = [
    'always',
    ...(policy.kind === 'threshold' ? [] : (['computed'] as const)),
    ...(minCapacity > 0 ? (['fleet'] as const) : []),
  ];
  return (Object.keys(WHEN) as (keyof typeof WHEN)[])
    .filter((name) => counted.includes(WHEN[name]))
    .map((name) => SCALER_METRICS[name]);
}
