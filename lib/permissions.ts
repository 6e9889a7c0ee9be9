/**
 * What a role may do, statement by statement; and what cdk-nag finds and we mean, each with its reason.
 *
 * A resource with an asterisk needs a reason, given with the statement: without one the synth ends with a finding. So
 * docs/security.md can list them all, and a test holds it to that.
 */
import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../contract/names.ts';

export interface Permission {
  readonly actions: string[];
  readonly resources: string[];
  /** As in a policy statement. */
  readonly conditions?: Record<string, unknown>;
  /**
   * Why resources hold an asterisk.
   *
   * @default - none does
   */
  readonly wildcard?: string;
}

/** Lets a role publish metrics of ours, and no others. */
export const PUBLISH_METRICS: Permission = {
  actions: ['cloudwatch:PutMetricData'],
  resources: ['*'],
  conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
};

/** Lets a role do something. */
export function allow(role: iam.IRole & Construct, permission: Permission): void {
  const { actions, resources, conditions, wildcard } = permission;
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
  if (wildcard !== undefined) acknowledgeWildcards(role, resources, wildcard);
}

/** Says why a role's resources hold an asterisk. */
export function acknowledgeWildcards(role: Construct, resources: string[], reason: string): void {
  const stack = Stack.of(role);
  for (const resource of resources) {
    const text = plain(stack.resolve(resource));
    if (text.includes('*')) acknowledge(role, `AwsSolutions-IAM5[Resource::${text}]`, reason);
  }
}

/** Says why a finding of cdk-nag on a construct, or below it, is meant. */
export const acknowledge = (scope: Construct, id: string, reason: string): void =>
  Validations.of(scope).acknowledge({ id, reason });

/** A resource as cdk-nag writes it in the ids of its findings: references in angle brackets. */
function plain(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  const node = resource as Record<string, unknown>;
  const { Ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = node;
  if (typeof Ref === 'string') return `<${Ref}>`;
  if (attribute) return `<${(attribute as string[]).join('.')}>`;
  if (!join) return JSON.stringify(resource);
  const [delimiter, parts] = join as [string, unknown[]];
  return parts.map(plain).join(delimiter);
}
