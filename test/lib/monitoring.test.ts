/** Dashboard and alarms: their metrics are published, and each alarm says what happened and what to do first. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  ALARM_IDS,
  ALARMS,
  alarmName,
  COMPOSITE_IDS,
  COMPOSITES,
  FALLBACK_ALARM_IDS,
  WARM_POOL_ALARM_IDS,
  GATEWAY_ALARM_IDS,
  OUTCOME_ALARM_IDS,
  WEBHOOK_ALARM_IDS,
  PROBE_ALARM_IDS,
  silenceOf,
  type AlarmId,
  type CompositeId,
} from '../../contract/alarms.ts';
import { EVENT_PANELS } from '../../contract/event-panels.ts';
import { BOOT_PHASES, PANELS, PHOTO_OUTCOMES } from '../../contract/panels.ts';
import type { BootPhases } from '../../worker/instance/boot.ts';
import type { Outcome } from '../../worker/photo/handle-job.ts';
import { Monitoring } from '../../lib/monitoring.ts';
import { askedByAlarms, askedByDashboard, dashboardOf, type Asked } from './asked.ts';
import { publishedBy, type Series } from './published.ts';
import { newApp, ofType, synthesise, type Properties, type StackTemplate } from './template.ts';

const STAGE = 'prod';
/** Metrics that AWS publishes for a queue, an HTTP API and a function. */
const OF_AWS =
  /^AWS\/(SQS (ApproximateAgeOfOldestMessage|ApproximateNumberOfMessagesVisible|NumberOfMessagesDeleted) QueueName=(?:Jobs|SidelinedJobs|OutcomeEventsOutcomes|WebhooksDeadLetters)\w+\.QueueName|ApiGateway 5xx ApiId=Api\w+|Lambda (Errors|Throttles) FunctionName=GatewayFunction\w+|Lambda Errors FunctionName=(?:OutcomeEvents|Webhooks)SweepFunction\w+)$/;

let template: StackTemplate;
let published: Set<Series>;
beforeAll(async () => {
  template = synthesise(STAGE, {
    ...{ access: 'iam', probePhoto: 'daily', outcomeEvents: true, webhooks: true },
    warmPoolSize: 1,
  });
  published = await publishedBy(STAGE);
});

const unpublished = (asked: Asked[]) =>
  asked
    .filter(({ series }) => !published.has(series) && !OF_AWS.test(series))
    .map(({ where, series }) => `${where}: ${series}`);
const alarms = (): Record<string, Properties> =>
  Object.fromEntries(
    [
      ...ofType(template, 'AWS::CloudWatch::Alarm'),
      ...ofType(template, 'AWS::CloudWatch::CompositeAlarm'),
    ].map(({ Properties }) => [Properties.AlarmName as string, Properties]),
  );
