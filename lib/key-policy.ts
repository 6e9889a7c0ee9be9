/** Statements of a key's policy for the services that use it by themselves: for no role of the stage, and for this account only. */
import { Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** What EC2 Auto Scaling launches instances as. */
const AUTO_SCALING_ROLE = 'role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';

export function keyStatements(scope: Construct): iam.PolicyStatement[] {
  const { account, partition, region, urlSuffix } = Stack.of(scope);
  const statement = (
    sid: string,
    principal: iam.IPrincipal,
    actions: string[],
    conditions: Record<string, object>,
  ) =>
    new iam.PolicyStatement({
      ...{ sid, principals: [principal], resources: ['*'], conditions },
      actions: actions.map((action) => `kms:${action}`),
    });
  const service = (name: string) => new iam.ServicePrincipal(name);
  const ofAccount = { StringEquals: { 'aws:SourceAccount': account } };
  // Named by a condition: KMS refuses a policy whose principal is not there yet, and the first group of an account makes this role.
  const autoScaling = {
    StringEquals: { 'kms:CallerAccount': account },
    ArnEquals: { 'aws:PrincipalArn': `arn:${partition}:iam::${account}:${AUTO_SCALING_ROLE}` },
  };
  return [
    // S3 sends messages to queues that have the key, also when it checks the notification.
    statement(
      'NotificationsOfTheBucket',
      service('s3.amazonaws.com'),
      ['Decrypt', 'GenerateDataKey'],
      ofAccount,
    ),
    statement('Alarms', service('cloudwatch.amazonaws.com'), ['Decrypt', 'GenerateDataKey*'], ofAccount),
    statement(
      'Logs',
      service(`logs.${region}.${urlSuffix}`),
      ['Encrypt', 'Decrypt', 'ReEncrypt*', 'GenerateDataKey*', 'Describe*'],
      {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
        },
      },
    ),
    statement(
      'VolumesOfInstances',
      new iam.AnyPrincipal(),
      ['Encrypt', 'Decrypt', 'ReEncrypt*', 'GenerateDataKey*', 'DescribeKey'],
      autoScaling,
    ),
    statement('GrantsForVolumes', new iam.AnyPrincipal(), ['CreateGrant'], {
      ...autoScaling,
      Bool: { 'kms:GrantIsForAWSResource': 'true' },
    }),
  ];
}
