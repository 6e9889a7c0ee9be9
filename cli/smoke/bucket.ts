/**
 * The bucket of a smoke test on S3.
 *
 * Gotcha: without s3:ListBucket, S3 answers 403 for a missing object. Forbidden and missing both mean "not yet" here.
 */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { awsCall } from '../shared/aws-errors.ts';
import type { ClientConfig, Deployment } from '../shared/deployment.ts';
import { s3ClientOf } from '../shared/s3-client.ts';
import type { SmokeBucket } from './run.ts';

const PUT_NEEDS = 's3:PutObject on incoming/smoke/*';
const OUTCOME_NEEDS = 's3:GetObject and s3:DeleteObject on results/smoke/* and failed/smoke/*';

/** As in lib/photo-store.ts. The name is computed, since reading the stack's outputs would need a permission. */
export async function bucketNameOf(
  { stage, region, config }: Deployment,
  signal: AbortSignal,
): Promise<string> {
  const sts = new STSClient(config);
  const { Account } = await awsCall('AWS', 'credentials; this call needs no permission', signal, () =>
    sts.send(new GetCallerIdentityCommand(), { abortSignal: signal }),
  );
  return `ddcolor-elastic-${stage}-${Account}-${region}`;
}

interface StatusError extends Error {
  $metadata?: { httpStatusCode?: number };
}

const isMissing = ({ name, $metadata }: StatusError): boolean =>
  name !== 'NoSuchBucket' && ($metadata?.httpStatusCode === 404 || name === 'AccessDenied');

export function smokeBucket(config: ClientConfig, Bucket: string, signal: AbortSignal): SmokeBucket {
  const s3 = s3ClientOf(config);
  const name = `s3://${Bucket}`;
  // Cleaning up continues after an interruption.
  const never = new AbortController().signal;
  return {
    async put(Key, Body) {
      const put = new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/octet-stream' });
      await awsCall(name, PUT_NEEDS, signal, () => s3.send(put, { abortSignal: signal }));
    },
    async get(Key) {
      return awsCall(name, OUTCOME_NEEDS, signal, async () => {
        try {
          const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }), { abortSignal: signal });
          return Buffer.from((await Body?.transformToByteArray()) ?? []);
        } catch (error) {
          if (isMissing(error as StatusError)) return undefined;
          throw error;
        }
      });
    },
    async delete(Key) {
      await awsCall(name, OUTCOME_NEEDS, never, () => s3.send(new DeleteObjectCommand({ Bucket, Key })));
    },
  };
}
