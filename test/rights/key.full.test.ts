/** The key of a stage, as a simulator of IAM sees it: who may use it, by the policies of roles and by its own. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { describe, expect, it } from 'vitest';
import { only, synthesise, type Statement } from '../lib/template.ts';
import { KEY_STAGE, KEY_USES } from './key-calls.ts';
import { ACCOUNT, REGION, statementsOf, withNames } from './policies.ts';

const template = synthesise('prod', KEY_STAGE);
const SERVICES = ['s3', 'sqs', 'dynamodb', 'secretsmanager'];
const ACTIONS = ['Decrypt', 'GenerateDataKey', 'DescribeKey', 'Encrypt', 'CreateGrant', 'PutKeyPolicy'];
const KEY_ARN = `arn:aws:kms:${REGION}:${ACCOUNT}:key/EncryptionKey`;
const via = (service: string) => ({ 'kms:ViaService': `${service}.${REGION}.amazonaws.com` });

/** @returns whether KMS allows a call, by the policies of its role and that of the key */
async function isAllowed(
  principal: string,
  action: string,
  contextVariables: Record<string, string>,
  statements: Statement[] = [],
  resource = KEY_ARN,
): Promise<boolean> {
  const found = await runSimulation(
    {
      request: {
        ...{ principal, action: `kms:${action}`, contextVariables },
        resource: { resource, accountId: ACCOUNT },
      },
      identityPolicies: [{ name: 'role', policy: { Version: '2012-10-17', Statement: statements } }],
      ...{ serviceControlPolicies: [], resourceControlPolicies: [] },
      resourcePolicy: withNames(template, only(template, 'AWS::KMS::Key').KeyPolicy),
    },
    { simulationMode: 'Strict' },
  );
  if (found.resultType === 'error') throw new Error(JSON.stringify(found.errors));
  return found.overallResult === 'Allowed';
}

describe('the key, as a simulator of IAM sees it,', () => {
  const roles = statementsOf(template);

  it('is in a case for every role', () =>
    expect(Object.keys(KEY_USES).sort()).toEqual(Object.keys(roles).sort()));

  it.each(Object.entries(KEY_USES))(
    'is used by %s for its own calls, and for nothing else',
    async (role, may) => {
      const principal = `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/session`;
      const statements = roles[role]!.filter(({ Action }) =>
        [Action].flat().some((one) => /^kms:/.test(one)),
      );
      const ask = (action: string, context: Record<string, string>, resource?: string) =>
        isAllowed(principal, action, { 'kms:CallerAccount': ACCOUNT, ...context }, statements, resource);
      for (const service of SERVICES)
        for (const action of ACTIONS)
          expect([service, action, await ask(action, via(service))]).toEqual([
            ...[service, action],
            may[service]?.includes(action) ?? false,
          ]);
      expect(await ask('Decrypt', {})).toBe(false);
      expect(await ask('Decrypt', via('s3'), `${KEY_ARN}2`)).toBe(false);
    },
  );
});

/** Who asks KMS without a role of the stage: allowed in this account, refused in another. CloudWatch Logs, whose key the simulator does not know: stage-key.test.ts. */
const AUTO_SCALING = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
const own = { 'aws:SourceAccount': ACCOUNT };
const launch = { 'kms:CallerAccount': ACCOUNT, 'aws:PrincipalArn': AUTO_SCALING };
type Asked = [principal: string, actions: string[], context: Record<string, string>, isAllowed: boolean];
const SERVICE_CALLS: Record<string, Asked> = {
  'S3, that sends to a queue': ['s3.amazonaws.com', ['Decrypt', 'GenerateDataKey'], own, true],
  'S3, of another account': ['s3.amazonaws.com', ['Decrypt'], { 'aws:SourceAccount': '444455556666' }, false],
  'S3, for more': ['s3.amazonaws.com', ['CreateGrant', 'ScheduleKeyDeletion'], own, false],
  'CloudWatch, that sends an alarm': ['cloudwatch.amazonaws.com', ['Decrypt', 'GenerateDataKey'], own, true],
  'CloudWatch, of another account': ['cloudwatch.amazonaws.com', ['Decrypt'], {}, false],
  'EC2 Auto Scaling': [
    AUTO_SCALING,
    ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo', 'GenerateDataKeyWithoutPlaintext', 'DescribeKey'],
    launch,
    true,
  ],
  'EC2 Auto Scaling, for a volume': [
    AUTO_SCALING,
    ['CreateGrant'],
    { ...launch, 'kms:GrantIsForAWSResource': 'true' },
    true,
  ],
  'EC2 Auto Scaling, for another grantee': [
    AUTO_SCALING,
    ['CreateGrant'],
    { ...launch, 'kms:GrantIsForAWSResource': 'false' },
    false,
  ],
  'another role of the account': [
    `arn:aws:iam::${ACCOUNT}:role/Other`,
    ['Decrypt', 'CreateGrant'],
    {
      ...launch,
      'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/Other`,
      'kms:GrantIsForAWSResource': 'true',
    },
    false,
  ],
};

it.each(Object.entries(SERVICE_CALLS))(
  'the policy of the key, for %s',
  async (_who, [principal, actions, context, may]) => {
    for (const action of actions)
      expect([action, await isAllowed(principal, action, context)]).toEqual([action, may]);
  },
);