const alarm = (id: AlarmId | CompositeId) => alarms()[alarmName(STAGE, id)]!;
const runbook = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'runbook.md'), 'utf8');
/** Sections by their heading. */
const sections = new Map(
  runbook
    .split(/^## /m)
    .slice(1)
    .map((section): [string, string] => [section.slice(0, section.indexOf('\n')).trim(), section]),
);

describe('the dashboard', () => {
  it('has published metrics only', () => {
    const asked = askedByDashboard(template);
    expect(asked.length).toBeGreaterThan(40);
    expect(unpublished(asked)).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['a metric of another name', '"Visible"', '"Vissible"'],
    ['a reason that no decision has', '"scale-out"', '"scale-up"'],
    ['a search by another dimension', 'InstanceType,', 'Instance,'],
  ])('is found to have %s', (_how, from, to) => {
    const spoiled = JSON.parse(
      JSON.stringify(template).replaceAll(JSON.stringify(from).slice(1, -1), JSON.stringify(to).slice(1, -1)),
    ) as StackTemplate;
    expect(unpublished(askedByDashboard(spoiled))).not.toEqual([]);
  });

  it('has every panel, with the alarms below the first row', () => {
    const titles = dashboardOf(template).widgets.map(({ properties }) => properties.title as string);
    const panels = [...PANELS.flat(), ...EVENT_PANELS].map(({ title }) => title);
    expect(titles.filter((title) => title !== 'Alarms')).toEqual(panels);
    expect(titles.indexOf('Alarms')).toBe(PANELS[0]!.length);
  });

  it('has no panel of pools in a stage with one group', () => {
    const titles = dashboardOf(synthesise(STAGE, { onDemandFallback: false })).widgets.map(
      ({ properties }) => properties.title as string,
    );
    expect(titles.filter((title) => /pool|event|webhook/i.test(title))).toEqual([]);
    expect(titles).toContain('Backlog of the bulk lane');
  });

  it('has the wait of the percentile that the stage asks for as a line, beside mean and p95', () => {
    const waits = (of: StackTemplate) =>
      dashboardOf(of).widgets.find(({ properties }) => properties.title === 'Wait of a photo, seconds')!
        .properties;
    const asked = waits(synthesise(STAGE, { policy: { kind: 'slo', p95WaitSeconds: 30 } }));
    expect(asked.annotations).toEqual({
      horizontal: [{ value: 30, label: 'p95 target', color: '#d62728', yAxis: 'left' }],
    });
    const labels = (asked.metrics as unknown[][]).map((line) => (line.at(-1) as { label?: string }).label);
    expect(labels).toEqual(expect.arrayContaining(['mean', 'p95']));
    expect(waits(template)).not.toHaveProperty('annotations');
  });

  it('has every outcome and phase, and no others', () => {
    const all = <T extends string>(names: Record<T, 0>) => Object.keys(names).sort();
    expect([...BOOT_PHASES].sort()).toEqual(
      all<keyof BootPhases>({ kernel: 0, driver: 0, services: 0, comfyui: 0, canary: 0 }),
    );
    expect([...PHOTO_OUTCOMES].sort()).toEqual(
      all<Outcome>({ succeeded: 0, failed: 0, dropped: 0, returned: 0 }),
    );
  });
});

describe('the alarms', () => {
  it('exist all', () =>
    expect(Object.keys(alarms()).sort()).toEqual(
      [...ALARM_IDS, ...COMPOSITE_IDS].map((id) => alarmName(STAGE, id)).sort(),
    ));

  it('have published metrics only', () => expect(unpublished(askedByAlarms(template))).toEqual([]));

  it.each([...ALARM_IDS, ...COMPOSITE_IDS])(
    '%s notifies the topic when it goes off and when it is over',
    (id) => {
      const { AlarmActions, OKActions } = alarm(id);
      const [[topic] = []] = [
        Object.entries(template.Resources)
          .filter(([, { Type }]) => Type === 'AWS::SNS::Topic')
          .map(([key]) => key),
      ];
      const isSilent = id in ALARMS && silenceOf(id as AlarmId) !== undefined;
      expect([AlarmActions, OKActions]).toEqual(
        isSilent ? [undefined, undefined] : [[{ Ref: topic }], [{ Ref: topic }]],
      );
    },
  );

  it.each([...ALARM_IDS, ...COMPOSITE_IDS])(
    '%s has its meaning, its first action, and links to runbook and dashboard',
    (id) => {
      const description = JSON.stringify(alarm(id).AlarmDescription);
      const { meaning, action } = { ...ALARMS, ...COMPOSITES }[id];
      for (const part of [
        meaning,
        action,
        `docs/runbook.md#${id}`,
        '#dashboards/dashboard/ddcolor-elastic-prod-',
      ]) {
        expect(description).toContain(part);
      }
    },
  );

  it.each([...ALARM_IDS, ...COMPOSITE_IDS])(
    '%s has a section in the runbook: meaning, first, then, resolved',
    (id) => {
      const section = sections.get(id) ?? `docs/runbook.md has no heading '## ${id}'`;
      expect(section).toMatch(
        /\*\*What it means\.\*\*[^]*\*\*First\.\*\*[^]*\*\*Then\.\*\*[^]*\*\*Resolved when\.\*\*/,
      );
    },
  );

  it('have all sections of the runbook but the first', () => {
    expect([...sections.keys()].filter((heading) => /^[a-z0-9-]+$/.test(heading)).sort()).toEqual(
      [...ALARM_IDS, ...COMPOSITE_IDS].sort(),
    );
  });

  it.each<[AlarmId, string]>([
    ['oldest-photo', 'notBreaching'],
    ['oldest-sidelined-photo', 'notBreaching'],
    ['dead-letters', 'notBreaching'],
    ['failures', 'notBreaching'],
    ['no-tick', 'breaching'],
    ['metrics-unavailable', 'notBreaching'],
    ['failed-ticks', 'notBreaching'],
    ['implausible-reports', 'notBreaching'],
    ['bulk-deadline', 'notBreaching'],
    ['at-maximum', 'notBreaching'],
    ['capacity-shortage', 'notBreaching'],
    ['on-demand-1h', 'notBreaching'],
    ['spot-refused-1h', 'notBreaching'],
    ['warm-pool-boot-failure', 'notBreaching'],
    ['canary-failures', 'notBreaching'],
    ['gateway-5xx', 'notBreaching'],
    ['gateway-function-errors', 'notBreaching'],
    ['gateway-throttles', 'notBreaching'],
    ['log-delivery', 'notBreaching'],
    ['daily-spend', 'ignore'],
  ])('%s treats missing data as %s', (id, missing) => expect(alarm(id).TreatMissingData).toBe(missing));

  it('have no metric math', () =>
    expect(Object.values(alarms()).filter(({ Metrics }) => Metrics !== undefined)).toEqual([]));

  /** Statistic, period, datapoints of evaluation periods, comparison, threshold. */
  it.each<[AlarmId, string, number, string, string, number]>([
    ['oldest-photo', 'Maximum', 60, '3 of 3', 'GreaterThanThreshold', 900],
    ['oldest-sidelined-photo', 'Maximum', 60, '3 of 3', 'GreaterThanThreshold', 3600],
    ['dead-letters', 'Maximum', 60, '1 of 1', 'GreaterThanThreshold', 0],
    ['failures', 'Average', 300, '3 of 36', 'GreaterThanThreshold', 0.05],
    ['no-tick', 'SampleCount', 60, '5 of 5', 'LessThanThreshold', 1],
    ['metrics-unavailable', 'Sum', 60, '3 of 5', 'GreaterThanThreshold', 0],
    ['failed-ticks', 'Sum', 60, '3 of 5', 'GreaterThanThreshold', 0],
    ['implausible-reports', 'Sum', 60, '3 of 5', 'GreaterThanThreshold', 0],
    ['bulk-deadline', 'Maximum', 60, '2 of 3', 'GreaterThanThreshold', 95],
    ['at-maximum', 'Sum', 60, '13 of 15', 'GreaterThanThreshold', 0],
    ['capacity-shortage', 'Maximum', 60, '8 of 10', 'GreaterThanThreshold', 0],
    ['on-demand-1h', 'Minimum', 60, '55 of 60', 'GreaterThanThreshold', 0],
    ['spot-refused-1h', 'Sum', 3600, '1 of 1', 'GreaterThanOrEqualToThreshold', 3],
    ['warm-pool-boot-failure', 'Maximum', 60, '1 of 1', 'GreaterThanOrEqualToThreshold', 3],
    ['canary-failures', 'Sum', 60, '1 of 1', 'GreaterThanThreshold', 0],
    ['gateway-5xx', 'Sum', 60, '3 of 60', 'GreaterThanThreshold', 0],
    ['gateway-function-errors', 'Sum', 60, '3 of 60', 'GreaterThanThreshold', 0],
    ['gateway-throttles', 'Sum', 60, '3 of 60', 'GreaterThanThreshold', 0],
    ['log-delivery', 'Sum', 60, '3 of 5', 'GreaterThanThreshold', 0],
    ['daily-spend', 'Maximum', 60, '1 of 1', 'GreaterThanOrEqualToThreshold', 242],
  ])('%s goes off by %s over %d s, %s, %s %d', (id, statistic, period, points, comparison, threshold) => {
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

  it('have the limits of the stage', () => {
    template = synthesise(STAGE, { promisedWaitSeconds: 120, dailySpendLimit: 7 });
    expect(alarm('oldest-photo')).toMatchObject({
      Threshold: 120,
      ComparisonOperator: 'GreaterThanThreshold',
    });
    expect(alarm('oldest-sidelined-photo').Threshold).toBe(480);
    expect(alarm('daily-spend')).toMatchObject({
      Threshold: 7,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });
});

describe('a monitoring of one queue without dead letters and without a limit', () => {
  it('has no alarm and no series of them', () => {
    const stack = new Stack(newApp(), 'Small');
    new Monitoring(stack, 'Monitoring', { stageName: 'small', queue: new sqs.Queue(stack, 'Jobs') });
    const small = Template.fromStack(stack).toJSON() as StackTemplate;
    const names = ofType(small, 'AWS::CloudWatch::Alarm').map(
      ({ Properties }) => Properties.AlarmName as string,
    );
    expect(names).not.toContain('ddcolor-elastic-small-dead-letters');
    expect(names).not.toContain('ddcolor-elastic-small-daily-spend');
    expect(names).not.toContain('ddcolor-elastic-small-oldest-sidelined-photo');
    expect(names).toHaveLength(
      ALARM_IDS.length -
        3 -
        [
          ...GATEWAY_ALARM_IDS,
          ...OUTCOME_ALARM_IDS,
          ...PROBE_ALARM_IDS,
          ...WEBHOOK_ALARM_IDS,
          ...FALLBACK_ALARM_IDS,
          ...WARM_POOL_ALARM_IDS,
        ].length,
    );
    expect(
      askedByDashboard(small).filter(({ series }) => /DeadLetters|Sidelined\w+\.Q/.test(series)),
    ).toEqual([]);
  });
});

describe('the topic', () => {
  it('accepts alarms of this account with TLS only, and sends them to the stage’s address', () => {
    const template = synthesise(STAGE, { alarmEmail: 'oncall@example.com' });
    const policy = JSON.stringify(ofType(template, 'AWS::SNS::TopicPolicy'));
    expect(policy).toContain('"aws:SecureTransport":"false"');
    expect(policy).toContain('"Principal":{"Service":"cloudwatch.amazonaws.com"}');
    expect(policy).toContain('"aws:SourceAccount":{"Ref":"AWS::AccountId"}');
    expect(
      ofType(template, 'AWS::SNS::Subscription').map(({ Properties }) => [
        Properties.Protocol,
        Properties.Endpoint,
      ]),
    ).toEqual([['email', 'oncall@example.com']]);
    expect(ofType(synthesise(STAGE, {}), 'AWS::SNS::Subscription')).toEqual([]);
  });
});
