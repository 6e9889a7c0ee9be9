/** The role in which EventBridge Scheduler invokes a function. */
import { Stack, type CfnElement } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { acknowledge } from './permissions.ts';

/** For schedules of this account only. */
export class ScheduleRole extends iam.Role {
  constructor(scope: Construct, id: string, handler: lambda.IFunction) {
    const stack = Stack.of(scope);
    super(scope, id, {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    });
    const handlerId = stack.resolve(stack.getLogicalId(handler.node.defaultChild as CfnElement)) as string;
    // The CDK's target allows the versions of the function too, of which there are none.
    acknowledge(this, `AwsSolutions-IAM5[Resource::<${handlerId}.Arn>:*]`, 'versions of the one function');
  }
}
