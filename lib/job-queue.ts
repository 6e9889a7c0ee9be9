/** A queue of jobs, one message for each photo, and its dead-letter queue. */
import { Duration, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { OptionsOf, ValuesOf } from '../contract/field.ts';
import { QUEUE_FIELDS } from '../contract/worker.ts';
import { resolveProps } from './props.ts';

export interface JobQueueProps extends OptionsOf<typeof QUEUE_FIELDS> {
  /**
   * Name of the bucket that may send jobs. A name, since the bucket depends on this queue's policy and not the other way round.
   *
   * @default - no bucket: a client with `sqs:SendMessage` sends the jobs
   */
  readonly bucketName?: string;
  /**
   * Dead-letter queue, such as that of another job queue. It keeps messages for 14 days, and its redrive allow policy, if it has one, names this queue.
   *
   * @default - a new one
   */
  readonly deadLetterQueue?: sqs.IQueue;
}

/** Props whose values may be known only at deploy. */
const DEPLOY_TIME: readonly (keyof JobQueueProps)[] = [
  'bucketName',
  'maxReceiveCount',
  'visibilityTimeoutSeconds',
];

/** Days. A dead letter keeps the time at which it was first sent: in a queue that keeps no longer it could expire on arrival. */
const RETENTION = { jobs: 10, deadLetters: 14 };

/**
 * An SQS queue that keeps messages for 10 days, and a dead-letter queue that keeps them for 14 since they were first sent; both
 * encrypted and with TLS only. Job queues share a dead-letter queue: a photo's key names its queue.
 */
export class JobQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.IQueue;
  /** The worker reads them too. */
  readonly settings: ValuesOf<typeof QUEUE_FIELDS>;
  /** The one bucket that may send jobs. */
  readonly bucketName: string | undefined;

  constructor(scope: Construct, id: string, props: JobQueueProps = {}) {
    super(scope, id);
    this.settings = resolveProps(this, QUEUE_FIELDS, props, DEPLOY_TIME);
    const { maxReceiveCount, visibilityTimeoutSeconds } = this.settings;
    this.bucketName = props.bucketName;
    const common = {
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    };
    this.deadLetterQueue =
      props.deadLetterQueue ??
      new sqs.Queue(this, 'DeadLetters', {
        ...common,
        retentionPeriod: Duration.days(RETENTION.deadLetters),
      });
    this.queue = new sqs.Queue(this, 'Queue', {
      ...common,
      retentionPeriod: Duration.days(RETENTION.jobs),
      visibilityTimeout: Duration.seconds(visibilityTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount },
    });
    if (props.bucketName !== undefined) this.acceptFrom(props.bucketName);
  }

  private acceptFrom(bucketName: string): void {
    const { account, partition } = Stack.of(this);
    this.queue.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: {
          ArnEquals: { 'aws:SourceArn': `arn:${partition}:s3:::${bucketName}` },
          StringEquals: { 'aws:SourceAccount': account },
        },
      }),
    );
  }
}
