/** Props of constructs that are settings of a stage: the same defaults, and the same rules as far as they concern a construct. */
import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { withDefaults, type Fields, type OptionsOf, type ValuesOf } from '../contract/field.ts';
import { problemsOf } from './stage/check.ts';
import { STAGE_FIELDS, STAGE_RULES, type Stage } from './stage/stage.ts';

/**
 * Fills in the defaults and checks the props. A value that is known only at deploy is not checked.
 *
 * @throws Error that names every wrong prop, with the value given and what is allowed
 */
export function resolveProps<F extends Fields>(
  scope: Construct,
  fields: F,
  props: OptionsOf<F>,
): ValuesOf<F> {
  const values = withDefaults(fields, props);
  checkProps(scope, values, Token.isUnresolved);
  return values;
}

/**
 * Checks props by the rules of a stage whose values are all there.
 *
 * @param values undefined: not known
 * @param isToken whether a value is known only at deploy
 * @throws Error that names every wrong prop, with the value given and what is allowed
 */
export function checkProps(
  scope: Construct,
  values: Partial<Stage>,
  isToken: (value: unknown) => boolean = () => false,
): void {
  const known = (name: string) => {
    const value = values[name as keyof Stage];
    return value !== undefined && ![value].flat().some(isToken);
  };
  const problems = problemsOf(STAGE_FIELDS, STAGE_RULES, values, known);
  if (problems.length > 0) throw invalidProps(scope, problems);
}

export const invalidProps = (scope: Construct, problems: string[]) =>
  new Error(`construct '${scope.node.path}' cannot be built:\n  ${problems.join('\n  ')}`);
