/** Permissions of an instance: its queues, photos, group, settings, and the result of its image check. */
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { FOLDERS, QUEUES, type QueueName } from '../contract/lanes.ts';
import {
  BOOT_FAILURE_ATTRIBUTE,
  ATTEMPT_ATTRIBUTES,
  ATTEMPTS_KEY,
  OWN_WORK_KEY,
  TABLE_EXPIRY,
  TABLE_KEY,
  verdictParameterName,
  WORK_ATTRIBUTES,
  workerParameterName,
} from '../contract/names.ts';
import { workflowAttributes } from '../contract/workflow-counters.ts';
import { groupArn, GROUP_WILDCARD, onlyItems } from './arns.ts';
import { allow, PUBLISH_METRICS, type Permission } from './permissions.ts';

export interface InstanceRoleProps {
  readonly stageName: string;
  /** Groups of the fleet. */
  readonly groupNames: string[];
  readonly bucket: s3.IBucket;
  /** Its job queues. */
  readonly queues: Readonly<Record<QueueName, sqs.IQueue | undefined>>;
  readonly deadLetterQueue: sqs.IQueue;
  readonly table: dynamodb.ITable;
  /** Group of the lines of the instances. */
  readonly logGroup: logs.ILogGroup;
  /** Whose counters it writes beside those of all photos. */
  readonly workflows: readonly string[];
}

export class InstanceRole extends iam.Role {
  constructor(scope: Construct, id: string, props: InstanceRoleProps) {
    super(scope, id, {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    });
    const { stageName, groupNames, bucket, queues, deadLetterQueue, table, logGroup } = props;
    const jobs = QUEUES.flatMap((name) => (queues[name] ? [{ name, queue: queues[name] }] : []));
    const folders = jobs.map(({ name }) => FOLDERS[name]);
    const anyOf = (all: string[]) => all.map((folder) => bucket.arnForObjects(`${folder}*`));
    const parameter = (name: string) =>
      Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.slice(1) });
    const may: Permission[] = [
      {
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'],
        resources: jobs.map(({ queue }) => queue.queueArn),
      },
      { actions: ['sqs:SendMessage'], resources: [deadLetterQueue.queueArn] },
      {
        actions: ['s3:GetObject'],
        resources: anyOf(folders.map(({ photos }) => photos)),
        wildcard: 'any photo of the queues',
      },
      {
        actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
        resources: anyOf(folders.flatMap(({ results, failed }) => [results, failed])),
        wildcard: 'the outcome of any photo',
      },
      // Without s3:ListBucket S3 answers 403 instead of 404 for a missing object, and a deleted photo looks like a fault.
      { actions: ['s3:ListBucket'], resources: [bucket.bucketArn] },
      {
        actions: ['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'],
        resources: groupNames.map((groupName) => groupArn(this, groupName)),
        wildcard: GROUP_WILDCARD,
      },
      { actions: ['ssm:GetParameter'], resources: [parameter(workerParameterName(stageName))] },
      {
        actions: ['ssm:PutParameter'],
        resources: [parameter(verdictParameterName(stageName, '*'))],
        wildcard: 'the result of its image check, named by its instance id',
      },
      // Its own counters: another instance's, or the scaler's memory, would let it speak for others.
      {
        actions: ['dynamodb:UpdateItem'],
        resources: [table.tableArn],
        conditions: {
          'ForAllValues:StringEquals': {
            'dynamodb:LeadingKeys': [OWN_WORK_KEY],
            'dynamodb:Attributes': [
              TABLE_KEY,
              TABLE_EXPIRY,
              ...Object.values(WORK_ATTRIBUTES),
              ...workflowAttributes(props.workflows),
              BOOT_FAILURE_ATTRIBUTE,
            ],
          },
        },
      },
      // Attempts of a photo are counted by each instance that meets it.
      {
        actions: ['dynamodb:UpdateItem'],
        resources: [table.tableArn],
        conditions: {
          ...onlyItems(`${ATTEMPTS_KEY}*`),
          'ForAllValues:StringEquals': {
            'dynamodb:Attributes': [TABLE_KEY, TABLE_EXPIRY, ...Object.values(ATTEMPT_ATTRIBUTES)],
          },
        },
      },
      PUBLISH_METRICS,
      // The agent. It must neither make a group, which would have no retention, nor read what others have written.
      {
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [logGroup.logGroupArn],
        wildcard: 'streams of the one group, named by the instance id',
      },
      // Session Manager instead of SSH. AWS's managed policy would also allow reading every parameter of the account.
      {
        actions: [
          'ssm:UpdateInstanceInformation',
          'ssmmessages:CreateControlChannel',
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenControlChannel',
          'ssmmessages:OpenDataChannel',
        ],
        resources: ['*'],
        wildcard: 'Session Manager’s channels: AWS allows no narrower resource',
      },
    ];
    for (const permission of may) allow(this, permission);
  }
}
