/**
 * Permissions of roles, and acknowledged findings of cdk-nag, each with its reason.
 *
 * A wildcard in a resource needs a reason in its own statement: `allow` throws without one. cdk-nag would not notice, since it
 * identifies a role's wildcards by their text: a reason for one statement's `*` would cover the next one's. docs/permissions.md
 * lists them all, and a test compares.
 */
import { Stack, Validations } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../contract/names.ts';

export interface Permission {
  readonly actions: string[];
  readonly resources: string[];
  /** Conditions of the policy statement. */
  readonly conditions?: Record<string, unknown>;
  /**
   * Reason of a wildcard in the resources.
   *
   * @default - they have none
   */
  readonly wildcard?: string;
}

/** Allows publishing metrics of our namespace only. */
export const PUBLISH_METRICS: Permission = {
  actions: ['cloudwatch:PutMetricData'],
  resources: ['*'],
  conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
  wildcard: 'publishing metrics of our namespace: AWS allows no narrower resource',
};

/**
 * Adds a statement to a role's policy.
 *
 * @throws Error for a wildcard without a reason
 */
export function allow(role: iam.IRole & Construct, permission: Permission): void {
  const { actions, resources, conditions, wildcard } = permission;
  const wide = wildcards(role, resources);
  if (wide.length > 0 && wildcard === undefined) {
    throw new Error(
      `resources [${wide.join(', ')}] of [${actions.join(', ')}] in '${role.node.path}': a wildcard needs a reason, in 'wildcard'`,
    );
  }
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
  if (wildcard !== undefined) acknowledgeWildcards(role, resources, wildcard);
}

/** Acknowledges the wildcards in a role's resources. */
export function acknowledgeWildcards(role: Construct, resources: string[], reason: string): void {
  for (const text of wildcards(role, resources)) {
    acknowledge(role, `AwsSolutions-IAM5[Resource::${text}]`, reason);
  }
}

/** @returns the resources with a wildcard, as text */
const wildcards = (scope: Construct, resources: string[]): string[] =>
  resources.map((resource) => plain(Stack.of(scope).resolve(resource))).filter((text) => text.includes('*'));

/** Acknowledges a finding of cdk-nag on a construct or below it. */
export const acknowledge = (scope: Construct, id: string, reason: string): void =>
  Validations.of(scope).acknowledge({ id, reason });

/** @returns a resource as in the finding ids of cdk-nag, with references in angle brackets */
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
