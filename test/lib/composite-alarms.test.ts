/** Alarms of other alarms' states: one cause notifies once, and burn rates of waits. */
import { describe, expect, it } from 'vitest';
import { alarmName, type AlarmId } from '../../contract/alarms.ts';
import { BURN_ALARM_IDS } from '../../contract/burn-rates.ts';
import { DEFAULT_POLICY } from '../../contract/policy.ts';
import { alarmRules } from '../../lib/alarms.ts';
import { evaluate } from '../support/cloudwatch-alarm.ts';
import { alarmOf, template } from './alarm-template.ts';
import { ofType, synthesise } from './template.ts';

/** Evaluates the rule of a composite alarm, which consists of ALARM("…"), AND, OR, NOT and brackets. */
function holds(rule: string, inAlarm: readonly AlarmId[]): boolean {
  let text = rule.replace(/ALARM\(<([^>]+)>\)/g, (_, id) => String(inAlarm.includes(id as AlarmId)));
  // Each round computes the innermost operations; twenty are more than any rule here has.
  for (let round = 0; round < 20; round++)
    text = text
      .replace(/\((true|false)\)/g, '$1')
      .replace(/NOT (true|false)/g, (_, value) => String(value === 'false'))
      .replace(/(true|false) AND (true|false)/g, (_, a, b) => String(a === 'true' && b === 'true'))
      .replace(/(true|false) OR (true|false)/g, (_, a, b) => String(a === 'true' || b === 'true'));
  expect(text).toMatch(/^(true|false)$/);
  return text === 'true';
}

