/** Props of constructs that are settings of a stage: the same defaults, and the same rules as far as they concern a construct. */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { withDefaults, type Fields, type OptionsOf, type ValuesOf } from '../contract/field.ts';
import { hasToken, problemsOf, shown, TOKEN_REFUSED } from './stage/check.ts';
import { STAGE_FIELDS, STAGE_NAME, STAGE_RULES, type Stage } from './stage/stage.ts';

/**
 * Fills in the defaults and checks the props.
 *
 * @param deployTime as of {@link refuseTokens}
 * @throws Error that names every wrong prop, with the value given and what is allowed
 */
export function resolveProps<F extends Fields>(
  scope: Construct,
  fields: F,
  props: OptionsOf<F>,
  deployTime: readonly string[],
): ValuesOf<F> {
  refuseTokens(scope, props, deployTime);
  const values = withDefaults(fields, props);
  checkProps(scope, values);
  return values;
}

/** An object of the CDK or of ours; its own attributes may be tokens. */
const isPlain = (value: unknown) =>
  typeof value !== 'object' ||
  value === null ||
  Array.isArray(value) ||
  Object.getPrototypeOf(value) === Object.prototype ||
  typeof (value as { resolve?: unknown }).resolve === 'function';

/** A list whose length is known only at deploy, such as that of a parameter: a single element stands for it. */
const isListToken = (value: unknown) =>
  Array.isArray(value) &&
  value.length === 1 &&
  typeof value[0] === 'string' &&
  value[0].startsWith('#{Token[');

/**
 * Refuses values that are known only at deploy: they decide what the template has, or become a part of a text or of a
 * sum, where a token would be lost without a word. A prop that is added is refused too until it is listed.
 *
 * @param deployTime names of the props that may be tokens, since they reach the template as they are: of a list its elements
 * @throws Error that names every such prop
 */
export function refuseTokens(scope: Construct, props: object, deployTime: readonly string[] = []): void {
  const problems = Object.entries(props)
    .filter(
      ([name, value]) =>
        isListToken(value) || (!deployTime.includes(name) && isPlain(value) && hasToken(value)),
    )
    .map(([name, value]) => `${name} token ${resolved(scope, value)}: ${TOKEN_REFUSED}`);
  if (problems.length > 0) throw invalidProps(scope, problems);
}

/** A token as the template would have it. */
function resolved(scope: Construct, value: unknown): string {
  try {
    return shown(Stack.of(scope).resolve(value));
  } catch {
    return '?';
  }
}

/**
 * Checks props by the rules of a stage whose values are all there. Values that are known only at deploy are not checked.
 *
 * @param values undefined: not known
 * @throws Error that names every wrong prop, with the value given and what is allowed
 */
export function checkProps(scope: Construct, values: Partial<Stage>): void {
  const known = (name: string) => values[name as keyof Stage] !== undefined;
  const problems = problemsOf(STAGE_FIELDS, STAGE_RULES, values, known);
  if (problems.length > 0) throw invalidProps(scope, problems);
}

/** It is part of names, each of which has its own limit. @throws Error */
export function checkStageName(scope: Construct, stageName: string): void {
  const problems = problemsOf({ stageName: STAGE_NAME }, [], { stageName });
  if (problems.length > 0) throw invalidProps(scope, problems);
}

export const invalidProps = (scope: Construct, problems: string[]) =>
  new Error(`construct '${scope.node.path}' cannot be built:\n  ${problems.join('\n  ')}`);
