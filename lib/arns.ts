/** Names of what AWS generates only when it is made. */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** ARN of a group by its name; the part that EC2 Auto Scaling generates is left open. */
export function groupArn(scope: Construct, groupName: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${groupName}`;
}

/** Why that ARN has an asterisk. */
export const GROUP_WILDCARD = 'the one group of this name: EC2 Auto Scaling generates the rest of its ARN';

/** Condition that a statement is for one item of a table. */
export const onlyItem = (key: string) => ({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [key] } });