describe('one cause, one notification', () => {
  const composites = ofType(template, 'AWS::CloudWatch::CompositeAlarm');
  const byLogicalId = new Map(
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
      .map(([key, { Properties }]) => [
        key,
        (Properties.AlarmName as string).replace('ddcolor-elastic-local-', ''),
      ]),
  );
  const rules = composites.map(({ Properties: { AlarmName, AlarmRule } }) => ({
    id: (AlarmName as string).replace('ddcolor-elastic-local-', ''),
    rule: (AlarmRule as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]
      .map((part) =>
        typeof part === 'string'
          ? part
          : `<${byLogicalId.get((part as { 'Fn::GetAtt': string[] })['Fn::GetAtt'][0]!)}>`,
      )
      .join('')
      .replaceAll('"', ''),
  }));
  const notified = (inAlarm: AlarmId[]) => [
    ...inAlarm.filter((id) => 'AlarmActions' in alarmOf(id)),
    ...rules.filter(({ rule }) => holds(rule, inAlarm)).map(({ id }) => id),
  ];

  it.each<[string, AlarmId[], string[]]>([
    ['late photos alone', ['oldest-photo'], ['unexplained-wait']],
    ['late sidelined photos alone', ['oldest-sidelined-photo'], ['unexplained-wait']],
    ['late photos of both queues', ['oldest-photo', 'oldest-sidelined-photo'], ['unexplained-wait']],
    ['late sidelined photos at the maximum', ['at-maximum', 'oldest-sidelined-photo'], ['at-maximum']],
    ['a shortage, with late photos', ['capacity-shortage', 'oldest-photo'], ['capacity-shortage']],
    ['a scaler that stands still', ['no-tick', 'oldest-photo'], ['no-tick']],
    ['a bad image', ['canary-failures', 'oldest-photo'], ['canary-failures']],
    ['the maximum', ['at-maximum', 'oldest-photo'], ['at-maximum']],
    ['a gateway that crashes', ['gateway-5xx', 'gateway-function-errors'], ['gateway-5xx']],
    ['a gateway that is throttled', ['gateway-5xx', 'gateway-throttles'], ['gateway-5xx']],
    ['bad files do not explain late photos', ['failures', 'oldest-photo'], ['failures', 'unexplained-wait']],
    ['on-demand instances because Spot is refused', ['on-demand-1h', 'spot-refused-1h'], ['spot-shortage']],
    ['on-demand instances for bursts', ['on-demand-1h'], []],
    ['a few refused Spot launches', ['spot-refused-1h'], []],
    [
      'a shortage of both markets',
      ['on-demand-1h', 'spot-refused-1h', 'capacity-shortage'],
      ['capacity-shortage'],
    ],
    ['nothing', [], []],
  ])('%s', (_what, inAlarm, expected) => expect(notified(inAlarm)).toEqual(expected));

  describe('the burn rate of waits, at its end', () => {
    /** Photos of a minute and those of them that waited longer than promised. */
    type Minute = [photos: number, late: number];
    const minutes = (count: number, ...each: Minute[]): Minute[] =>
      Array.from({ length: count }, (_, k) => each[k % each.length]!);
    const quiet = (count: number) => minutes(count, [0, 0]);
    /** What CloudWatch computes of an alarm's own window, by its statistic. */
    const valueOf = (id: AlarmId, traffic: Minute[]) => {
      const { ExtendedStatistic, Statistic, Period } = alarmOf(id) as unknown as Record<string, string>;
      const window = traffic.slice(-Number(Period) / 60);
      const photos = window.reduce((sum, [all]) => sum + all, 0);
      const late = window.reduce((sum, [, some]) => sum + some, 0);
      if (photos === 0) return null;
      if (Statistic === 'SampleCount') return photos;
      // Of the photos, those above the promised wait.
      expect(ExtendedStatistic).toBe('PR(900:1209600)');
      return (100 * late) / photos;
    };
    const burnsOf = (traffic: Minute[]) =>
      notified(
        BURN_ALARM_IDS.filter((id) => evaluate(alarmOf(id), [valueOf(id, traffic)], 'OK', 0) === 'ALARM'),
      );
    const FAST = 'wait-burn-fast';
    const SLOW = 'wait-burn-slow';

    it.each<[string, Minute[], string[]]>([
      ['one photo in twenty is late, as promised', minutes(360, [20, 1]), []],
      ['one in four is late: within six times the promise', minutes(360, [20, 5]), []],
      ['seven in twenty are late for six hours', minutes(360, [20, 7]), [SLOW]],
      [
        'all are late for an hour, after five good ones',
        [...minutes(300, [20, 0]), ...minutes(60, [20, 20])],
        [FAST],
      ],
      ['all are late for six hours', minutes(360, [20, 20]), [FAST, SLOW]],
      ['all were late until five minutes ago', [...minutes(355, [20, 20]), ...minutes(5, [20, 0])], [SLOW]],
      ['all were late until half an hour ago', [...minutes(330, [20, 20]), ...minutes(30, [20, 0])], []],
      ['a surge of a minute on a busy day', [...minutes(359, [20, 0]), [300, 300]], []],
      ['one slow photo in a night', [...quiet(359), [1, 1]], []],
      ['nine slow photos in a night', [...quiet(350), ...minutes(9, [1, 1]), ...quiet(1)], []],
      ['a night of thirty photos, all of them late', [...quiet(330), ...minutes(30, [1, 1])], [FAST, SLOW]],
      ['one photo each quarter of an hour, all late', minutes(360, ...quiet(14), [1, 1]), [SLOW]],
      ['no photo', quiet(360), []],
    ])('%s', (_what, traffic, expected) => expect(burnsOf(traffic).sort()).toEqual(expected));
  });
});

it('a stage may do without alarms of burn rates', () => {
  const stage = synthesise('local', { burnRateAlarms: false });
  const names = ofType(stage, 'AWS::CloudWatch::Alarm').map(
    ({ Properties }) => Properties.AlarmName as string,
  );
  expect(names.filter((name) => BURN_ALARM_IDS.some((id) => name === alarmName('local', id)))).toEqual([]);
  expect(ofType(stage, 'AWS::CloudWatch::CompositeAlarm')).toHaveLength(2);
});

it('the objective is p95WaitSeconds where it is set', () => {
  const limits = { promisedWaitSeconds: 900, burnRateAlarms: true };
  expect(alarmRules(limits)['burn-rate-1h']?.statistic).toBe('PR(900:1209600)');
  expect(alarmRules({ ...limits, p95WaitSeconds: 30 })['burn-rate-1h']?.statistic).toBe('PR(30:1209600)');
});

it('a stage whose policy promises a percentile is watched by that', () => {
  const stage = synthesise('local', { policy: { ...DEFAULT_POLICY, p95WaitSeconds: 30 } });
  const statistics = ofType(stage, 'AWS::CloudWatch::Alarm').map(
    ({ Properties }) => Properties.ExtendedStatistic,
  );
  expect(statistics.filter((one) => one === 'PR(30:1209600)')).toHaveLength(4);
});
