/** cdk-nag: the shipped stages have no finding, and a finding fails the synth. */
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stages, type StageName } from '../../bin/stages.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import type { ColouringStack } from '../../lib/colouring-stack.ts';
import { allow, PUBLISH_METRICS } from '../../lib/permissions.ts';
import { CDN_CERTIFICATE, CERTIFICATE, DOMAIN, WEB_ACL, ZONE } from './door-settings.ts';
import { checked, checkedByAll } from './checked.ts';

const JWT: StageConfig = { access: 'jwt', jwtIssuer: 'https://issuer.example', jwtAudience: ['page'] };
const STAGES: [StageName, StageConfig][] = [
  ...(Object.keys(stages) as StageName[]).map((name): [StageName, StageConfig] => [name, {}]),
  [
    'prod',
    { ...JWT, ...{ cdn: true, domainName: DOMAIN, certificateArn: CDN_CERTIFICATE, webAclArn: WEB_ACL } },
  ],
  [
    'prod',
    {
      access: 'iam',
      alarmEmail: 'oncall@example.com',
      outcomeEvents: true,
      webhooks: true,
      usage: true,
      encryption: 'kms',
    },
  ],
  ['prod', { warmPoolSize: 2, spotPercentage: 0, probePhoto: 'daily', outcomeEvents: true }],
  ['prod', { access: 'cognito', domainName: DOMAIN, certificateArn: CERTIFICATE, hostedZoneId: ZONE }],
  ['prod', { onDemandFallback: false, access: 'open', cdn: true }],
  ['prod', { warmPoolSize: 2, minCapacity: 2, onDemandBaseCapacity: 1 }],
];

/** The report of cdk-nag; its content is in the error too. */
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const role = (stack: ColouringStack) =>
  new iam.Role(stack, 'Extra', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
/** Without `allow`, which throws for a wildcard without a reason. */
const add = (to: iam.Role, action: string, resource: string) =>
  to.addToPolicy(new iam.PolicyStatement({ actions: [action], resources: [resource] }));

/** Changes to the stack, and the finding that each must cause. */
const SPOILED: [finding: RegExp, how: string, spoil: (stack: ColouringStack) => void][] = [
  [/IAM5\[Resource::\*\]/, 'a role gains a wildcard', (stack) => add(role(stack), 's3:GetObject', '*')],
  [
    /IAM5\[Action::s3:\*\]/,
    'a role gains every action',
    (stack) => add(role(stack), 's3:*', 'arn:aws:s3:::bucket'),
  ],
  [
    /IAM5\[Resource::arn:aws:s3:::bucket\/\*\]/,
    'the reason is of another wildcard',
    (stack) => {
      const extra = role(stack);
      allow(extra, { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::bucket/a/*'], wildcard: 'a' });
      add(extra, 's3:GetObject', 'arn:aws:s3:::bucket/*');
    },
  ],
  [
    /IAM4\[Policy::/,
    'a managed policy of AWS',
    (stack) => role(stack).addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('ReadOnlyAccess')),
  ],
  [/AwsSolutions-SQS4/, 'a queue without TLS', (stack) => void new sqs.Queue(stack, 'Extra')],
  [
    /AwsSolutions-S10/,
    'a bucket without TLS',
    (stack) =>
      void new s3.Bucket(stack, 'Extra', {
        serverAccessLogsBucket: s3.Bucket.fromBucketName(stack, 'Logs', 'logs-of-it'),
      }),
  ],
];

describe('cdk-nag', () => {
  it.each(STAGES)('has no finding in stage %s with %j', (name, more) => {
    expect(checked(name, more).synth).not.toThrow();
  });

  it('and the CDK’s own rules have no finding in a stage with everything', () => {
    const all: StageConfig = { ...JWT, warmPoolSize: 2, alarmEmail: 'oncall@example.com' };
    expect(checkedByAll('prod', all).synth).not.toThrow();
  });

  it.each(SPOILED)('finds %s: %s', (finding, _how, spoil) => {
    const { stack, synth } = checked('prod');
    spoil(stack);
    expect(synth).toThrow(finding);
  });
});

describe('allow', () => {
  const extra = () => role(checked('prod').stack);

  it.each([['*'], ['arn:aws:s3:::bucket/*']])('throws for %s without a reason', (resource) => {
    const permission = { actions: ['s3:GetObject'], resources: ['arn:aws:s3:::bucket', resource] };
    expect(() => allow(extra(), permission)).toThrow(
      `resources [${resource}] of [s3:GetObject] in 'Test-prod/Extra': a wildcard needs a reason, in 'wildcard'`,
    );
  });

  it('throws for it next to a statement with a reason for the same text, which cdk-nag accepts', () => {
    const to = extra();
    allow(to, PUBLISH_METRICS);
    expect(() => allow(to, { actions: ['s3:GetObject'], resources: ['*'] })).toThrow(/needs a reason/);
  });

  it('throws for it in an ARN with tokens', () => {
    const { stack } = checked('prod');
    const resources = [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: 'a/*' })];
    expect(() => allow(role(stack), { actions: ['ssm:GetParameter'], resources })).toThrow(
      /parameter\/a\/\*\]/,
    );
  });
});
