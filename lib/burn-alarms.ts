/** Rules of the alarms of burn rates: how fast late photos use up what the promise allows. */
import { Duration, Tokenization } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { type AlarmId } from '../contract/alarms.ts';
import { BURN_RATES, ERROR_BUDGET, type BurnId } from '../contract/burn-rates.ts';
import { METRICS } from '../contract/names.ts';
import type { AlarmRule } from './alarm-rule.ts';
import { KEPT_SECONDS } from './stage/monitoring.ts';

/** Burn rates over each window, and the number of photos that they need. */
export function burnRules(waitSeconds: number, isOn: boolean): Partial<Record<AlarmId, AlarmRule>> {
  const rules: Partial<Record<AlarmId, AlarmRule>> = {};
  const over = (minutes: number, statistic: string) => ({
    metric: METRICS.waitTime,
    statistic,
    period: Duration.minutes(minutes),
    evaluationPeriods: 1,
    // No photo: none is late.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  for (const id of isOn ? (Object.keys(BURN_RATES) as BurnId[]) : []) {
    const { factor, windows, photos } = BURN_RATES[id];
    // The percentile rank: per cent of the photos that waited longer. Workers publish waits with their counts, so that it is exact.
    const late = `PR(${Tokenization.stringifyNumber(waitSeconds)}:${KEPT_SECONDS})`;
    for (const [alarm, minutes] of Object.entries(windows)) {
      const threshold = Math.round(1000 * factor * ERROR_BUDGET) / 10;
      rules[alarm as AlarmId] = {
        ...over(minutes, late),
        comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
        threshold,
      };
    }
    const longest = Math.max(...Object.values<number>(windows));
    for (const [alarm, threshold] of Object.entries<number>(photos)) {
      const comparison = ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD;
      rules[alarm as AlarmId] = { ...over(longest, 'SampleCount'), comparison, threshold };
    }
  }
  return rules;
}
