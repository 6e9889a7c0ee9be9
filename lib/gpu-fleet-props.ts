/** What a fleet is told. */
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { JobQueue } from './job-queue.ts';
import type { PhotoStore } from './photo-store.ts';
import type { WorkerOptions } from './worker-settings.ts';

export interface GpuFleetProps extends WorkerOptions {
  /** Tells this fleet from others of the account: part of names, and the value of the metrics' dimension `Stage`. */
  readonly stageName: string;
  /** Where photos are read from and ends are written to. */
  readonly photos: PhotoStore;
  /** Where jobs come from. */
  readonly jobs: JobQueue;
  /** Where workers add up what they have done, for the scaler: its own table. */
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
   * Subnets of the instances. In private ones they need a way to SQS, SSM, Auto Scaling, CloudWatch, S3 and DynamoDB: a
   * NAT gateway, or endpoints.
   *
   * @default - private ones with a way out where the network has any, else public ones; an instance there gets a public
   * address and no inbound rule
   */
  readonly vpcSubnets?: ec2.SubnetSelection;
  /**
   * EC2 instance types, all with one GPU.
   *
   * @default - g4dn.xlarge, g5.xlarge and g6.xlarge in one mixed group
   */
  readonly instanceTypes?: string[];
  /**
   * Fewest instances.
   *
   * @default 0 - a quiet service costs nothing, and the first photo waits for a boot
   */
  readonly minCapacity?: number;
  /**
   * Most instances: the limit of the bill.
   *
   * @default 20
   */
  readonly maxCapacity?: number;
  /**
   * Instances that are always on demand, before the Spot share applies.
   *
   * @default 0
   */
  readonly onDemandBaseCapacity?: number;
  /**
   * Share of the instances above the base that are Spot, in per cent.
   *
   * @default 100
   */
  readonly spotPercentage?: number;
  /**
   * Instances that have booted once and wait, stopped. Only for groups without Spot.
   *
   * @default 0
   */
  readonly warmPoolSize?: number;
  /**
   * SSM parameter with the id of the image, looked up at each launch.
   *
   * @default /ddcolor-elastic/STAGENAME/ami/current, as `npx ddcolor-elastic image` writes it
   */
  readonly amiParameterName?: string;
  /**
   * MiB/s at which the blocks of the image come to a new instance's volume, 100 to 300; 0 leaves it to first reads.
   *
   * @default 300
   */
  readonly volumeInitializationRate?: number;
}
