/** Schedules of functions, and the role in which EventBridge Scheduler invokes one. */
import { Stack, type CfnElement, type Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
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

export interface RegularScheduleProps {
  readonly handler: lambda.IFunction;
  readonly role: ScheduleRole;
  readonly interval: Duration;
}

/** Invokes a function again and again. One that fails is not repeated: the next one comes soon. */
export class RegularSchedule extends scheduler.Schedule {
  constructor(scope: Construct, id: string, { handler, role, interval }: RegularScheduleProps) {
    super(scope, id, {
      schedule: scheduler.ScheduleExpression.rate(interval),
      timeWindow: scheduler.TimeWindow.off(),
      target: new LambdaInvoke(handler, { role, retryAttempts: 0, maxEventAge: interval }),
    });
  }
}
