/** What an instance may do: its queue, its photos, its group, its settings, the verdict on its image. */
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { FAILED, INCOMING, RESULTS } from '../contract/keys.ts';
import { METRIC_NAMESPACE, verdictParameterName, WORK_KEY, workerParameterName } from '../contract/names.ts';
import { groupArn, onlyItem } from './arns.ts';

export interface InstanceRoleProps {
  readonly stageName: string;
  readonly groupName: string;
  readonly bucket: s3.IBucket;
  readonly queue: sqs.IQueue;
  readonly table: dynamodb.ITable;
}

export class InstanceRole extends iam.Role {
  constructor(scope: Construct, id: string, props: InstanceRoleProps) {
    super(scope, id, {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      // Session Manager instead of SSH.
      managedPolicies: [iam.ManagedPolicy.fromAwsManagedPolicyName('AmazonSSMManagedInstanceCore')],
    });
    const { stageName, groupName, bucket, queue, table } = props;
    const allow = (actions: string[], resources: string[], conditions?: Record<string, unknown>) =>
      this.addToPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
    const ends = [`${RESULTS}*`, `${FAILED}*`].map((pattern) => bucket.arnForObjects(pattern));
    const parameter = (name: string) =>
      Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName: name.slice(1) });

    allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility'], [queue.queueArn]);
    allow(['s3:GetObject'], [bucket.arnForObjects(`${INCOMING}*`)]);
    allow(['s3:GetObject', 's3:PutObject', 's3:DeleteObject'], ends);
    // Without it a missing object is refused (403) instead of missing (404), and a photo that is gone looks like a fault.
    allow(['s3:ListBucket'], [bucket.bucketArn]);
    allow(
      ['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'],
      [groupArn(this, groupName)],
    );
    allow(['ssm:GetParameter'], [parameter(workerParameterName(stageName))]);
    allow(['ssm:PutParameter'], [parameter(verdictParameterName(stageName, '*'))]);
    allow(['dynamodb:UpdateItem'], [table.tableArn], onlyItem(WORK_KEY));
    allow(['cloudwatch:PutMetricData'], ['*'], {
      StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE },
    });
  }
}
