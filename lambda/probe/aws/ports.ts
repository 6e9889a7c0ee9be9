/**
 * The probe's ports on AWS.
 *
 * The function may not list the bucket, so S3 answers 403 for an object that is missing. A right that is lost looks the same, but
 * for the photo's, which the send step needs: it fails then.
 */
import { CloudWatchClient, PutMetricDataCommand, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { z } from 'zod';
import { MOST_FAILURE_BYTES, readFailure } from '../../../contract/failure.ts';
import {
  MEMORY_KEY,
  METRIC_NAMESPACE,
  METRICS,
  STAGE_DIMENSION,
  TABLE_KEY,
  VIEW_ATTRIBUTE,
} from '../../../contract/names.ts';
import type { probeEnvironmentSchema } from '../../../contract/probe.ts';
import { viewSchema } from '../../../contract/view.ts';
import type { ProbePorts } from '../run.ts';
import type { StageState } from '../verdict.ts';

/** An hour passes until the next try: a passing error of AWS is no failed probe. */
const CLIENT = { maxAttempts: 6 };
const MISSING = [403, 404];
/** The key has an object, or another write of it is going on. */
const EXISTS = [409, 412];

const hasStatus = (error: unknown, statuses: number[]) =>
  error instanceof S3ServiceException && statuses.includes(error.$metadata.httpStatusCode ?? 0);

type Environment = z.infer<typeof probeEnvironmentSchema>;

export function portsOn(environment: Environment): Omit<ProbePorts, 'now' | 'log'> {
  const { BUCKET_NAME: Bucket } = environment;
  const s3 = new S3Client(CLIENT);
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT));
  const ssm = new SSMClient(CLIENT);
  const cloudWatch = new CloudWatchClient(CLIENT);

  /** @returns undefined for an object that is missing */
  const unlessMissing = <T>(call: Promise<T>): Promise<T | undefined> =>
    call.catch((error: unknown) => {
      if (hasStatus(error, MISSING)) return undefined;
      throw error;
    });

  return {
    bucketName: Bucket,
    async put(Key, Body) {
      try {
        const type = { ContentType: 'image/png' };
        await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...type, IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        if (hasStatus(error, EXISTS)) return false;
        throw error;
      }
    },
    exists: async (Key) =>
      (await unlessMissing(s3.send(new HeadObjectCommand({ Bucket, Key })))) !== undefined,
    async failure(Key) {
      const found = await unlessMissing(s3.send(new GetObjectCommand({ Bucket, Key })));
      if (!found) return undefined;
      const { Body, ContentLength = 0 } = found;
      const isRecord = ContentLength <= MOST_FAILURE_BYTES;
      if (!isRecord) (Body as { destroy?: () => void } | undefined)?.destroy?.();
      return readFailure(isRecord ? await Body?.transformToString() : undefined).code;
    },
    async remove(Key) {
      await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    },
    async stage() {
      const [view, hasImage] = await Promise.all([
        readView(documents, environment),
        readImage(ssm, environment),
      ]);
      return { view, hasImage };
    },
    async publish(failed) {
      const MetricData = metricData(environment.STAGE, failed);
      await cloudWatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
    },
  };
}

/** What is published of a probe photo. */
export const metricData = (stage: string, failed: 0 | 1): MetricDatum[] => [
  {
    MetricName: METRICS.probeFailures,
    Value: failed,
    Unit: 'Count',
    Dimensions: [{ Name: STAGE_DIMENSION, Value: stage }],
  },
];

async function readView(
  documents: DynamoDBDocumentClient,
  { SCALER_TABLE_NAME: TableName }: Environment,
): Promise<StageState['view']> {
  const { Item } = await documents.send(
    new GetCommand({
      TableName,
      Key: { [TABLE_KEY]: MEMORY_KEY },
      ProjectionExpression: '#view',
      ExpressionAttributeNames: { '#view': VIEW_ATTRIBUTE },
    }),
  );
  // A view of another version says nothing about a pause.
  return viewSchema.safeParse(Item?.[VIEW_ATTRIBUTE]).data;
}

async function readImage(ssm: SSMClient, { AMI_PARAMETER: Name }: Environment): Promise<boolean> {
  try {
    await ssm.send(new GetParameterCommand({ Name }));
    return true;
  } catch (error) {
    if (error instanceof ParameterNotFound) return false;
    throw error;
  }
}
