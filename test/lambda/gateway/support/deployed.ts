/** The gateways of `app.ts`, deployed by the CDK onto a local AWS. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { bootstrap, deployAll, localApiUrl } from '../../../../local/aws/deploy.ts';
import { clientConfig, localPath } from '../../../../common/environment.ts';
import type { Scope } from '../../../../common/scope.ts';
import { startLocalAws } from '../../../support/local-aws.ts';

export interface DeployedGateway {
  url: string;
  bucket: string;
  queueUrl: string;
  table: string;
  scalerTable: string;
}

export interface Deployed {
  open: DeployedGateway;
  jwt: DeployedGateway;
  s3: S3Client;
  sqs: SQSClient;
  documents: DynamoDBDocumentClient;
}

export async function deployGateways(name: string, issuer: string, scope: Scope): Promise<Deployed> {
  const endpoint = await startLocalAws(name, scope);
  const abort = new AbortController().signal;
  await bootstrap(endpoint, abort);
  // By a path without blanks: the CDK's CLI does not take quotes.
  const app = 'node --import tsx test/lambda/gateway/support/app.ts';
  const outputs = await deployAll(endpoint, app, abort, localPath(`outputs-${name}.json`), {
    ISSUER: issuer,
    // The CLI's --output: it locks the folder that it synthesises to, and files of tests run side by side.
    CDK_OUTPUT: localPath(`cdk.out-${name}`),
  });
  const gateway = (stack: string): DeployedGateway => {
    const {
      ApiId = '',
      BucketName = '',
      QueueUrl = '',
      TableName = '',
      ScalerTableName = '',
    } = outputs[stack] ?? {};
    return {
      url: localApiUrl(endpoint, ApiId),
      bucket: BucketName,
      queueUrl: QueueUrl,
      table: TableName,
      scalerTable: ScalerTableName,
    };
  };
  const config = clientConfig(endpoint);
  return {
    open: gateway('Gateway-open'),
    jwt: gateway('Gateway-jwt'),
    s3: new S3Client({ ...config, forcePathStyle: true }),
    sqs: new SQSClient(config),
    documents: DynamoDBDocumentClient.from(new DynamoDBClient(config)),
  };
}
