/** The firewall: which requests it refuses, with which answer, and where it is. */
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { FIREWALL_RULES } from '../../contract/edge.ts';
import { apiGatewayErrorSchema } from '../../contract/photo-api.ts';
import { FirewallStack } from '../../lib/firewall-stack.ts';
import { resolveStage } from '../../lib/stage/stage.ts';
import { newApp, only, type Properties, type StackTemplate } from './template.ts';

const stack = new FirewallStack(newApp(), 'Firewall', {
  stage: resolveStage('prod', { requestsPerAddress: 500 }),
});
const template = Template.fromStack(stack).toJSON() as StackTemplate;
const acl = only(template, 'AWS::WAFv2::WebACL');
const ruleOf = (name: string) => (acl.Rules as Properties[]).find(({ Name }) => Name === name) ?? {};

describe('the firewall', () => {
  it('is for CloudFront, which takes those of us-east-1, and alone in its stack', () => {
    expect(stack.region).toBe('us-east-1');
    expect([acl.Scope, acl.Name, acl.DefaultAction]).toEqual([
      'CLOUDFRONT',
      'ddcolor-elastic-prod',
      { Allow: {} },
    ]);
    expect(Object.values(template.Resources)).toHaveLength(1);
    // By which `cost` computes.
    expect((acl.Rules as Properties[]).map(({ Name }) => Name as string)).toEqual(FIREWALL_RULES);
    expect(template.Outputs.WebAclArn?.Value).toEqual({ 'Fn::GetAtt': ['Acl', 'Arn'] });
  });

  it('counts the requests of each address over five minutes, before all else', () => {
    expect(ruleOf('requests-per-address')).toMatchObject({
      Priority: 0,
      Statement: { RateBasedStatement: { Limit: 500, EvaluationWindowSec: 300, AggregateKeyType: 'IP' } },
    });
  });

  it('refuses a longer body than the gateway takes, however long', () => {
    expect(ruleOf('long-body').Statement).toEqual({
      SizeConstraintStatement: {
        FieldToMatch: { Body: { OversizeHandling: 'MATCH' } },
        ComparisonOperator: 'GT',
        Size: 8192,
        TextTransformations: [{ Priority: 0, Type: 'NONE' }],
      },
    });
  });

  it('refuses addresses that AWS knows as attackers’', () =>
    expect(ruleOf('known-attackers')).toMatchObject({
      OverrideAction: { None: {} },
      Statement: {
        ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesAmazonIpReputationList' },
      },
    }));

  it.each([
    ['requests-per-address', 429, '60'],
    ['long-body', 413, undefined],
  ])('answers as the API document has it: %s with %i', (name, status, retryAfter) => {
    const { CustomResponse } = ruleOf(name).Action.Block as Properties;
    expect(CustomResponse.ResponseCode).toBe(status);
    expect(CustomResponse.ResponseHeaders).toEqual(
      retryAfter && [{ Name: 'retry-after', Value: retryAfter }],
    );
    const { ContentType, Content } = acl.CustomResponseBodies[
      CustomResponse.CustomResponseBodyKey
    ] as Properties;
    expect(ContentType).toBe('APPLICATION_JSON');
    expect(apiGatewayErrorSchema.safeParse(JSON.parse(Content as string)).success).toBe(true);
  });
});
