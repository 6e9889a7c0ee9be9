/**
 * What a role may do, statement by statement; and what cdk-nag finds and we mean, each with its reason.
 *
 * A resource with an asterisk needs a reason, given with its own statement: `allow` refuses it without. cdk-nag alone would not
 * notice: it knows a role's asterisks by their text, so that one statement's reason for `*` would do for the next one's. So
 * docs/permissions.md can list them all, and a test holds it to that.
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
  wildcard: 'publishing metrics of our namespace: AWS allows no narrower resource',
};

/**
 * Lets a role do something.
 *
 * @throws Error when a resource holds an asterisk and nobody says why
 */
export function allow(role: iam.IRole & Construct, permission: Permission): void {
  const { actions, resources, conditions, wildcard } = permission;
  const wide = wildcards(role, resources);
  if (wide.length > 0 && wildcard === undefined) {
    throw new Error(
      `resources [${wide.join(', ')}] of [${actions.join(', ')}] in '${role.node.path}': an asterisk with its reason only, in wildcard`,
    );
  }
  role.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources, conditions }));
  if (wildcard !== undefined) acknowledgeWildcards(role, resources, wildcard);
}

/** Says why a role's resources hold an asterisk. */
export function acknowledgeWildcards(role: Construct, resources: string[], reason: string): void {
  for (const text of wildcards(role, resources)) {
    acknowledge(role, `AwsSolutions-IAM5[Resource::${text}]`, reason);
  }
}

/** Those that hold an asterisk, as text. */
const wildcards = (scope: Construct, resources: string[]): string[] =>
  resources.map((resource) => plain(Stack.of(scope).resolve(resource))).filter((text) => text.includes('*'));

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
