/** Dashboard and alarms: what they ask for is published, what wakes somebody says what to do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALARM_IDS, ALARMS, alarmName, type AlarmId } from '../../contract/alarms.ts';
import { BOOT_PHASES, PANELS, PHOTO_OUTCOMES } from '../../contract/panels.ts';
import type { BootPhases } from '../../worker/instance/boot.ts';
import type { Outcome } from '../../worker/photo/handle-message.ts';
import { REASONS } from '../../contract/reasons.ts';
import { Monitoring } from '../../lib/monitoring.ts';
import { askedByAlarms, askedByDashboard, dashboardOf, type Asked } from './asked.ts';
import { publishedBy, type Series } from './published.ts';
import { ofType, synthesise, type Properties, type StackTemplate } from './template.ts';

const STAGE = 'prod';
/** What SQS publishes of a queue. */
const OF_QUEUES =
  /^AWS\/SQS (ApproximateAgeOfOldestMessage|ApproximateNumberOfMessagesVisible) QueueName=Jobs\w+\.QueueName$/;

let template: StackTemplate;
let published: Set<Series>;
beforeAll(async () => {
  template = synthesise(STAGE, {}, false);
  published = await publishedBy(STAGE);
});

const unknown = (asked: Asked[]) =>
  asked
    .filter(({ series }) => !published.has(series) && !OF_QUEUES.test(series))
    .map(({ where, series }) => `${where}: ${series}`);
const alarms = (): Record<string, Properties> =>
  Object.fromEntries(
    ofType(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => [
      Properties.AlarmName as string,
      Properties,
    ]),
  );
const alarm = (id: AlarmId) => alarms()[alarmName(STAGE, id)]!;
const runbook = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'runbook.md'), 'utf8');
/** Sections by their heading. */
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section): [string, string] => [section.slice(0, section.indexOf('\n')).trim(), section]),
);

