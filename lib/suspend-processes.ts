/** Suspends processes of an Auto Scaling group, for which CloudFormation has no property. */
import { join } from 'node:path';
import { CustomResource, Duration } from 'aws-cdk-lib';
import type * as autoscaling from 'aws-cdk-lib/aws-autoscaling';
import { Construct } from 'constructs';
import { groupArn, GROUP_WILDCARD } from './arns.ts';
import { BundledFunction } from './bundled-function.ts';
import type { LogOptions } from './stage/logs.ts';

export interface SuspendProcessesProps extends LogOptions {
  readonly autoScalingGroup: autoscaling.IAutoScalingGroup;
  /**
   * Further groups, by the ids of their resources.
   *
   * @default - none
   */
  readonly otherGroups?: Record<string, autoscaling.IAutoScalingGroup>;
  /** Names of EC2 Auto Scaling, such as `AZRebalance`. */
  readonly processes: string[];
}

export class SuspendProcesses extends Construct {
  constructor(scope: Construct, id: string, props: SuspendProcessesProps) {
    super(scope, id);
    const handler = new BundledFunction(this, 'Handler', {
      entry: join(import.meta.dirname, '..', 'lambda', 'suspend-processes', 'handler.ts'),
      timeout: Duration.seconds(60),
      logRetentionDays: props.logRetentionDays,
    });
    const groups = { Resource: props.autoScalingGroup, ...props.otherGroups };
    const groupNames = Object.entries(groups).map(
      ([id, { autoScalingGroupName }]) => [id, autoScalingGroupName] as const,
    );
    handler.allow({
      actions: ['autoscaling:SuspendProcesses', 'autoscaling:ResumeProcesses'],
      resources: groupNames.map(([, groupName]) => groupArn(this, groupName)),
      wildcard: GROUP_WILDCARD,
    });
    for (const [id, groupName] of groupNames) {
      const resource = new CustomResource(this, id, {
        serviceToken: handler.function.functionArn,
        resourceType: 'Custom::SuspendProcesses',
        serviceTimeout: Duration.minutes(2),
        properties: { GroupName: groupName, Processes: props.processes },
      });
      // The function needs its permissions before the resource calls it.
      resource.node.addDependency(handler);
    }
  }
}
