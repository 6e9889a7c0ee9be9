/** S3 client of a command. */
import { S3Client } from '@aws-sdk/client-s3';
import type { ClientConfig } from './deployment.ts';

export function s3ClientOf(config: ClientConfig): S3Client {
  const own = config.endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  // Another endpoint, such as a local AWS, has no host for each bucket.
  return new S3Client({ ...config, forcePathStyle: own !== undefined });
}
