/** Encryption `kms`: everything stored has the key, each role may use it for what it stores and reads, and so may the services of AWS. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { keyUses, StageKey } from '../../lib/stage-key.ts';
import { KEY_STAGE, KEY_USES } from '../rights/key-calls.ts';
import { ACCOUNT, REGION, statementsOf } from '../rights/policies.ts';
import { arn, TYPES } from './resources.ts';
import {
  before,
  newApp,
  ofType,
  only,
  synthesise,
  withPlainIds,
  type Properties,
  type StackTemplate,
} from './template.ts';

const hashed = synthesise('prod', KEY_STAGE);
const template = withPlainIds(hashed);
const KEY = arn('EncryptionKey');
const all = (type: string, pick: (properties: Properties) => unknown) =>
  ofType(template, type).map(({ Properties }) => pick(Properties));

/** What each type of resource that stores something must have. */
const ENCRYPTED: Record<string, [pick: (properties: Properties) => unknown, has: unknown]> = {
  'AWS::S3::Bucket': [
    ({ BucketEncryption }) => BucketEncryption.ServerSideEncryptionConfiguration,
    [
      {
        BucketKeyEnabled: true,
        ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
      },
    ],
  ],
  'AWS::SQS::Queue': [
    (queue) => [queue.KmsMasterKeyId, queue.KmsDataKeyReusePeriodSeconds, queue.SqsManagedSseEnabled],
    [KEY, 3600, undefined],
  ],
  'AWS::DynamoDB::Table': [
    ({ SSESpecification }) => SSESpecification,
    { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: KEY },
  ],
  'AWS::Logs::LogGroup': [({ KmsKeyId }) => KmsKeyId, KEY],
  'AWS::SNS::Topic': [({ KmsMasterKeyId }) => KmsMasterKeyId, KEY],
  'AWS::EC2::LaunchTemplate': [
    ({ LaunchTemplateData }) =>
      (LaunchTemplateData.BlockDeviceMappings as Properties[]).map(({ Ebs }) => Ebs as unknown),
    [expect.objectContaining({ Encrypted: true, KmsKeyId: KEY })],
  ],
};

describe('a stage with a key of the account', () => {
  it.each(Object.entries(ENCRYPTED))('encrypts each %s with it', (type, [pick, has]) => {
    const found = all(type, pick);
    expect(found.length).toBeGreaterThanOrEqual(TYPES[type] ?? 0);
    expect(found).toEqual(found.map(() => has));
  });

  it('lets roles use it before anything has it, also where a stage that runs gets it', () => {
    const ids = (type: RegExp) =>
      Object.keys(template.Resources).filter((id) => type.test(template.Resources[id]!.Type));
    const policies = ids(/^AWS::IAM::Policy$/).filter((id) =>
      JSON.stringify(template.Resources[id]).includes('kms:'),
    );
    expect(policies).toHaveLength(
      Object.values(KEY_USES).filter((uses) => Object.keys(uses).length > 0).length,
    );
    for (const id of ids(/^AWS::(S3::Bucket|SQS::Queue|DynamoDB::Table)$/))
      expect([...before(template, id)], id).toEqual(expect.arrayContaining(policies));
  });

  it('has one key, which rotates, is found by its alias, and goes with a stage that keeps no data', () => {
    expect(only(template, 'AWS::KMS::Key').EnableKeyRotation).toBe(true);
    expect(only(template, 'AWS::KMS::Alias')).toEqual({
      AliasName: 'alias/ddcolor-elastic-prod',
      TargetKeyId: KEY,
    });
    const stack = new Stack(newApp());
    new StageKey(stack, 'Encryption', { stageName: 'dev', retainData: false });
    const alone = Template.fromStack(stack).toJSON() as StackTemplate;
    const policies = [template, alone].map((one) => ofType(one, 'AWS::KMS::Key')[0]?.DeletionPolicy);
    expect(policies).toEqual(['RetainExceptOnCreate', 'Delete']);
  });

  it('lets CloudWatch Logs use it for log groups of this account', () => {
    const { Statement } = only(template, 'AWS::KMS::Key').KeyPolicy as { Statement: Properties[] };
    const account = { Ref: 'AWS::AccountId' };
    const region = { Ref: 'AWS::Region' };
    expect(Statement.find(({ Sid }) => Sid === 'Logs')).toEqual({
      Sid: 'Logs',
      Effect: 'Allow',
      Principal: { Service: { 'Fn::Join': ['', ['logs.', region, '.', { Ref: 'AWS::URLSuffix' }]] } },
      Action: ['Encrypt', 'Decrypt', 'ReEncrypt*', 'GenerateDataKey*', 'Describe*'].map(
        (name) => `kms:${name}`,
      ),
      Resource: '*',
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': {
            'Fn::Join': [
              '',
              ['arn:', { Ref: 'AWS::Partition' }, ':logs:', region, ':', account, ':log-group:*'],
            ],
          },
        },
      },
    });
  });

  it('has nothing of it by default', () => {
    const without = synthesise('prod');
    expect([...ofType(without, 'AWS::KMS::Key'), ...ofType(without, 'AWS::KMS::Alias')]).toEqual([]);
    expect(JSON.stringify(without)).not.toMatch(/kms/i);
  });
});

const inOrder = (uses: Record<string, string[]>) =>
  Object.entries(uses).sort(([a], [b]) => a.localeCompare(b));

describe('the roles of such a stage', () => {
  const roles = statementsOf(hashed);

  it('are all in the table', () => expect(Object.keys(KEY_USES).sort()).toEqual(Object.keys(roles).sort()));

  it.each(Object.entries(KEY_USES))(
    '%s may use the key for what its own calls need, by their services',
    (role, uses) => {
      const may = roles[role]!.filter(({ Action }) => [Action].flat().some((one) => one.startsWith('kms:')));
      expect(may).toEqual(
        inOrder(uses).map(([service, needs]) => {
          const actions = needs.map((name) => `kms:${name}`);
          return {
            Effect: 'Allow',
            Action: actions.length === 1 ? actions[0] : actions,
            Resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/EncryptionKey`,
            Condition: { StringEquals: { 'kms:ViaService': `${service}.${REGION}.amazonaws.com` } },
          };
        }),
      );
    },
  );
});

it.each<[actions: string[], uses: ReturnType<typeof keyUses>]>([
  [['sqs:SendMessage'], [['sqs', ['kms:Decrypt', 'kms:GenerateDataKey']]]],
  [
    ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 's3:ListBucket', 's3:DeleteObject', 'logs:PutLogEvents'],
    [],
  ],
  [
    ['s3:PutObject', 'dynamodb:PutItem'],
    [
      ['dynamodb', ['kms:Decrypt', 'kms:DescribeKey']],
      ['s3', ['kms:GenerateDataKey']],
    ],
  ],
])('rights to %j need %j of the key', (actions, uses) => expect(keyUses(actions)).toEqual(uses));
