/**
 * The bucket of photos and their ends.
 *
 * Gotcha: S3 checks that it may send to the queue when the notification is made. The queue's policy must stand before
 * the bucket, and must name the bucket; so the bucket has a name of its own instead of a generated one.
 */
import { Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { FAILED, INCOMING, RESULTS } from '../contract/keys.ts';
import { SERVICE } from '../contract/names.ts';
import { OUTPUT_METADATA } from '../contract/photo-types.ts';
import { refused } from './checks.ts';
import { DEFAULT_PHOTO_RETENTION_DAYS, DEFAULT_RESULT_RETENTION_DAYS } from './defaults.ts';
import type { JobQueue } from './job-queue.ts';
import { acknowledge } from './permissions.ts';
import { checkProps } from './rules.ts';

/** Name of a stage's bucket, unique in all of S3: it carries the account and the region. */
export const photoBucketName = (scope: Construct, stageName: string) => {
  const { account, region } = Stack.of(scope);
  return `${SERVICE}-${stageName}-${account}-${region}`;
};

export interface PhotoStoreProps {
  /** Name of the bucket; the queue has to know it too. `photoBucketName` makes one. */
  readonly bucketName: string;
  /** Where each photo under `incoming/` becomes a message; its `bucketName` must be this bucket's. */
  readonly jobs: JobQueue;
  /**
   * Where a page is that sends photos here and shows their ends, such as https://example.com.
   *
   * @default - no page may
   */
  readonly pageOrigin?: string;
  /**
   * Days until a photo under `incoming/` is deleted.
   *
   * @default 14
   */
  readonly photoRetentionDays?: number;
  /**
   * Days until a result or a failure is deleted.
   *
   * @default 30
   */
  readonly resultRetentionDays?: number;
  /**
   * Whether the bucket survives the deletion of its stack.
   *
   * @default false - it goes with the stack, which waits until somebody has emptied it
   */
  readonly retainData?: boolean;
}

/** A private, encrypted bucket: photos come under `incoming/`, their ends go under `results/` or `failed/`. */
export class PhotoStore extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: PhotoStoreProps) {
    super(scope, id);
    const { bucketName, jobs, pageOrigin } = props;
    const { photoRetentionDays = DEFAULT_PHOTO_RETENTION_DAYS } = props;
    const { resultRetentionDays = DEFAULT_RESULT_RETENTION_DAYS } = props;
    checkProps(this.node.path, { photoRetentionDays, resultRetentionDays }, Token.isUnresolved);
    this.refuseOthersJobs(bucketName, jobs);
    const expire = (prefix: string, days: number) => ({ prefix, expiration: Duration.days(days) });
    this.bucket = new s3.Bucket(this, 'Bucket', {
      bucketName,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        expire(INCOMING, photoRetentionDays),
        expire(RESULTS, resultRetentionDays),
        expire(FAILED, resultRetentionDays),
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      cors: pageOrigin === undefined ? undefined : [corsOf(pageOrigin)],
      // A bucket with photos in it is never deleted by CloudFormation itself: emptying it is the owner's own act.
      removalPolicy: props.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
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
    acknowledge(
      this.bucket,
      'AwsSolutions-S1',
      'a log of each request would be a second bucket of who has which photo; CloudTrail is there for whoever needs it',
    );
    const policy = jobs.queue.node.tryFindChild('Policy');
    if (policy) bucket.node.addDependency(policy);
  }

  /** S3 would refuse the notification, when all else of the deploy is there. */
  private refuseOthersJobs(bucketName: string, jobs: JobQueue): void {
    const text = (name: string | undefined) => JSON.stringify(Stack.of(this).resolve(name));
    if (text(jobs.bucketName) === text(bucketName)) return;
    const accepts = jobs.bucketName === undefined ? 'accepts from no bucket' : `has '${jobs.bucketName}'`;
    throw refused(this.node.path, [
      `bucketName '${bucketName}': the same as that of the JobQueue in jobs, which ${accepts}`,
    ]);
  }
}

/** What links let a browser do that has the page open; the links themselves say to whom, what and for how long. */
const corsOf = (origin: string): s3.CorsRule => ({
  allowedOrigins: [origin],
  allowedMethods: [s3.HttpMethods.GET, s3.HttpMethods.PUT],
  allowedHeaders: ['content-type', 'if-none-match', `x-amz-meta-${OUTPUT_METADATA}`],
  maxAge: 3600,
});
