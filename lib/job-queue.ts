/** The queue of jobs: one message for each photo, and where those go that nobody could finish. */
import { Duration, Stack, Token } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEFAULT_MAX_RECEIVE_COUNT, DEFAULT_VISIBILITY_TIMEOUT_SECONDS } from './defaults.ts';
import { checkProps } from './rules.ts';

export interface JobQueueProps {
  /**
   * Name of the bucket that may send here. By name: the bucket depends on this queue's policy, not the other way.
   *
   * @default - no bucket: whoever has `sqs:SendMessage` sends the jobs
   */
  readonly bucketName?: string;
  /**
   * Seconds until an unfinished job is handed out again; workers renew it while they work.
   *
   * @default 120
   */
  readonly visibilityTimeoutSeconds?: number;
  /**
   * Receives before a message goes to the dead-letter queue.
   *
   * @default 5
   */
  readonly maxReceiveCount?: number;
}

/** An SQS queue with a dead-letter queue, both encrypted, reached by TLS only, keeping messages for 14 days. */
export class JobQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.Queue;
  readonly maxReceiveCount: number;
  readonly visibilityTimeoutSeconds: number;
  /** The one bucket that may send here. */
  readonly bucketName: string | undefined;

  constructor(scope: Construct, id: string, props: JobQueueProps = {}) {
    super(scope, id);
    this.maxReceiveCount = props.maxReceiveCount ?? DEFAULT_MAX_RECEIVE_COUNT;
    this.visibilityTimeoutSeconds = props.visibilityTimeoutSeconds ?? DEFAULT_VISIBILITY_TIMEOUT_SECONDS;
    this.bucketName = props.bucketName;
    const { maxReceiveCount, visibilityTimeoutSeconds } = this;
    checkProps(this.node.path, { maxReceiveCount, visibilityTimeoutSeconds }, Token.isUnresolved);
    const common = {
      retentionPeriod: Duration.days(14),
      encryption: sqs.QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    };
    this.deadLetterQueue = new sqs.Queue(this, 'DeadLetters', common);
    this.queue = new sqs.Queue(this, 'Queue', {
      ...common,
      visibilityTimeout: Duration.seconds(this.visibilityTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetterQueue, maxReceiveCount: this.maxReceiveCount },
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
