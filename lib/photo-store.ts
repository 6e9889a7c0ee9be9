/**
 * The bucket of photos and their ends.
 *
 * Gotcha: S3 checks that it may send to the queue when the notification is made. The queue's policy must stand before
 * the bucket, and must name the bucket; so the bucket has a name of its own instead of a generated one.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FAILED, INCOMING, RESULTS } from '../contract/keys.ts';
import { OUTPUT_METADATA } from '../contract/photo-types.ts';
import type { Stage } from './config.ts';
import type { JobQueue } from './job-queue.ts';

/** Unique in all of S3: it carries the account and the region. */
export const photoBucketName = (scope: Construct, stage: Stage) => {
  const { account, region } = Stack.of(scope);
  return `ddcolor-elastic-${stage.name}-${account}-${region}`;
};

export interface PhotoStoreProps {
  readonly stage: Stage;
  readonly jobs: JobQueue;
  /**
   * Where a page is that sends photos here and shows their ends, such as https://example.com.
   *
   * @default - no page may
   */
  readonly pageOrigin?: string;
}

export class PhotoStore extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: PhotoStoreProps) {
    super(scope, id);
    const { stage, jobs, pageOrigin } = props;
    const expire = (prefix: string, days: number) => ({ prefix, expiration: Duration.days(days) });
    this.bucket = new s3.Bucket(this, 'Bucket', {
      bucketName: photoBucketName(this, stage),
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        expire(INCOMING, stage.photoRetentionDays),
        expire(RESULTS, stage.resultRetentionDays),
        expire(FAILED, stage.resultRetentionDays),
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      cors: pageOrigin === undefined ? undefined : [corsOf(pageOrigin)],
      // A bucket with photos in it is never deleted by CloudFormation itself: emptying it is the owner's own act.
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const bucket = this.bucket.node.defaultChild as s3.CfnBucket;
    bucket.notificationConfiguration = {
      queueConfigurations: [
        {
          event: 's3:ObjectCreated:*',
          queue: jobs.queue.queueArn,
          filter: { s3Key: { rules: [{ name: 'prefix', value: INCOMING }] } },
        },
      ],
    };
    const policy = jobs.queue.node.tryFindChild('Policy');
    if (policy) bucket.node.addDependency(policy);
  }
}

/** What links let a browser do that has the page open; the links themselves say to whom, what and for how long. */
const corsOf = (origin: string): s3.CorsRule => ({
  allowedOrigins: [origin],
  allowedMethods: [s3.HttpMethods.GET, s3.HttpMethods.PUT],
  allowedHeaders: ['content-type', 'if-none-match', `x-amz-meta-${OUTPUT_METADATA}`],
  maxAge: 3600,
});
