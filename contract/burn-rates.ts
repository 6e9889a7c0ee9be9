/** Alarms of how fast a stage uses up what may be late, and alarms that are conditions of others. */
import { FALLBACK_ALARM_IDS, type AlarmId, type CompositeId } from './alarms.ts';

/**
 * Burn rates of the objective that at most {@link ERROR_BUDGET} of the photos wait longer than promised: how many times as fast as allowed
 * that error budget is used up. Factors and windows are those of Google's SRE workbook ("Alerting on SLOs", for a month): the long window says that it
 * matters, the short one that it goes on.
 */
export const ERROR_BUDGET = 0.05;
export const BURN_RATES = {
  'wait-burn-fast': {
    factor: 14.4,
    windows: { 'burn-rate-1h': 60, 'burn-rate-5m': 5 },
    photos: { 'photos-1h': 10 },
  },
  'wait-burn-slow': {
    factor: 6,
    windows: { 'burn-rate-6h': 360, 'burn-rate-30m': 30 },
    photos: { 'photos-6h': 20 },
  },
} as const satisfies Partial<
  Record<
    CompositeId,
    {
      factor: number;
      /** Minutes. */
      windows: Partial<Record<AlarmId, number>>;
      /** Least number within the long window: one slow photo in a night is no burn rate. */
      photos: Partial<Record<AlarmId, number>>;
    }
  >
>;
export type BurnId = keyof typeof BURN_RATES;
export const BURN_IDS = Object.keys(BURN_RATES) as BurnId[];

/** Alarms that only a stage with `burnRateAlarms` has. */
export const BURN_ALARM_IDS: readonly AlarmId[] = BURN_IDS.flatMap(
  (id) => Object.keys({ ...BURN_RATES[id].windows, ...BURN_RATES[id].photos }) as AlarmId[],
);

/** Alarms whose state ALARM is no fault: a stage has many photos, or has on-demand instances for a burst. The dashboard and `status` leave them out. */
export const CONDITION_ALARM_IDS: readonly AlarmId[] = [
  ...BURN_IDS.flatMap((id) => Object.keys(BURN_RATES[id].photos) as AlarmId[]),
  ...FALLBACK_ALARM_IDS,
];
