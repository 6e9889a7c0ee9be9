/** A local AWS with the tables and the bucket that the adapters use. */
import { randomBytes } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { clientConfig } from '../../../../common/environment.ts';
import type { Scope } from '../../../../common/scope.ts';
import { GATEWAY_KEY } from '../../../../contract/gateway.ts';
import { TABLE_KEY } from '../../../../contract/names.ts';
import type { PhotoRecord } from '../../../../lambda/gateway/ports.ts';
import { startLocalAws } from '../../../support/local-aws.ts';

export const TABLE = 'gateway';
export const SCALER_TABLE = 'scaler';
export const BUCKET = 'photos';

export let s3: S3Client;
export let documents: DynamoDBDocumentClient;

export let awsConfig: () => ReturnType<typeof clientConfig>;

export async function startAws(scope: Scope): Promise<void> {
  const config = clientConfig(await startLocalAws('gateway-adapters', scope));
  awsConfig = () => config;
  // As in the function, apart from the endpoint.
  s3 = new S3Client({ ...config, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
  documents = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const [TableName, AttributeName] of [
    [TABLE, GATEWAY_KEY],
    [SCALER_TABLE, TABLE_KEY],
  ] as const)
    await documents.send(
      new CreateTableCommand({
        TableName,
        KeySchema: [{ AttributeName, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName, AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
}

export const TRACE = '0123456789abcdef0123456789abcdef';
export const newId = () => randomBytes(16).toString('base64url');
export const record = (more: Partial<PhotoRecord> = {}): PhotoRecord => ({
  id: newId(),
  owner: 'jwt:jane',
  name: 'Grüße aus Köln – 照片 "1".jpg',
  type: 'image/jpeg',
  output: 'photo',
  trace: TRACE,
  createdAt: 1_780_316_400.123,
  linkExpiresAt: 1_780_317_300.123,
  expiresAt: 1_782_994_801,
  ...more,
});
