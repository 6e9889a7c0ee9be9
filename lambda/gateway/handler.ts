/** Entry point of the gateway function. */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { photoLogId } from '../../contract/trace.ts';
import { gatewayEnvironmentSchema } from '../../contract/gateway.ts';
import { offeredWorkflows } from '../../contract/offered-workflow.ts';
import { LOOPBACK_VARIABLE } from '../../contract/webhook.ts';
import { DynamoArrivalCounter } from './aws/arrivals.ts';
import { S3PhotoStorage } from './aws/storage.ts';
import { DynamoPhotoRegistry } from './aws/registry.ts';
import { DynamoWebhookRegistry } from './aws/webhook-registry.ts';
import { DynamoViewReader } from './aws/view-reader.ts';
import { DynamoUnfinishedPhotos } from './aws/unfinished.ts';
import { DynamoAcceptedPhotos } from './aws/usage.ts';
import { discover } from './discovery.ts';
import { photoKeyOf } from './first-queue.ts';
import { parseRequest } from './request.ts';
import type { Response } from './response.ts';
import { PageServer, type PageConfig } from './page-server.ts';
import { respond, type Gateway } from './routes.ts';
import { Webhooks } from './webhooks.ts';

const environment = gatewayEnvironmentSchema.parse(process.env);
const log = (line: Record<string, unknown>) => console.log(JSON.stringify(line));
const now = () => Date.now() / 1000;
const ID_BYTES = 16;

const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));
/** Of what a photo can do without: a request waits for it no longer than this. */
const optional = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 500, requestTimeout: 500, throwOnRequestTimeout: true },
  }),
);
const storage = new S3PhotoStorage(
  new S3Client({ maxAttempts: 3, requestChecksumCalculation: 'WHEN_REQUIRED' }),
  environment.BUCKET_NAME,
);

const { ISSUER: issuer, CLIENT_ID: clientId, CHROMA_SIZE: chromaSize, OPTIONS: options } = environment;
const { WORKFLOWS: words } = environment;
/** Of a stage with several. */
const workflows = words && offeredWorkflows(words, { chromaSize, options });
const { MAX_UPLOAD_BYTES: maxUploadBytes, BULK_DEADLINE_SECONDS: bulkDeadlineSeconds } = environment;

/** The page sends requests to the bucket and to the issuer's token endpoint. */
async function pageConfig(): Promise<PageConfig> {
  const signIn = issuer === '' ? null : await discover(issuer, clientId);
  const connect = [await storage.origin(), ...(signIn ? [new URL(signIn.tokenEndpoint).origin] : [])];
  return {
    settings: { maxUploadBytes, chromaSize, bulkDeadlineSeconds, options, workflows, signIn },
    connect,
  };
}

const { WEBHOOK_TABLE_NAME: webhookTable, USAGE_TABLE_NAME: usageTable } = environment;
const webhooks = new Webhooks({
  registry: new DynamoWebhookRegistry(documents, webhookTable),
  targets: {
    resolve: (name) => lookup(name, { all: true }),
    allowLoopback: process.env[LOOPBACK_VARIABLE] !== undefined,
  },
  newTarget: () => randomBytes(ID_BYTES).toString('hex'),
});

const gateway: Gateway = {
  webhooks: webhookTable === '' ? undefined : webhooks,
  access: environment.ACCESS,
  groupsClaim: environment.GROUPS_CLAIM,
  originDigests: environment.ORIGIN_DIGESTS,
  settings: {
    maxUploadBytes,
    photosPerHour: environment.PHOTOS_PER_HOUR,
    photosPerDay: environment.PHOTOS_PER_DAY,
    linkSeconds: environment.LINK_SECONDS,
    photoDays: environment.PHOTO_DAYS,
    resultDays: environment.RESULT_DAYS,
    chromaSize,
    bulkDeadlineSeconds,
    sidelines: environment.SIDELINING === 'on',
    options,
    workflows,
  },
  ports: {
    registry: new DynamoPhotoRegistry(documents, environment.TABLE_NAME),
    accepted: usageTable === '' ? undefined : new DynamoAcceptedPhotos(documents, usageTable),
    storage,
    arrivals: new DynamoArrivalCounter(optional, environment.TABLE_NAME, (error) =>
      log({ message: 'arrivals-unavailable', error }),
    ),
    unfinished: new DynamoUnfinishedPhotos(optional, environment.TABLE_NAME, (error) =>
      log({ message: 'unfinished-unavailable', error }),
    ),
    viewReader: new DynamoViewReader(optional, environment.SCALER_TABLE_NAME, now, (error) =>
      log({ message: 'view-unavailable', error }),
    ),
  },
  page: new PageServer(join(import.meta.dirname, 'page'), pageConfig),
  newId: () => randomBytes(ID_BYTES).toString('base64url'),
  newTrace: () => randomBytes(ID_BYTES).toString('hex'),
  logIdOf: (place) => photoLogId(environment.BUCKET_NAME, photoKeyOf(place)),
  now,
  log,
};

export const handler = (event: unknown): Promise<Response> => respond(parseRequest(event), gateway);
