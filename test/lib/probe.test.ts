/** The template of a stage with a probe: its schedules, when they fire, and in which order it is deleted. */
import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { JobQueue } from '../../lib/job-queue.ts';
import { PhotoProbe } from '../../lib/photo-probe.ts';
import { PhotoStore } from '../../lib/photo-store.ts';
import { ScalerTable } from '../../lib/scaler-table.ts';
import { checkMinute } from '../../lib/stage/probe.ts';
import { resolveStage } from '../../lib/stage/stage.ts';
import { before, newApp, ofType, propertiesOf, synthesise, withPlainIds } from './template.ts';

const daily = withPlainIds(synthesise('prod', { access: 'open', probePhoto: 'daily' }));
const cron = (minute: number, hour: string) => `cron(${minute} ${hour} * * ? *)`;

describe('a stage with a probe', () => {
  it('sends at five past five UTC, and checks half an hour later', () => {
    const schedules = [propertiesOf(daily, 'ProbeSend'), propertiesOf(daily, 'ProbeCheck')];
    expect(schedules.map(({ ScheduleExpression }) => ScheduleExpression as string)).toEqual([
      cron(5, '5'),
      cron(35, '5'),
    ]);
    expect(schedules.map(({ Target }) => Target.Input as string)).toEqual([
      '{"step":"send","scheduledTime":"<aws.scheduler.scheduled-time>"}',
      '{"step":"check","scheduledTime":"<aws.scheduler.scheduled-time>"}',
    ]);
    for (const { Target, ScheduleExpressionTimezone, FlexibleTimeWindow } of schedules) {
      expect(Target.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 600, MaximumRetryAttempts: 3 });
      expect([ScheduleExpressionTimezone, FlexibleTimeWindow]).toEqual(['Etc/UTC', { Mode: 'OFF' }]);
    }
    expect(propertiesOf(daily, 'ProbeFunctionEventInvokeConfig')).toMatchObject({
      MaximumEventAgeInSeconds: 600,
      MaximumRetryAttempts: 0,
    });
  });

  it('begins after its fleet is made, and ends before that is deleted', () => {
    for (const id of ['ProbeSend', 'ProbeCheck', 'ProbeFunction'])
      expect(before(daily, id)).toContain('FleetGroupASG');
    expect(before(daily, 'FleetGroupASG')).not.toContain('ProbeFunction');
  });

  it('alone has its alarm, its function and their names', () => {
    const without = withPlainIds(synthesise('prod', { access: 'open' }));
    const names = ({ Resources, Outputs }: typeof daily) =>
      [...Object.keys(Resources), ...Object.keys(Outputs)].filter((id) => /probe/i.test(id));
    expect(names(without)).toEqual([]);
    expect(names(daily)).toContain('ProbeLogGroupName');
    expect(ofType(daily, 'AWS::CloudWatch::Alarm').length).toBe(
      ofType(without, 'AWS::CloudWatch::Alarm').length + 1,
    );
  });
});

describe('the check', () => {
  it.each([
    [60, 35],
    [900, 35],
    [901, 36],
    [1800, 50],
    [2100, 55],
  ])('of a promise of %d s is in minute %d, and so before the next photo', (promised, minute) => {
    expect(checkMinute(promised)).toBe(minute);
    const hourly = { probePhoto: 'hourly', minCapacity: 1, promisedWaitSeconds: promised } as const;
    expect(() => resolveStage('prod', hourly)).not.toThrow();
  });
});

it('a construct of its own takes what a stage does', () => {
  const stack = new Stack(newApp(), 'Own');
  const jobs = new JobQueue(stack, 'Jobs', { bucketName: 'own' });
  const common = {
    stageName: 'own',
    photos: new PhotoStore(stack, 'Photos', { bucketName: 'own', jobs }),
    table: new ScalerTable(stack, 'Table'),
  };
  const make = (id: string, promisedWaitSeconds: number) =>
    new PhotoProbe(stack, id, { ...common, schedule: 'hourly', promisedWaitSeconds });
  expect(() => make('Good', 900)).not.toThrow();
  expect(() => make('Late', 2101)).toThrow("probePhoto 'hourly': with promisedWaitSeconds at most 2100 only");
});
