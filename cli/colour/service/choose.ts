/** From the command line to a service. What is not needed is not loaded: the SDK takes longer than everything else. */
import { PhotoApi } from '../../../client/api.ts';
import { UserError } from '../../../common/errors.ts';
import type { Access, Destination } from '../options.ts';
import { ApiService } from './api.ts';
import { regionKnown } from '../../shared/aws-errors.ts';
import type { Service } from './service.ts';
import { stackName } from '../../../contract/names.ts';

/** A run of hours should not end at a call that failed a few times. */
const MAX_ATTEMPTS = 6;
const TIMEOUTS = { connectionTimeout: 10_000, socketTimeout: 60_000 };

/** @throws UserError, ApiError */
export async function chooseService(where: Destination, signal: AbortSignal): Promise<Service> {
  if (where.kind === 'api') {
    const authorize = await authorizeBy(where.access, where.url, where.region);
    return new ApiService(where.url, new PhotoApi(where.url, { authorize }));
  }
  const { S3Service } = await import('./s3.ts');
  const bucket = where.kind === 'bucket' ? where.bucket : await bucketOf(where.stage, where.region, signal);
  return new S3Service(await s3Client(where.region), bucket);
}

async function s3Client(region: string | undefined) {
  const { S3Client } = await import('@aws-sdk/client-s3');
  // An endpoint of one's own, such as that of a local AWS, has no host for each bucket.
  const forcePathStyle = Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
  const config = {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: TIMEOUTS,
    followRegionRedirects: true,
    forcePathStyle,
  };
  const client = new S3Client({ ...config, ...(region !== undefined && { region }) });
  await regionKnown(client.config.region);
  return client;
}

async function bucketOf(stage: string, region: string | undefined, signal: AbortSignal): Promise<string> {
  const { readOutputs } = await import('../../shared/stack.ts');
  const config = { maxAttempts: MAX_ATTEMPTS, ...(region !== undefined && { region }) };
  const stack = stackName(stage);
  const { BucketName } = await readOutputs(config, stack, `--stage '${stage}'`, signal);
  if (BucketName !== undefined) return BucketName;
  throw new UserError(`--stage '${stage}': the stack ${stack} has no output BucketName; is it deployed?`);
}

async function authorizeBy(access: Access, url: string, region: string | undefined) {
  if (access.kind === 'open') return undefined;
  if (access.kind === 'token') return () => ({ authorization: `Bearer ${access.token}` });
  const [{ signer, regionOf }, { S3Client }] = await Promise.all([
    import('./sign.ts'),
    import('@aws-sdk/client-s3'),
  ]);
  // Any client finds credentials and region in the ways that people know.
  const chosen = region ?? regionOf(url);
  const { config } = new S3Client(chosen === undefined ? {} : { region: chosen });
  return signer(config.credentials, chosen ?? (await regionKnown(config.region)));
}
