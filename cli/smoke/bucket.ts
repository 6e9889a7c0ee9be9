/**
 * The bucket as a smoke test may use it: put its photo, get and delete its ends.
 *
 * Gotcha: who may not list a bucket is answered 403 for what is not there. Forbidden and missing are both "not yet" here.
 */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { UserError } from '../../common/errors.ts';
import { awsCall } from '../shared/aws-errors.ts';
import type { ClientConfig, Deployment } from '../shared/deployment.ts';
import type { SmokeBucket } from './run.ts';

const PUT_NEEDS = 's3:PutObject on incoming/smoke/*';
const END_NEEDS = 's3:GetObject and s3:DeleteObject on results/smoke/* and failed/smoke/*';

/** As in lib/photo-store.ts: its name is all that has to be known, and needs no permission to be found. */
export async function bucketNameOf(
  { stage, region, config }: Deployment,
  signal: AbortSignal,
): Promise<string> {
  const sts = new STSClient(config);
  const { Account } = await awsCall('AWS', 'nothing for this, but credentials', signal, () =>
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
  const own = config.endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  // An endpoint of one's own, such as that of a local AWS, has no host for each bucket.
  const s3 = new S3Client({ ...config, forcePathStyle: own !== undefined });
  const name = `s3://${Bucket}`;
  // What clears away does so after an interruption too.
  const never = new AbortController().signal;
  return {
    async put(Key, Body) {
      const put = new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/octet-stream' });
      await awsCall(name, PUT_NEEDS, signal, () => s3.send(put, { abortSignal: signal }));
    },
    async get(Key) {
      return awsCall(name, END_NEEDS, signal, async () => {
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
      await awsCall(name, END_NEEDS, never, () => s3.send(new DeleteObjectCommand({ Bucket, Key })));
    },
  };
}

/** @throws UserError */
export function checkBucket(name: string): string {
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) return name;
  throw new UserError(
    `'${name}' is not the name of a bucket: 3 to 63 small letters, digits, dots and hyphens.`,
  );
}
