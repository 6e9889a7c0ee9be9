/** Templates of the stages, for tests. */
import { App } from 'aws-cdk-lib';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { Template } from 'aws-cdk-lib/assertions';
import { stages, type StageName } from '../../bin/stages.ts';
import { ColouringStack } from '../../lib/colouring-stack.ts';
import { resolveStage, type StageConfig } from '../../lib/stage/stage.ts';

/** Properties of a resource, as JSON of any form. */
export type Properties = Record<string, any>;
export interface Resource {
  Type: string;
  Properties: Properties;
  DeletionPolicy?: string;
  DependsOn?: string | string[];
}
export interface StackTemplate {
  Resources: Record<string, Resource>;
  Outputs: Record<string, { Value: unknown }>;
  Parameters?: Record<string, { Type: string; Default?: string }>;
}

/**
 * An app without the slow parts of a synth that do not change a template: bundling of the functions, which deploys in other tests
 * do, and the CDK's own rules, which nag.test.ts and examples.test.ts apply.
 */
export function newApp(): App {
  process.env.CDK_VALIDATION = 'false';
  return new App({ context: { [BUNDLING_STACKS]: [] } });
}

const synthesised = new Map<string, string>();

/** Synthesises each stage once per test file. @param called another name of it @returns a copy that the test may change */
export function synthesise(name: StageName, more: StageConfig = {}, called: string = name): StackTemplate {
  const key = JSON.stringify([name, more, called]);
  let text = synthesised.get(key);
  if (text === undefined) {
    const stage = resolveStage(called, { ...stages[name], ...more });
    text = JSON.stringify(
      Template.fromStack(new ColouringStack(newApp(), `Test-${name}`, { stage })).toJSON(),
    );
    synthesised.set(key, text);
  }
  return JSON.parse(text) as StackTemplate;
}

/** A logical id without its hash. */
export const plainId = (id: string) => id.replace(/[0-9A-F]{8}$/, '');

/** A template with logical ids without their hashes, as keys and in references. */
export const withPlainIds = (template: StackTemplate): StackTemplate =>
  JSON.parse(JSON.stringify(template).replace(/"(\w+?)[0-9A-F]{8}"/g, '"$1"')) as StackTemplate;

/** Properties of a resource, without the tags that every resource has. */
export function propertiesOf({ Resources }: StackTemplate, id: string): Properties {
  const { Tags: _, ...properties } = Resources[id]?.Properties ?? {};
  return properties;
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** What CloudFormation makes before a resource, and deletes after it: what it depends on or refers to, at any distance. */
export function before({ Resources }: StackTemplate, id: string, found = new Set<string>()): Set<string> {
  const { DependsOn = [], Properties } = Resources[id] ?? {};
  const text = JSON.stringify(Properties ?? {});
  const named = [...text.matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)].map(([, name = '']) => name);
  for (const one of [...list(DependsOn), ...named]) {
    if (!(one in Resources) || found.has(one)) continue;
    found.add(one);
    before({ Resources } as StackTemplate, one, found);
  }
  return found;
}

export const ofType = ({ Resources }: StackTemplate, type: string): Resource[] =>
  Object.values(Resources).filter((resource) => resource.Type === type);

/** The one resource of a type. */
export function only(template: StackTemplate, type: string): Properties {
  const [found, ...others] = ofType(template, type);
  if (!found || others.length > 0) throw new Error(`${others.length + (found ? 1 : 0)} resources of ${type}`);
  return found.Properties;
}

/** The subnets of each Auto Scaling group. @throws Error where two groups of a fleet are not in the same */
export function subnetsOf(template: StackTemplate): unknown {
  const all = ofType(template, 'AWS::AutoScaling::AutoScalingGroup').map(
    ({ Properties }) => Properties.VPCZoneIdentifier as unknown,
  );
  const [first, ...others] = new Set(all.map((subnets) => JSON.stringify(subnets)));
  if (first === undefined || others.length > 0)
    throw new Error(`groups in the subnets ${JSON.stringify(all)}`);
  return all[0];
}

export interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}
/** Permissions of the roles with this prefix: each action with each of its resources and its condition, as text. */
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
