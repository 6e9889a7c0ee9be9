/** Templates as the CDK makes them, for tests that read them. */
import { App } from 'aws-cdk-lib';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { Template } from 'aws-cdk-lib/assertions';
import { stages, type StageName } from '../../bin/stages.ts';
import { ColouringStack } from '../../lib/colouring-stack.ts';
import { resolveStage, type StageConfig } from '../../lib/stage/stage.ts';

/** Properties of a resource: the template's own JSON, of which tests know the parts they name. */
export type Properties = Record<string, any>;
export interface Resource {
  Type: string;
  Properties: Properties;
  DeletionPolicy?: string;
}
export interface StackTemplate {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
}

/** @param bundled whether the functions' code is built as well, which takes seconds */
export function synthesise(name: StageName, more: StageConfig = {}, bundled = true): StackTemplate {
  const app = new App(bundled ? {} : { context: { [BUNDLING_STACKS]: [] } });
  const stack = new ColouringStack(app, `Test-${name}`, {
    stage: resolveStage(name, { ...stages[name], ...more }),
  });
  return Template.fromStack(stack).toJSON() as StackTemplate;
}

export const ofType = ({ Resources }: StackTemplate, type: string): Resource[] =>
  Object.values(Resources).filter((resource) => resource.Type === type);

/** The one resource of a type. */
export function only(template: StackTemplate, type: string): Properties {
  const [found, ...others] = ofType(template, type);
  if (!found || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} resources of ${type}`);
  return found.Properties;
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}
const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** What the roles whose id starts so may do: each action with the text of each of its resources and of its condition. */
export function grants(
  { Resources }: StackTemplate,
  rolePrefix: string,
): { action: string; resource: string; condition: string }[] {
  const policies = Object.values(Resources).filter(
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' &&
      (Properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref.startsWith(rolePrefix)),
  );
  return policies
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
    .flatMap(({ Action, Resource: resources, Condition = {} }) =>
      list(Action).flatMap((action) =>
        list(resources).map((resource) => ({
          action,
          resource: JSON.stringify(resource),
          condition: JSON.stringify(Condition),
        })),
      ),
    );
}
