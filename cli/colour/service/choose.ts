/** Makes the service of a destination. Its code is loaded when it is needed: the SDK is slow to load. */
import { PhotoApi } from '../../../client/api.ts';
import { UserError } from '../../../common/errors.ts';
import type { Access, Destination } from '../options.ts';
import { ApiService } from './api.ts';
import { regionKnown } from '../../shared/aws-errors.ts';
import { proxiedFetch, requestHandler } from '../../shared/proxy.ts';
import type { Service } from './service.ts';
import { stackName } from '../../../contract/names.ts';

/** A run of hours should not end at a call that failed a few times. */
const MAX_ATTEMPTS = 6;
const TIMEOUTS = { connectionTimeout: 10_000, socketTimeout: 60_000 };

/** @throws UserError, ApiError */
export async function chooseService(destination: Destination, signal: AbortSignal): Promise<Service> {
  if (destination.kind === 'api') {
    const authorize = await authorizeBy(destination.access, destination.url, destination.region);
    const send = await proxiedFetch(process.env, TIMEOUTS);
    return new ApiService(destination.url, new PhotoApi(destination.url, { authorize, fetch: send }), send);
  }
  const { S3Service } = await import('./s3.ts');
  const bucket =
    destination.kind === 'bucket'
      ? destination.bucket
      : await bucketOf(destination.stage, destination.region, signal);
  return new S3Service(await s3Client(destination.region), bucket);
}

async function s3Client(region: string | undefined) {
  const { S3Client } = await import('@aws-sdk/client-s3');
  // Another endpoint, such as a local AWS, has no host for each bucket.
  const forcePathStyle = Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL);
  const config = {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: await requestHandler(process.env, TIMEOUTS),
    followRegionRedirects: true,
    forcePathStyle,
  };
  const client = new S3Client({ ...config, ...(region !== undefined && { region }) });
  await regionKnown(client.config.region);
  return client;
}

async function bucketOf(stage: string, region: string | undefined, signal: AbortSignal): Promise<string> {
  const { readOutputs } = await import('../../shared/stack.ts');
  const config = {
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: await requestHandler(process.env, TIMEOUTS),
    ...(region !== undefined && { region }),
  };
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
  // Any SDK client reads the credentials and region of the AWS configuration.
  const chosen = region ?? regionOf(url);
  const own = { requestHandler: await requestHandler(process.env, TIMEOUTS) };
  const { config } = new S3Client(chosen === undefined ? own : { ...own, region: chosen });
  return signer(config.credentials, chosen ?? (await regionKnown(config.region)));
}
