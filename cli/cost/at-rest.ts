/** Which series a stage publishes at rest: of those that get no data CloudWatch charges nothing. */
import { SCALER_METRICS } from '../../contract/names.ts';
import type { Stage } from '../../lib/stage/stage.ts';

/** `reckoned` by policies that measure rates; `fleet`, as long as there is one; `work`, not at rest. */
type When = 'always' | 'reckoned' | 'fleet' | 'work';

/** The compiler sees to it that none is missing, a test that each is right. */
const WHEN: Record<keyof typeof SCALER_METRICS, When> = {
  visible: 'always',
  inFlight: 'always',
  backlogPerInstance: 'always',
  desired: 'always',
  inService: 'always',
  pending: 'always',
  draining: 'always',
  needed: 'reckoned',
  late: 'reckoned',
  unfulfilled: 'always',
  failedLaunches: 'work',
  control: 'work',
  arrivalsPerMinute: 'reckoned',
  serviceTime: 'reckoned',
  bootTime: 'reckoned',
  // Nobody has waited.
  meanWait: 'work',
  forecast: 'reckoned',
  gpuBusy: 'fleet',
  costPerHour: 'always',
  spentToday: 'always',
  // One series: a fleet that rests has one reason, `steady` or `at-min`.
  decisions: 'always',
  metricsUnavailable: 'always',
  failedTicks: 'always',
};

/** Names of the metrics; each is one series. */
export function seriesAtRest({ policy, minCapacity }: Pick<Stage, 'policy' | 'minCapacity'>): string[] {
  const counted: When[] = [
    'always',
    ...(policy.kind === 'threshold' ? [] : (['reckoned'] as const)),
    ...(minCapacity > 0 ? (['fleet'] as const) : []),
  ];
  return (Object.keys(WHEN) as (keyof typeof WHEN)[])
    .filter((name) => counted.includes(WHEN[name]))
    .map((name) => SCALER_METRICS[name]);
}