describe('the dashboard', () => {
  it('asks for nothing that nobody publishes', () => {
    const asked = askedByDashboard(template);
    expect(asked.length).toBeGreaterThan(40);
    expect(unknown(asked)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['a metric of another name', '"Visible"', '"Vissible"'],
    ['a reason that no decision has', '"scale-out"', '"scale-up"'],
    ['a search by another dimension', 'InstanceType,', 'Instance,'],
  ])('would be noticed to ask for %s', (_how, from, to) => {
    const spoiled = JSON.parse(
      JSON.stringify(template).replaceAll(JSON.stringify(from).slice(1, -1), JSON.stringify(to).slice(1, -1)),
    ) as StackTemplate;
    expect(unknown(askedByDashboard(spoiled))).not.toEqual([]);
  });

  it('has every panel, and the first row first', () => {
    const titles = dashboardOf(template).widgets.map(({ properties }) => properties.title as string);
    const panels = PANELS.flat().map(({ title }) => title);
    expect(titles.filter((title) => title !== 'Alarms')).toEqual(panels);
    expect(titles.indexOf('Alarms')).toBe(PANELS[0]!.length);
  });

  it('knows every reason, outcome and phase, and no others', () => {
    const all = <T extends string>(names: Record<T, 0>) => Object.keys(names).sort();
    expect([...BOOT_PHASES].sort()).toEqual(
      all<keyof BootPhases>({ kernel: 0, driver: 0, services: 0, comfyui: 0, canary: 0 }),
    );
    expect([...PHOTO_OUTCOMES].sort()).toEqual(
      all<Outcome>({ succeeded: 0, failed: 0, dropped: 0, returned: 0 }),
    );
    expect([...REASONS].sort()).toEqual([...REASONS].sort());
  });
});

describe('the alarms', () => {
  it('are all there', () =>
    expect(Object.keys(alarms()).sort()).toEqual(ALARM_IDS.map((id) => alarmName(STAGE, id)).sort()));

  it('ask for nothing that nobody publishes', () => expect(unknown(askedByAlarms(template))).toEqual([]));

  it.each(ALARM_IDS)('%s tells the topic when it begins and when it is over', (id) => {
    const { AlarmActions, OKActions } = alarm(id);
    const [[topic] = []] = [
      Object.entries(template.Resources)
        .filter(([, { Type }]) => Type === 'AWS::SNS::Topic')
        .map(([key]) => key),
    ];
    expect([AlarmActions, OKActions]).toEqual([[{ Ref: topic }], [{ Ref: topic }]]);
  });

  it.each(ALARM_IDS)('%s says what it means, what to do, and where to read on', (id) => {
    const description = JSON.stringify(alarm(id).AlarmDescription);
    const { meaning, action } = ALARMS[id];
    for (const part of [
      meaning,
      action,
      `docs/runbook.md#${id}`,
      '#dashboards/dashboard/ddcolor-elastic-prod-',
    ]) {
      expect(description).toContain(part);
    }
  });

  it.each(ALARM_IDS)('%s has its section in the runbook: meaning, first, then, resolved', (id) => {
    const section = sections.get(id) ?? `docs/runbook.md has no heading '## ${id}'`;
    expect(section).toMatch(
      /\*\*What it means\.\*\*[^]*\*\*First\.\*\*[^]*\*\*Then\.\*\*[^]*\*\*Resolved when\.\*\*/,
    );
  });

  it('are all that the runbook has sections of, beside the first', () => {
    expect([...sections.keys()].filter((heading) => /^[a-z-]+$/.test(heading)).sort()).toEqual(
      [...ALARM_IDS].sort(),
    );
  });

  it.each<[AlarmId, string]>([
    ['oldest-photo', 'notBreaching'],
    ['dead-letters', 'notBreaching'],
    ['failures', 'notBreaching'],
    ['no-tick', 'breaching'],
    ['metrics-unavailable', 'notBreaching'],
    ['failed-ticks', 'notBreaching'],
    ['at-maximum', 'notBreaching'],
    ['capacity-shortage', 'notBreaching'],
    ['canary-failures', 'notBreaching'],
    ['daily-spend', 'ignore'],
  ])('%s takes silence for %s', (id, missing) => expect(alarm(id).TreatMissingData).toBe(missing));

  it('need no metric maths', () =>
    expect(Object.values(alarms()).filter(({ Metrics }) => Metrics !== undefined)).toEqual([]));

  /** Statistic, period, so many of so many beyond, comparison, threshold. */
  it.each<[AlarmId, string, number, string, string, number]>([
    ['oldest-photo', 'Maximum', 60, '3 of 3', 'GreaterThanThreshold', 900],
    ['dead-letters', 'Maximum', 60, '1 of 1', 'GreaterThanThreshold', 0],
    ['failures', 'Average', 300, '3 of 3', 'GreaterThanThreshold', 0.05],
    ['no-tick', 'SampleCount', 60, '5 of 5', 'LessThanThreshold', 1],
    ['metrics-unavailable', 'Sum', 60, '3 of 5', 'GreaterThanThreshold', 0],
    ['failed-ticks', 'Sum', 60, '3 of 5', 'GreaterThanThreshold', 0],
    ['at-maximum', 'Sum', 60, '15 of 15', 'GreaterThanThreshold', 0],
    ['capacity-shortage', 'Maximum', 60, '8 of 10', 'GreaterThanThreshold', 0],
    ['canary-failures', 'Sum', 60, '1 of 1', 'GreaterThanThreshold', 0],
    ['daily-spend', 'Maximum', 60, '1 of 1', 'GreaterThanOrEqualToThreshold', 242],
  ])('%s rings by %s over %d s, %s, %s %d', (id, statistic, period, points, comparison, threshold) => {
    const { Statistic, Period, DatapointsToAlarm, EvaluationPeriods, ComparisonOperator, Threshold } =
      alarm(id);
    expect([
      Statistic,
      Period,
      `${DatapointsToAlarm} of ${EvaluationPeriods}`,
      ComparisonOperator,
      Threshold,
    ]).toEqual([statistic, period, points, comparison, threshold]);
  });

  it('ring when the stage says', () => {
    template = synthesise(STAGE, { promisedWaitSeconds: 120, dailySpendLimit: 7 }, false);
    expect(alarm('oldest-photo')).toMatchObject({
      Threshold: 120,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    expect(alarm('daily-spend')).toMatchObject({
      Threshold: 7,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });
});

describe('a monitoring of a queue without dead letters and without a limit', () => {
  it('has no alarm and no series of them', () => {
    const stack = new Stack(new App(), 'Small');
    new Monitoring(stack, 'Monitoring', { stageName: 'small', queue: new sqs.Queue(stack, 'Jobs') });
    const small = Template.fromStack(stack).toJSON() as StackTemplate;
    const names = ofType(small, 'AWS::CloudWatch::Alarm').map(
      ({ Properties }) => Properties.AlarmName as string,
    );
    expect(names).not.toContain('ddcolor-elastic-small-dead-letters');
    expect(names).not.toContain('ddcolor-elastic-small-daily-spend');
    expect(names).toHaveLength(ALARM_IDS.length - 2);
    expect(askedByDashboard(small).filter(({ series }) => /DeadLetters/.test(series))).toEqual([]);
  });
});

describe('the topic', () => {
  it('takes messages of this account’s alarms, by TLS alone, and sends them to whoever the stage names', () => {
    const told = synthesise(STAGE, { alarmEmail: 'oncall@example.com' }, false);
    const policy = JSON.stringify(ofType(told, 'AWS::SNS::TopicPolicy'));
    expect(policy).toContain('"aws:SecureTransport":"false"');
    expect(policy).toContain('"Principal":{"Service":"cloudwatch.amazonaws.com"}');
    expect(policy).toContain('"aws:SourceAccount":{"Ref":"AWS::AccountId"}');
    expect(
      ofType(told, 'AWS::SNS::Subscription').map(({ Properties }) => [
        Properties.Protocol,
        Properties.Endpoint,
      ]),
    ).toEqual([['email', 'oncall@example.com']]);
    expect(ofType(synthesise(STAGE, {}, false), 'AWS::SNS::Subscription')).toEqual([]);
  });
});
