/**
 * CloudWatch's evaluation of a metric alarm, by AWS's documentation ("Alarm evaluation", "Configuring how CloudWatch alarms treat
 * missing data").
 *
 * - It reads more periods than it evaluates, the evaluation range. Its length is not documented; the tables there show five periods
 *   for three.
 * - With as many real datapoints in the range as evaluation periods, it takes the latest of them, and missing ones do not matter.
 * - With fewer, it fills the rest in as the alarm says, and includes every real datapoint of the range.
 * - Where every real datapoint breaches and there are fewer than the alarm needs, ignored ones keep the state, and with missing ones
 *   it is ALARM if the oldest is as many periods old ("premature alarm state"). The rule as it is worded there would also cover
 *   `0 - X - -`, whose row says OK: an older datapoint that does not breach counts.
 */

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

/** Properties of an alarm in a template. */
export interface AlarmProperties {
  Threshold: number;
  ComparisonOperator: string;
  EvaluationPeriods: number;
  DatapointsToAlarm: number;
  TreatMissingData: string;
}

/** A value for each period, the latest last; null for a period without data. */
export type Series = readonly (number | null)[];

const EXTRA_PERIODS = 2;

const BREACHES: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/**
 * @param before the state until now
 * @param extra periods of the evaluation range beyond the evaluated ones
 * @throws Error for an unknown treatment of missing data
 */
export function evaluate(
  alarm: AlarmProperties,
  series: Series,
  before: AlarmState = 'OK',
  extra = EXTRA_PERIODS,
): AlarmState {
  const { EvaluationPeriods: periods, DatapointsToAlarm: needed, TreatMissingData, Threshold } = alarm;
  const breaches = BREACHES[alarm.ComparisonOperator]!;
  const range = series.slice(-(periods + extra));
  const real = range.filter((value) => value !== null).map((value) => breaches(value, Threshold));
  const count = (points: boolean[]) => points.filter(Boolean).length;
  if (real.length >= periods) return count(real.slice(-periods)) >= needed ? 'ALARM' : 'OK';
  const breaching = count(real);
  if (breaching >= needed) return 'ALARM';
  switch (TreatMissingData) {
    case 'notBreaching':
      return 'OK';
    case 'breaching':
      return breaching + periods - real.length >= needed ? 'ALARM' : 'OK';
    case 'ignore':
      return real.length > breaching ? 'OK' : before;
    case 'missing':
      if (real.length > breaching) return 'OK';
      return real.length > 0 && ageOfOldest(range) >= needed ? 'ALARM' : 'INSUFFICIENT_DATA';
    default:
      throw new Error(`missing data treated as '${TreatMissingData}' is unknown`);
  }
}

/** Periods since the oldest datapoint, its own included. */
const ageOfOldest = (range: Series) => range.length - range.findIndex((value) => value !== null);

/** The state after each period of a series, from its first. */
export function statesOf(alarm: AlarmProperties, series: Series, extra = EXTRA_PERIODS): AlarmState[] {
  let state: AlarmState = 'OK';
  return series.map((_, k) => (state = evaluate(alarm, series.slice(0, k + 1), state, extra)));
}
