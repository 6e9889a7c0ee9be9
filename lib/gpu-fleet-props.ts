/** Props of `GpuFleet`. */
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { OptionsOf } from '../contract/field.ts';
import { WORKER_FIELDS } from '../contract/worker.ts';
import type { JobQueue } from './job-queue.ts';
import type { PhotoStore } from './photo-store.ts';
import { FLEET_FIELDS } from './stage/fleet.ts';
import { LOG_FIELDS } from './stage/logs.ts';
import { WORKFLOW_FIELDS } from './stage/photos.ts';

/** Those that are settings of a stage. */
export const GPU_FLEET_FIELDS = { ...FLEET_FIELDS, ...WORKFLOW_FIELDS, ...WORKER_FIELDS, ...LOG_FIELDS };

export interface GpuFleetProps extends OptionsOf<typeof GPU_FLEET_FIELDS> {
  /** Identifies the fleet in the account: part of names, and the value of the metrics' dimension `Stage`. */
  readonly stageName: string;
  /** Store of the photos and their outcomes. */
  readonly photos: PhotoStore;
  /** Queue of the jobs. */
  readonly jobs: JobQueue;
  /**
   * Queue of the bulk lane, with the dead-letter queue, `maxReceiveCount` and `visibilityTimeoutSeconds` of `jobs`.
   *
   * @default - no bulk lane
   */
  readonly bulkJobs?: JobQueue;
  /**
   * Second queue of the interactive lane, with the dead-letter queue, `maxReceiveCount` and `visibilityTimeoutSeconds` of `jobs`. While both have
   * messages, three photos of `jobs` start before one of it.
   *
   * @default - the interactive lane has one queue
   */
  readonly sidelinedJobs?: JobQueue;
  /** The scaler's table, in which workers count what they have done. */
  readonly table: dynamodb.ITable;
  /**
   * Name of the Auto Scaling group.
   *
   * @default ddcolor-elastic-STAGENAME
   */
  readonly groupName?: string;
  /**
   * Network of the instances.
   *
   * @default - a new VPC with public subnets in up to three zones, no NAT gateway, endpoints for S3 and DynamoDB
   */
  readonly vpc?: ec2.IVpc;
  /**
   * Subnets of the instances. Private ones need a route to SQS, SSM, Auto Scaling, CloudWatch and its Logs, S3 and DynamoDB: a NAT
   * gateway, or endpoints.
   *
   * @default - private ones with a route to the internet where the network has any, else public ones, in which instances
   * get a public address and no inbound rule
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * SSM parameter with the id of the image, read at each launch; with a warm pool, at each deploy.
   *
   * @default /ddcolor-elastic/STAGENAME/ami/current, as `npx ddcolor-elastic image` writes it
   */
  readonly amiParameterName?: string;
}

/** Props whose values may be known only at deploy. */
export const GPU_FLEET_DEPLOY_TIME: readonly (keyof GpuFleetProps)[] = [
  'groupName',
  'vpcSubnets',
  'amiParameterName',
  'instanceTypes',
  'minCapacity',
  'maxCapacity',
  'maxAttempts',
  'maxMegapixels',
  'device',
  'noticePollSeconds',
  'path',
  'batchSize',
  'logRetentionDays',
];
