/**
 * The firewall of a stage with `cdn`: a web ACL for CloudFront, in a stack of its own, since CloudFront takes those of us-east-1 only.
 *
 * Its ARN, an output, is the `webAclArn` of the stage.
 */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { FIREWALL_RULES, MOST_BODY_BYTES, type FirewallRule } from '../contract/edge.ts';
import { SERVICE } from '../contract/names.ts';
import type { Stage } from './stage/stage.ts';

export const FIREWALL_REGION = 'us-east-1';

/** WAF counts the requests of an address over this time. */
const WINDOW_SECONDS = 300;

/** What a refused client gets, in the form of API Gateway, whose errors clients know. */
const BODIES: Record<string, wafv2.CfnWebACL.CustomResponseBodyProperty> = Object.fromEntries(
  Object.entries({ requests: 'Too Many Requests', body: 'Content Too Large' }).map(([name, message]) => [
    name,
    { contentType: 'APPLICATION_JSON', content: JSON.stringify({ message }) },
  ]),
);
const refuse = (responseCode: number, customResponseBodyKey: string, retryAfter?: number) => ({
  block: {
    customResponse: {
      ...{ responseCode, customResponseBodyKey },
      ...(retryAfter !== undefined && {
        responseHeaders: [{ name: 'retry-after', value: String(retryAfter) }],
      }),
    },
  },
});

export interface FirewallStackProps {
  readonly stage: Pick<Stage, 'name' | 'requestsPerAddress'>;
}

export class FirewallStack extends Stack {
  constructor(scope: Construct, id: string, { stage }: FirewallStackProps) {
    super(scope, id, {
      env: { region: FIREWALL_REGION },
      description: `Firewall of stage ${stage.name} of ddcolor-elastic`,
    });
    const acl = new wafv2.CfnWebACL(this, 'Acl', {
      name: `${SERVICE}-${stage.name}`,
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visible('all'),
      customResponseBodies: BODIES,
      rules: FIREWALL_RULES.map((name, priority) => ({
        ...{ name, priority, visibilityConfig: visible(name) },
        ...rulesOf(stage)[name],
      })),
    });
    new CfnOutput(this, 'WebAclArn', { value: acl.attrArn });
  }
}

const visible = (metricName: string): wafv2.CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: true,
});

type Rule = Pick<wafv2.CfnWebACL.RuleProperty, 'action' | 'overrideAction' | 'statement'>;

const rulesOf = ({ requestsPerAddress }: FirewallStackProps['stage']): Record<FirewallRule, Rule> => ({
  'requests-per-address': {
    action: refuse(429, 'requests', 60),
    statement: {
      rateBasedStatement: {
        limit: requestsPerAddress,
        evaluationWindowSec: WINDOW_SECONDS,
        aggregateKeyType: 'IP',
      },
    },
  },
  'long-body': {
    action: refuse(413, 'body'),
    statement: {
      sizeConstraintStatement: {
        // Photos are sent to the bucket. Of a longer body WAF sees the first part only.
        fieldToMatch: { body: { oversizeHandling: 'MATCH' } },
        comparisonOperator: 'GT',
        size: MOST_BODY_BYTES,
        textTransformations: [{ priority: 0, type: 'NONE' }],
      },
    },
  },
  'known-attackers': {
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesAmazonIpReputationList' },
    },
  },
});
