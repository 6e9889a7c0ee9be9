/** Webhooks in the template: off without a trace; with sign-in alone; queues, tables and schedule as the rule of deliveries needs them. */
import { describe, expect, it } from 'vitest';
import { webhooksEnvironmentSchema } from '../../contract/webhook.ts';
import { LEASE_SECONDS } from '../../lambda/outcome-events/webhooks/send-due.ts';
import { ofType, propertiesOf, synthesise, withPlainIds, type Properties } from './template.ts';

const on = withPlainIds(synthesise('dev', { outcomeEvents: true, webhooks: true, access: 'iam' }));
const functionOf = (id: string) => propertiesOf(on, id);

describe('a stage with webhooks', () => {
  it('has their routes, each with sign-in', () => {
    const routes = ofType(on, 'AWS::ApiGatewayV2::Route').map(({ Properties }) => Properties);
    const own = routes.filter(({ RouteKey }) => String(RouteKey).includes('/webhooks'));
    expect(own.map(({ RouteKey, AuthorizationType }) => `${RouteKey} ${AuthorizationType}`).sort()).toEqual([
      'DELETE /webhooks/{id} AWS_IAM',
      'GET /webhooks AWS_IAM',
      'GET /webhooks/{id} AWS_IAM',
      'PUT /webhooks/{id} AWS_IAM',
    ]);
  });

  it('has a run end before its lease, and its message hidden for longer', () => {
    const { Timeout } = functionOf('WebhooksFunction');
    const { VisibilityTimeout, RedrivePolicy } = propertiesOf(on, 'WebhooksWakes');
    expect(Timeout).toBeLessThan(LEASE_SECONDS);
    expect(VisibilityTimeout).toBeGreaterThan(LEASE_SECONDS);
    expect(RedrivePolicy).toBeUndefined();
    const mapping = ofType(on, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties);
    expect(mapping.find(({ BatchSize }) => BatchSize === 1)).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['WebhooksWakes', 'Arn'] },
      ScalingConfig: { MaximumConcurrency: 4 },
    });
  });

  it('has deliveries in the order of both indexes, and forgets those of nobody', () => {
    const { LocalSecondaryIndexes, TimeToLiveSpecification } = propertiesOf(on, 'WebhooksDeliveries');
    const indexes = (LocalSecondaryIndexes as Properties[]).map(({ IndexName, KeySchema }) => [
      IndexName,
      KeySchema[1].AttributeName,
    ]);
    expect(indexes).toEqual([
      ['due', 'dueAt'],
      ['oldest', 'createdAt'],
    ]);
    expect(TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
  });

  it('gives both functions all that they read, and no way to this machine', () => {
    for (const id of ['WebhooksFunction', 'WebhooksSweepFunction']) {
      const { Environment, Handler } = functionOf(id);
      const variables = Object.entries(Environment.Variables as Properties);
      const texts = variables.map(([name, value]) => [name, typeof value === 'string' ? value : 'at deploy']);
      expect(webhooksEnvironmentSchema.parse(Object.fromEntries(texts)).MOST_PAUSE_SECONDS).toBe(240);
      expect(Handler).toBe(id === 'WebhooksFunction' ? 'index.handler' : 'index.sweep');
    }
    expect(JSON.stringify(on)).not.toContain('LOCAL_WEBHOOK_RECEIVERS');
  });

  it('is looked after each five minutes', () => {
    const schedules = ofType(on, 'AWS::Scheduler::Schedule').map(({ Properties }) => Properties);
    const own = schedules.find(({ Target }) => JSON.stringify(Target.Arn).includes('WebhooksSweep'));
    expect(own?.ScheduleExpression).toBe('rate(5 minutes)');
  });
});

describe('a stage without', () => {
  it('has nothing of them', () => {
    const off = JSON.stringify(synthesise('dev', { outcomeEvents: true, access: 'iam' }));
    expect(off).not.toMatch(/"Webhooks|\/webhooks|webhook-age/);
  });
});
