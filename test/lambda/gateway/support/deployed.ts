/** The gateways of `app.ts`, deployed by the CDK onto a local AWS once for all suites of `deployed.test.ts`. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Browser } from 'playwright-core';
import { clientConfig, localPath } from '../../../../common/environment.ts';
import type { Scope } from '../../../../common/scope.ts';
import { bootstrap, deployAll, localApiUrl } from '../../../../local/aws/deploy.ts';
import { startLocalAws } from '../../../support/local-aws.ts';
import { startBrowser } from './browser.ts';
import { startIssuer, type Issuer } from './issuer.ts';

export interface DeployedGateway {
  url: string;
  bucket: string;
  table: string;
  scalerTable: string;
  /** Empty without events. */
  eventBus: string;
  outcomeQueue: string;
  sentTable: string;
  /** Empty without webhooks. */
  webhooks: Record<'deadLetterUrl' | 'wakeUrl' | 'webhookTable' | 'deliveryTable' | 'recordTable', string>;
  sweepFunction: string;
  /** Empty without usage. */
  usageTable: string;
  queues: Record<'interactive' | 'sidelined' | 'deadLetters', string>;
}

export interface Deployed {
  open: DeployedGateway;
  jwt: DeployedGateway;
  issuer: Issuer;
  browser: Browser;
  endpoint: string;
  s3: S3Client;
  sqs: SQSClient;
  documents: DynamoDBDocumentClient;
}

/** Set by {@link deploy}; suites read it in their tests only. */
export const deployed = {} as Deployed;

export async function deploy(scope: Scope): Promise<void> {
  const issuer = await startIssuer('page', 'ann');
  await scope.defer(() => issuer.close());
  const endpoint = await startLocalAws('gateway', scope);
  const abort = new AbortController().signal;
  await bootstrap(endpoint, abort);
  // A path without blanks: the CDK's CLI takes no quotes.
  const app = 'node --import tsx test/lambda/gateway/support/app.ts';
  const [outputs, browser] = await Promise.all([
    deployAll(endpoint, app, abort, localPath('outputs-gateway.json'), {
      ISSUER: issuer.url,
      // The CLI's --output: it locks the folder, and other test files deploy at the same time.
      CDK_OUTPUT: localPath('cdk.out-gateway'),
    }),
    startBrowser(scope),
  ]);
  const gateway = (stack: string): DeployedGateway => {
    const {
      ApiId = '',
      BucketName = '',
      TableName = '',
      ScalerTableName = '',
      EventBusName = '',
      OutcomeQueueUrl = '',
      SentTableName = '',
      WebhookDeadLetterQueueUrl: deadLetterUrl = '',
      WakeQueueUrl: wakeUrl = '',
      WebhookTableName: webhookTable = '',
      DeliveryTableName: deliveryTable = '',
      SweepFunctionName = '',
      UsageTableName = '',
      QueueUrl: interactive = '',
      SidelinedQueueUrl: sidelined = '',
      DeadLetterQueueUrl: deadLetters = '',
    } = outputs[stack] ?? {};
    return {
      url: localApiUrl(endpoint, ApiId),
      bucket: BucketName,
      table: TableName,
      scalerTable: ScalerTableName,
      eventBus: EventBusName,
      outcomeQueue: OutcomeQueueUrl,
      sentTable: SentTableName,
      webhooks: { deadLetterUrl, wakeUrl, webhookTable, deliveryTable, recordTable: TableName },
      sweepFunction: SweepFunctionName,
      usageTable: UsageTableName,
      queues: { interactive, sidelined, deadLetters },
    };
  };
  const config = clientConfig(endpoint);
  Object.assign(deployed, {
    open: gateway('Gateway-open'),
    jwt: gateway('Gateway-jwt'),
    issuer,
    browser,
    endpoint,
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sqs: new SQSClient(config),
    documents: DynamoDBDocumentClient.from(new DynamoDBClient(config)),
  } satisfies Deployed);
}
