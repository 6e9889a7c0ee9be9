/** When each alarm goes off: bad and good series of its metric, sparse ones included, through CloudWatch's evaluation. */
import { describe, expect, it } from 'vitest';
import { ALARM_IDS, type AlarmId } from '../../contract/alarms.ts';
import { evaluate, statesOf, type AlarmProperties, type Series } from '../support/cloudwatch-alarm.ts';
import { alarmOf } from './alarm-template.ts';
import { plainId, type Properties } from './template.ts';

/** `X` breaches, `0` does not, `-` is missing. */
const series = (text: string, breaching: number, fine: number): Series =>
  [...text.replaceAll(' ', '')].map((point) => (point === '-' ? null : point === 'X' ? breaching : fine));
const times = (count: number, text: string) => text.repeat(count);

describe('the evaluation is that of AWS’s tables', () => {
  const alarm = (needed: number, TreatMissingData: string): AlarmProperties => ({
    Threshold: 0,
    ComparisonOperator: 'GreaterThanThreshold',
    EvaluationPeriods: 3,
    DatapointsToAlarm: needed,
    TreatMissingData,
  });
  const TREATMENTS = ['missing', 'ignore', 'breaching', 'notBreaching'];
  /** The rows of both tables, then what the text under them says; `keep` is the state before. */
  it.each<[number, string, ...states: string[]]>([
    [3, '0-X-X', 'OK', 'OK', 'OK', 'OK'],
    [3, '0----', 'OK', 'OK', 'OK', 'OK'],
    [3, '-----', 'INSUFFICIENT_DATA', 'keep', 'ALARM', 'OK'],
    [3, '0XX-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [3, '--X--', 'ALARM', 'keep', 'ALARM', 'OK'],
    [2, '0-X-X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '00X0X', 'ALARM', 'ALARM', 'ALARM', 'ALARM'],
    [2, '0-X--', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '----0', 'OK', 'OK', 'ALARM', 'OK'],
    [2, '---X-', 'ALARM', 'keep', 'ALARM', 'OK'],
    [3, '----X', 'INSUFFICIENT_DATA', 'keep', 'ALARM', 'OK'],
    [3, '---X-', 'INSUFFICIENT_DATA', 'keep', 'ALARM', 'OK'],
    [3, '---X0', 'OK', 'OK', 'OK', 'OK'],
    [3, '--X-0', 'OK', 'OK', 'OK', 'OK'],
  ])('%d of 3: %s', (needed, points, ...states) => {
    for (const before of ['OK', 'ALARM'] as const)
      expect(TREATMENTS.map((treat) => evaluate(alarm(needed, treat), series(points, 1, 0), before))).toEqual(
        states.map((state) => (state === 'keep' ? before : state)),
      );
  });
});

interface Case {
  /** A value beyond the threshold, and one that is fine. */
  values: [breaching: number, fine: number];
  /** Each goes off by its end. */
  bad: string[];
  /** None of these goes off at any time. */
  good: string[];
}

const CASES: Record<AlarmId, Case> = {
  'webhook-age': { values: [3601, 3600], bad: ['0XX'], good: ['0X0X', '----', 'X'] },
  'webhook-dead-letters': { values: [1, 0], bad: ['X', '-----X'], good: ['000', '-----'] },
  // Periods of an hour: each run fails, or each pass, one in six.
  'event-sweep-errors': {
    values: [1, 0],
    bad: ['XX', 'X00000X', 'X0000000000X'],
    good: ['00000', '-----', 'X', `X${times(11, '0')}X`],
  },
  'webhook-sweep-errors': {
    values: [1, 0],
    bad: ['XXX', 'X0X0X'],
    good: ['0000', '----', 'XX', `X${times(11, '0')}XX`],
  },
  'outcome-age': { values: [901, 900], bad: ['000XXX'], good: ['0XX0XX0XX', '------', '-X-------'] },
  'lost-events': { values: [1, 0], bad: ['X', '-----X'], good: ['000', '-----'] },
  'outcome-dead-letters': { values: [1, 0], bad: ['X', '-----X'], good: ['000', '-----'] },
  'oldest-photo': { values: [901, 900], bad: ['000XXX'], good: ['0XX0XX0XX', '------', '-X-------'] },
  // Four times as long: each fourth start is a sidelined photo's.
  'oldest-sidelined-photo': {
    values: [3601, 3600],
    bad: ['000XXX'],
    good: ['0XX0XX0XX', '------', '-X-------'],
  },
  // Each period is one window. Shares beyond the burn rate, and photos that are too few.
  'burn-rate-5m': { values: [73, 72], bad: ['X', '--X'], good: ['000', '-----'] },
  'burn-rate-1h': { values: [73, 72], bad: ['X', '--X'], good: ['000', '-----'] },
  'burn-rate-30m': { values: [31, 30], bad: ['X', '--X'], good: ['000', '-----'] },
  'burn-rate-6h': { values: [31, 30], bad: ['X', '--X'], good: ['000', '-----'] },
  'photos-1h': { values: [10, 9], bad: ['X', '--X'], good: ['000', '-----'] },
  'photos-6h': { values: [20, 19], bad: ['X', '--X'], good: ['000', '-----'] },
  'dead-letters': { values: [1, 0], bad: ['X', '-----X'], good: ['000', '-----'] },
  failures: {
    values: [0.06, 0.05],
    bad: [
      'XXX',
      // One photo each half hour, and all fail.
      'X-----X-----X',
      // One an hour.
      'X-----------X-----------X',
      // A service that fails in half of its busy periods.
      '0X0X0X',
    ],
    // A single broken file on a quiet night, or one and later another.
    good: [
      '0000',
      '-'.repeat(40),
      `${times(30, '-')}X${times(50, '-')}`,
      `X${times(20, '-')}X${times(40, '-')}`,
    ],
  },
  'no-tick': {
    values: [0, 2],
    // Datapoints that are still in the evaluation range delay it.
    bad: [`000${times(15, '-')}`, '-----'],
    good: ['00000', '0-0-0-0', '0----0', times(30, '0')],
  },
  'metrics-unavailable': {
    values: [1, 0],
    bad: ['XXX', 'X0X0X'],
    good: ['00000', 'X0000X', 'X00X00X', '-----'],
  },
  'failed-ticks': { values: [1, 0], bad: ['XXX', 'X0X0X'], good: ['00000', 'X0000X', 'X00X00X', '-----'] },
  'implausible-reports': { values: [1, 0], bad: ['XXX', 'X-X-X'], good: ['-----', 'X----X', 'X-------X'] },
  'bulk-deadline': {
    values: [96, 95],
    bad: ['XX', 'X0X', 'X-X'],
    good: ['X00X00', '-----', '0000'],
  },
  'at-maximum': {
    values: [1, 0],
    // A failed tick publishes no decision, and one at the edge has another reason.
    bad: [times(15, 'X'), 'XXXXXX-XXXXXX-X', `${times(7, 'X')}-${times(7, 'X')}`],
    good: [times(12, 'X'), times(10, 'X-'), '-'.repeat(20)],
  },
  'capacity-shortage': {
    values: [1, 0],
    // An instance that starts and fails at once looks like the end of the shortage.
    bad: [times(8, 'X'), 'XXXX0XXXX', 'XXXX-XXXX'],
    good: [times(7, 'X'), times(10, 'X0'), '-'.repeat(20)],
  },
  'on-demand-1h': {
    values: [1, 0],
    bad: [times(55, 'X'), times(60, 'X'), `${times(30, 'X')}--0${times(25, 'X')}`],
    // A burst, bursts with pauses between them, and none.
    good: [times(54, 'X'), times(12, 'XXXXX0'), times(20, 'XXX-'), times(70, '-')],
  },
  // Each period is one window.
  'spot-refused-1h': { values: [3, 2], bad: ['X', '--X'], good: ['000', '-----'] },
  'boot-failure': { values: [3, 2], bad: ['X', '--X'], good: ['000', '-----'] },
  'warm-pool-boot-failure': { values: [3, 2], bad: ['X', '--X'], good: ['000', '-----'] },
  'canary-failures': { values: [1, 0], bad: ['X', '----X'], good: ['0000', '----'] },
  'daily-spend': { values: [100, 99], bad: ['00X', '0X---'], good: ['0000', '0---', '----'] },
  'gateway-5xx': {
    values: [1, 0],
    bad: [
      'XXX',
      // A request each twenty minutes, and all fail.
      `X${times(19, '-')}X${times(19, '-')}X`,
    ],
    good: [times(60, '0'), '-'.repeat(60), `X${times(28, '0')}X${times(60, '0')}`],
  },
  'gateway-function-errors': { values: [1, 0], bad: ['XXX'], good: ['000', '---', `X${times(60, '0')}X`] },
  'gateway-throttles': { values: [1, 0], bad: ['XXX', 'X0X0X'], good: ['000', '---', `X${times(60, '0')}X`] },
  'log-delivery': { values: [1, 0], bad: ['XXX', 'X-X-X'], good: ['-----', 'X----', 'X----X'] },
  'probe-failure': {
    values: [1, 0],
    // Periods of five minutes: an hour is twelve, a day 288. It rings until a probe succeeds, however long that takes.
    bad: ['X', `0${times(11, '-')}X`, `0${times(287, '-')}X`, `X${times(400, '-')}`, `X-0${times(20, '-')}X`],
    good: ['0', times(20, '-'), `0${times(287, '-')}0${times(287, '-')}`],
  },
};

describe.each(ALARM_IDS)('%s', (id) => {
  const { values, bad, good } = CASES[id];

  it.each(bad)('goes off with %s', (points) => {
    for (const extra of [0, 2, 10])
      expect(statesOf(alarmOf(id), series(points, ...values), extra).at(-1)).toBe('ALARM');
  });

  it.each(good)('does not go off with %s', (points) => {
    // Before the first datapoint a new alarm has none at all: for no-tick that is its first deploy.
    const before = id === 'no-tick' ? series('00000', ...values).map(() => values[1]) : [];
    for (const extra of [0, 2, 10])
      expect(statesOf(alarmOf(id), [...before, ...series(points, ...values)], extra)).not.toContain('ALARM');
  });
});

it.each<[AlarmId, name: string, hours: number]>([
  ['gateway-function-errors', 'GatewayFunction', 1],
  ['event-sweep-errors', 'OutcomeEventsSweepFunction', 12],
  ['webhook-sweep-errors', 'WebhooksSweepFunction', 1],
])('%s is of the errors of %s, in %d h', (id, name, hours) => {
  const { Namespace, MetricName, Dimensions, Statistic, Period, EvaluationPeriods } = alarmOf(
    id,
  ) as Properties;
  const [{ Name, Value }] = Dimensions as [{ Name: string; Value: { Ref: string } }];
  expect([Namespace, MetricName, Statistic]).toEqual(['AWS/Lambda', 'Errors', 'Sum']);
  expect([Name, plainId(Value.Ref)]).toEqual(['FunctionName', name]);
  expect(Number(Period) * Number(EvaluationPeriods)).toBe(hours * 3600);
});
