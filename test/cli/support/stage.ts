/** A stage on its own local AWS: the resources that the commands read, without instances. */
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CloudFormationClient,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ACCOUNT, clientConfig, REGION } from '../../../common/environment.ts';
import { Scope } from '../../../common/scope.ts';
import { startLocalAws } from '../../support/local-aws.ts';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { command, Folder, type Ended } from './command.ts';
import { itemOf, record } from './memory.ts';

export const STAGE = 'ops';
export const TABLE = 'ops-scaler';

/** @param name of the local AWS's log */
async function startStage(name: string, scope: Scope) {
  const endpoint = await startLocalAws(name, scope);
  const config = clientConfig(endpoint);
  const env: NodeJS.ProcessEnv = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: config.credentials.secretAccessKey,
    AWS_REGION: REGION,
  };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const sqs = new SQSClient(config);
  const cloudWatch = new CloudWatchClient(config);
  const dynamo = new DynamoDBClient(config);
  const documents = DynamoDBDocumentClient.from(dynamo);
  const autoScaling = new AutoScalingClient(config);
  const jobs = (await sqs.send(new CreateQueueCommand({ QueueName: 'ops-jobs' }))).QueueUrl ?? '';
  const sidelined = (await sqs.send(new CreateQueueCommand({ QueueName: 'ops-sidelined' }))).QueueUrl ?? '';
  const bulk = (await sqs.send(new CreateQueueCommand({ QueueName: 'ops-bulk' }))).QueueUrl ?? '';
  const dead = (await sqs.send(new CreateQueueCommand({ QueueName: 'ops-dead' }))).QueueUrl ?? '';
  await dynamo.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  await autoScaling.send(
    new CreateLaunchConfigurationCommand({
      LaunchConfigurationName: 'ops',
      ImageId: 'ami-1',
      InstanceType: 'g5.xlarge',
    }),
  );
  await autoScaling.send(
    new CreateAutoScalingGroupCommand({
      ...{ AutoScalingGroupName: 'ops-fleet', LaunchConfigurationName: 'ops' },
      ...{ MinSize: 0, MaxSize: 7, DesiredCapacity: 0, AvailabilityZones: [`${REGION}a`] },
    }),
  );
  const outputs = {
    ...{
      QueueUrl: jobs,
      SidelinedQueueUrl: sidelined,
      BulkQueueUrl: bulk,
      DeadLetterQueueUrl: dead,
      TableName: TABLE,
      GroupName: 'ops-fleet',
      GatewayTableName: 'ops-gateway',
    },
    BucketName: 'unused',
  };
  const template = {
    // CloudFormation rejects a stack without resources.
    Resources: { Nothing: { Type: 'AWS::SQS::Queue' } },
    Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
  };
  const cloudformation = new CloudFormationClient(config);
  for (const StackName of [`DDColorElastic-${STAGE}`, 'DDColorElastic-local']) {
    await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
    await waitUntilStackCreateComplete(
      { client: cloudformation, maxWaitTime: 30, minDelay: 1 },
      { StackName },
    );
  }
  return { endpoint, env, s3, sqs, cloudWatch, documents, jobs, sidelined, bulk, dead };
}

/** Clears, writes and reads the item of the scaler. */
const itemsOf = (documents: DynamoDBDocumentClient) => ({
  clear: () => documents.send(new DeleteCommand({ TableName: TABLE, Key: { id: 'scaler' } })),
  keep: (item: Record<string, unknown>) => documents.send(new PutCommand({ TableName: TABLE, Item: item })),
  kept: async () => (await documents.send(new GetCommand({ TableName: TABLE, Key: { id: 'scaler' } }))).Item,
});

/**
 * The stage of a test file: started before its tests, without an item of the scaler before each, stopped after them.
 *
 * @param name of the local AWS's log
 */
export function stageOf(name: string) {
  const scope = new Scope();
  const folder = new Folder();
  const started = {} as Awaited<ReturnType<typeof startStage>> & { items: ReturnType<typeof itemsOf> };
  beforeAll(async () => {
    const stage = await startStage(name, scope);
    Object.assign(started, stage, { items: itemsOf(stage.documents) });
  }, 90_000);
  afterAll(async () => {
    folder.remove();
    await scope.close();
  });
  beforeEach(() => started.items.clear());
  const operate = (...args: string[]) => command(folder.path, [...args, '--stage', STAGE], started.env);
  return { stage: started, folder, operate };
}

export const json = ({ out }: Ended) => JSON.parse(out) as Record<string, unknown>;
export const now = () => Date.now() / 1000;
export const fresh = (more: Record<string, unknown> = {}) => itemOf([record({ at: now() - 1 })], more);
