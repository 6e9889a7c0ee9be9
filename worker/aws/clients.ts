/** The AWS clients of a worker, with timeouts. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';

/** Without data on a connection; a receive waits 5 s for a message. */
const SOCKET_TIMEOUT_MS = 15_000;
/** Of a request, its upload included: the largest results take seconds. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * The SDK waits for ever by default: a silent connection would block a photo, whose message stays hidden meanwhile since its
 * visibility timeout is renewed.
 */
export const clientConfig = (region: string) => ({
  region,
  retryMode: 'standard',
  maxAttempts: 4,
  requestHandler: {
    connectionTimeout: 3000,
    socketTimeout: SOCKET_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Otherwise the SDK only logs the timeout.
    throwOnRequestTimeout: true,
  },
});

export function createClients(region: string) {
  const config = clientConfig(region);
  return {
    autoScaling: new AutoScalingClient(config),
    cloudWatch: new CloudWatchClient(config),
    dynamo: new DynamoDBClient(config),
    s3: new S3Client(config),
    sqs: new SQSClient(config),
    ssm: new SSMClient(config),
  };
}
