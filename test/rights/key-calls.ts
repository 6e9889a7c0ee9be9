/** What the calls of each role need of the stage's key: stage-key.test.ts compares it with the template, key.full.test.ts asks a simulator of IAM. */
import type { StageConfig } from '../../lib/stage/stage.ts';

/** A stage that has every role. */
export const KEY_STAGE: StageConfig = {
  access: 'iam',
  outcomeEvents: true,
  webhooks: true,
  usage: true,
  probePhoto: 'daily',
  warmPoolSize: 1,
  encryption: 'kms',
};

/** By role and the service that asks KMS: what its calls need of the key. */
export const KEY_USES: Record<string, Record<string, string[]>> = {
  FleetInstanceRole: {
    s3: ['Decrypt', 'GenerateDataKey'],
    sqs: ['Decrypt', 'GenerateDataKey'],
    dynamodb: ['Decrypt', 'DescribeKey'],
  },
  ScalerFunctionRole: { sqs: ['Decrypt'], dynamodb: ['Decrypt', 'DescribeKey'] },
  GatewayFunctionRole: { s3: ['Decrypt', 'GenerateDataKey'], dynamodb: ['Decrypt', 'DescribeKey'] },
  ProbeFunctionRole: { s3: ['Decrypt', 'GenerateDataKey'], dynamodb: ['Decrypt', 'DescribeKey'] },
  OutcomeEventsFunctionRole: {
    s3: ['Decrypt'],
    sqs: ['Decrypt', 'GenerateDataKey'],
    dynamodb: ['Decrypt', 'DescribeKey'],
  },
  WebhooksFunctionRole: { sqs: ['Decrypt', 'GenerateDataKey'], dynamodb: ['Decrypt', 'DescribeKey'] },
  FleetSuspendRebalancingHandlerRole: {},
  ScalerScheduleRole: {},
  ProbeScheduleRole: {},
  OutcomeEventsScheduleRole: {},
  WebhooksScheduleRole: {},
};
