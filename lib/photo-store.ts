/**
 * The bucket of the photos and their outcomes.
 *
 * Gotcha: S3 checks that it may send to the queue when the notification is made. The queue's policy must be made before
 * the bucket and must name it; so the bucket has a fixed name instead of a generated one.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { apiPhotoKey, SHARED } from '../contract/keys.ts';
import { FOLDERS, QUEUES, type QueueName } from '../contract/lanes.ts';
import { SERVICE } from '../contract/names.ts';
import type { JobQueue } from './job-queue.ts';
import { acknowledge } from './permissions.ts';
import { invalidProps, resolveProps } from './props.ts';
import { RETENTION_FIELDS, type RetentionOptions } from './stage/photos.ts';

/** Name of a stage's bucket, unique in all of S3: it carries the account and the region. */
export const photoBucketName = (scope: Construct, stageName: string) => {
  const { account, region } = Stack.of(scope);
  return `${SERVICE}-${stageName}-${account}-${region}`;
};

export interface PhotoStoreProps extends RetentionOptions {
  /** Name of the bucket, the same as the `bucketName` of the queue. `photoBucketName(scope, stageName)` makes one. */
  readonly bucketName: string;
  /** Queue that gets a message for each photo under `incoming/`. */
  readonly jobs: JobQueue;
  /**
   * Queue that gets a message for each photo under `bulk/`.
   *
   * @default - no bulk lane: `bulk/` is a folder like any other
   */
  readonly bulkJobs?: JobQueue;
  /**
   * Queue that gets a message for each photo under `sidelined/`.
   *
   * @default - the interactive lane has one queue: `sidelined/` is a folder like any other
   */
  readonly sidelinedJobs?: JobQueue;
  /**
   * Origin of a page that sends photos to the bucket and shows their outcomes, such as https://example.com.
   *
   * @default - no page may read or write the bucket
   */
  readonly pageOrigin?: string;
}

/** Prop of each job queue. */
const JOBS_PROPS = {
  interactive: 'jobs',
  sidelined: 'sidelinedJobs',
  bulk: 'bulkJobs',
} as const satisfies Record<QueueName, keyof PhotoStoreProps>;

/** Props whose values may be known only at deploy. */
const DEPLOY_TIME: readonly (keyof PhotoStoreProps)[] = [
  'bucketName',
  'pageOrigin',
  'photoRetentionDays',
  'resultRetentionDays',
];

/**
 * A private, encrypted bucket: photos are under `incoming/`, their outcomes under `results/` or `failed/`; those of the sidelined queue under `sidelined/`,
 * `sidelined-results/` and `sidelined-failed/`, those of the bulk lane under `bulk/`, `bulk-results/` and `bulk-failed/`.
 */
export class PhotoStore extends Construct {
  readonly bucket: s3.Bucket;
  /** Those that get messages of photos. */
  readonly queues: readonly QueueName[];

  constructor(scope: Construct, id: string, props: PhotoStoreProps) {
    super(scope, id);
    const { bucketName, pageOrigin } = props;
    const retention = resolveProps(this, RETENTION_FIELDS, props, DEPLOY_TIME);
    const queues = QUEUES.flatMap((queue) => {
      const prop = JOBS_PROPS[queue];
      const jobs = props[prop];
      return jobs ? [{ name: queue, jobs, folders: FOLDERS[queue], prop }] : [];
    });
    this.queues = queues.map(({ name }) => name);
    for (const { jobs, prop } of queues) this.checkJobs(bucketName, jobs, prop);
    const expire = (prefix: string, days: number) => ({ prefix, expiration: Duration.days(days) });
    this.bucket = new s3.Bucket(this, 'Bucket', {
      bucketName,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        ...queues.flatMap(({ folders }) => [
          expire(folders.photos, retention.photoRetentionDays),
          expire(folders.results, retention.resultRetentionDays),
          expire(folders.failed, retention.resultRetentionDays),
        ]),
        ...queues.map(({ name }) => ({
          // The placeholder of a photo that the HTTP API has deleted; its upload link lasts an hour at most.
          ...expire(apiPhotoKey('', name), 1),
          objectSizeLessThan: 1,
        })),
        // Copies that a page's users share, by links that live an hour at most.
        ...(pageOrigin === undefined ? [] : [expire(SHARED, 1)]),
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      cors: pageOrigin === undefined ? undefined : [corsOf(pageOrigin)],
      // CloudFormation deletes no bucket with photos in it: the operator empties it first.
      // A first deploy that fails deletes it all the same: its fixed name would block the next try.
      removalPolicy: retention.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const bucket = this.bucket.node.defaultChild as s3.CfnBucket;
    bucket.notificationConfiguration = {
      queueConfigurations: queues.map(({ jobs: { queue }, folders }) => notification(queue, folders.photos)),
    };
    acknowledge(
      this.bucket,
      'AwsSolutions-S1',
      'a log of each request would be a second bucket that records which caller has which photo; CloudTrail can do it',
    );
    for (const { jobs } of queues) {
      const policy = jobs.queue.node.tryFindChild('Policy');
      if (policy) bucket.node.addDependency(policy);
    }
  }

  /** Sends each change of an object to EventBridge too, at USD 1 a million; in effect some five minutes after a deploy. */
  sendEvents(): void {
    const bucket = this.bucket.node.defaultChild as s3.CfnBucket;
    bucket.addPropertyOverride('NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled', true);
  }

  /** Sends a message for each outcome, of every job queue's photos, to a queue that accepts it from this bucket. */
  notifyOutcomes(queue: sqs.Queue): void {
    const bucket = this.bucket.node.defaultChild as s3.CfnBucket;
    const { queueConfigurations } = bucket.notificationConfiguration as {
      queueConfigurations: s3.CfnBucket.QueueConfigurationProperty[];
    };
    for (const { results, failed } of Object.values(FOLDERS))
      queueConfigurations.push(...[results, failed].map((folder) => notification(queue, folder)));
    const policy = queue.node.tryFindChild('Policy');
    if (policy) bucket.node.addDependency(policy);
  }

  /** Without this check S3 refuses the notification late in the deploy. */
  private checkJobs(bucketName: string, jobs: JobQueue, prop: string): void {
    const text = (name: string | undefined) => JSON.stringify(Stack.of(this).resolve(name));
    if (text(jobs.bucketName) === text(bucketName)) return;
    const accepts = jobs.bucketName === undefined ? 'accepts from no bucket' : `has '${jobs.bucketName}'`;
    throw invalidProps(this, [
      `bucketName '${bucketName}': the same as that of the JobQueue in ${prop}, which ${accepts}`,
    ]);
  }
}

const notification = (queue: sqs.IQueue, folder: string): s3.CfnBucket.QueueConfigurationProperty => ({
  event: 's3:ObjectCreated:*',
  queue: queue.queueArn,
  filter: { s3Key: { rules: [{ name: 'prefix', value: folder }] } },
});

/** Requests that the page may make with signed links. */
const corsOf = (origin: string): s3.CorsRule => ({
  allowedOrigins: [origin],
  allowedMethods: [s3.HttpMethods.GET, s3.HttpMethods.PUT],
  allowedHeaders: [
    'content-type',
    'if-none-match',
    // The options of a workflow too. A link is signed for those that it takes, and S3 refuses any other.
    'x-amz-meta-*',
  ],
  maxAge: 3600,
});
