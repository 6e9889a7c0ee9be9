/** ARNs and conditions of permissions. */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** ARN of a group by its name, with a wildcard for the part that EC2 Auto Scaling generates. */
export function groupArn(scope: Construct, groupName: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${groupName}`;
}

/** Reason of the wildcard. */
export const GROUP_WILDCARD = 'the one group of this name: EC2 Auto Scaling generates the rest of its ARN';

/** Condition that limits a statement to the items of a table whose keys match a pattern. */
export const onlyItems = (pattern: string) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] },
});

/** The same for one item. */
export const onlyItem = (key: string) => ({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [key] } });
