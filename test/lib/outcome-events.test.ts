/** The events of outcomes in the template: off without a trace, and from bucket to bus where they are on. */
import { describe, expect, it } from 'vitest';
import { FOLDERS } from '../../contract/lanes.ts';
import { outcomeEventsEnvironmentSchema } from '../../contract/outcome-event.ts';
import { SENT_EXPIRY } from '../../contract/sent-event.ts';
import { BUDGET_SECONDS } from '../../lambda/outcome-events/lost/find-lost.ts';
import { GRACE_SECONDS } from '../../lambda/outcome-events/lost/pass.ts';
import { before, ofType, propertiesOf, synthesise, withPlainIds, type Properties } from './template.ts';

const on = withPlainIds(synthesise('dev', { outcomeEvents: true }));
const queueOf = { 'Fn::GetAtt': ['OutcomeEventsOutcomesQueue', 'Arn'] };

describe('a stage with events of outcomes', () => {
  it('has the bucket notify the queue of each outcome folder, and depends on its policy', () => {
    const { QueueConfigurations } = propertiesOf(on, 'PhotosBucket').NotificationConfiguration as Properties;
    const prefixes = (QueueConfigurations as Properties[])
      .filter(({ Queue }) => JSON.stringify(Queue) === JSON.stringify(queueOf))
      .map(({ Filter }) => Filter.S3Key.Rules[0].Value as string);
    const folders = Object.values(FOLDERS).flatMap(({ results, failed }) => [results, failed]);
    expect(prefixes.sort()).toEqual(folders.sort());
    expect(before(on, 'PhotosBucket')).toContain('OutcomeEventsOutcomesQueuePolicy');
  });

  it('lets this bucket alone send to the queue', () => {
    const { Statement } = propertiesOf(on, 'OutcomeEventsOutcomesQueuePolicy').PolicyDocument as Properties;
    const allowed = (Statement as Properties[]).filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({
      Action: 'sqs:SendMessage',
      Principal: { Service: 's3.amazonaws.com' },
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
    expect(JSON.stringify(allowed[0]!.Condition.ArnEquals)).toContain('ddcolor-elastic-dev-');
  });

  it('reads the queue with partial batch responses, within the visibility timeout that AWS asks for', () => {
    const [mapping] = ofType(on, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties);
    expect(mapping).toMatchObject({
      ...{ EventSourceArn: queueOf, BatchSize: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    const { Timeout, Environment } = propertiesOf(on, 'OutcomeEventsFunction');
    const { VisibilityTimeout, RedrivePolicy } = propertiesOf(on, 'OutcomeEventsOutcomesQueue');
    expect(VisibilityTimeout).toBe(6 * Timeout);
    expect(RedrivePolicy.maxReceiveCount).toBe(50);
    const variables = Object.entries(Environment.Variables as Properties);
    const texts = variables.map(([name, value]) => [name, typeof value === 'string' ? value : 'at deploy']);
    expect(outcomeEventsEnvironmentSchema.parse(Object.fromEntries(texts)).STAGE).toBe('dev');
  });

  it('has a sweep each hour, by a function with the same variables, whose rows expire', () => {
    const [schedule] = ofType(on, 'AWS::Scheduler::Schedule')
      .map(({ Properties }) => Properties)
      .filter(({ Target }) => JSON.stringify(Target.Arn).includes('OutcomeEventsSweep'));
    expect(schedule?.ScheduleExpression).toBe('rate(1 hour)');
    const sweep = propertiesOf(on, 'OutcomeEventsSweepFunction');
    expect(sweep.Timeout).toBeGreaterThan(BUDGET_SECONDS);
    expect(sweep).toMatchObject({
      Handler: 'index.sweep',
      Environment: propertiesOf(on, 'OutcomeEventsFunction').Environment as unknown,
    });
    expect(propertiesOf(on, 'OutcomeEventsSent').TimeToLiveSpecification).toEqual({
      ...{ AttributeName: SENT_EXPIRY, Enabled: true },
    });
  });

  it('has a grace that is longer than a message is tried', () => {
    const { VisibilityTimeout, RedrivePolicy } = propertiesOf(on, 'OutcomeEventsOutcomesQueue');
    expect(GRACE_SECONDS).toBeGreaterThan(VisibilityTimeout * RedrivePolicy.maxReceiveCount);
  });

  it('has a bus of the stage’s name', () =>
    expect(propertiesOf(on, 'OutcomeEventsBus').Name).toBe('ddcolor-elastic-dev'));
});

describe('a stage without', () => {
  it('has nothing of them', () => {
    const off = JSON.stringify(synthesise('dev'));
    expect(off).not.toMatch(/OutcomeEvents|AWS::Events::EventBus|EventSourceMapping|outcome-age/);
  });
});

describe('a stage with usage', () => {
  const of = (retainData: boolean) => {
    const settings = { outcomeEvents: true, usage: true, access: 'open', retainData } as const;
    return withPlainIds(synthesise('dev', settings));
  };

  it('has a table by day that forgets, that can be restored, and that stays with the data', () => {
    expect(propertiesOf(of(true), 'Usage')).toMatchObject({
      KeySchema: [
        { AttributeName: 'day', KeyType: 'HASH' },
        { AttributeName: 'of', KeyType: 'RANGE' },
      ],
      ...{ BillingMode: 'PAY_PER_REQUEST', TimeToLiveSpecification: { AttributeName: 'expiresAt' } },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    const policies = [of(true), of(false)].map(({ Resources }) => Resources.Usage?.DeletionPolicy);
    expect(policies).toEqual(['RetainExceptOnCreate', 'Delete']);
  });

  it('gives both functions that count the table, a way to it for the command, and a query of its lines', () => {
    const template = of(false);
    for (const id of ['GatewayFunction', 'OutcomeEventsFunction'])
      expect(propertiesOf(template, id).Environment.Variables).toMatchObject({
        USAGE_TABLE_NAME: { Ref: 'Usage' },
      });
    expect(propertiesOf(template, 'OutcomeEventsFunction').Environment.Variables).toMatchObject({
      ...{ GATEWAY_TABLE_NAME: { Ref: 'GatewayTable' }, WEBHOOK_TABLE_NAME: '' },
    });
    expect(template.Outputs.UsageTableName?.Value).toEqual({ Ref: 'Usage' });
    const { LogGroupNames } = propertiesOf(template, 'Queriesusagebycaller');
    expect(LogGroupNames).toEqual([{ Ref: 'OutcomeEventsFunctionLogs' }]);
  });

  it('has nothing of it where it is off', () =>
    expect(JSON.stringify(synthesise('dev', { outcomeEvents: true, access: 'open' }))).not.toMatch(
      /"Usage|usage by caller|"UsageTableName/,
    ));
});
