/** The policies of a synthesised template as IAM sees them: every reference replaced by a name as AWS would give it. */
import type { Statement, StackTemplate } from '../lib/template.ts';
import { plainId } from '../lib/template.ts';

export const REGION = 'eu-central-1';
export const ACCOUNT = '111122223333';
/** A reference of CloudFormation, or a value with some within. */
type Value = unknown;

/** ARNs by resource type. */
const ARNS: Record<string, (name: string) => string> = {
  'AWS::SQS::Queue': (name) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`,
  'AWS::Events::EventBus': (name) => `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/${name}`,
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name.toLowerCase()}`,
  'AWS::DynamoDB::Table': (name) => `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${name}`,
  'AWS::Logs::LogGroup': (name) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}:*`,
  'AWS::KMS::Key': (name) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${name}`,
  'AWS::Lambda::Function': (name) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`,
};
const PSEUDO: Record<string, string> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** Any part of a template with names in place of references. */
export const withNames = resolve;

/** A role's id, which begins its sessions' `aws:userid`. */
export const roleIdOf = (role: string) => `AROA${role.toUpperCase()}`;

/** @throws Error for a reference that this does not know: what it guessed, a test would take for true */
function resolve(template: StackTemplate, value: Value): Value {
  if (Array.isArray(value)) return value.map((one) => resolve(template, one));
  if (typeof value !== 'object' || value === null) return value;
  const node = value as Record<string, Value>;
  if ('Ref' in node) return refOf(template, node.Ref as string);
  if ('Fn::GetAtt' in node) return attributeOf(template, ...(node['Fn::GetAtt'] as [string, string]));
  if ('Fn::Join' in node) {
    const [delimiter, parts] = node['Fn::Join'] as [string, Value[]];
    return (resolve(template, parts) as string[]).join(delimiter);
  }
  const unknown = Object.keys(node).find((key) => key.startsWith('Fn::'));
  if (unknown !== undefined) throw new Error(`${unknown} in a policy`);
  return Object.fromEntries(Object.entries(node).map(([key, one]) => [key, resolve(template, one)]));
}

function refOf(template: StackTemplate, id: string): string {
  const pseudo = PSEUDO[id];
  if (pseudo !== undefined) return pseudo;
  const resource = template.Resources[id];
  if (resource?.Type === 'AWS::AutoScaling::AutoScalingGroup')
    return String(resolve(template, resource.Properties.AutoScalingGroupName));
  if (!resource) throw new Error(`Ref ${id} in a policy`);
  return plainId(id);
}

function attributeOf(template: StackTemplate, id: string, attribute: string): string {
  const type = template.Resources[id]?.Type ?? '';
  const arn = ARNS[type];
  if (attribute === 'Arn' && arn) return arn(plainId(id));
  if (attribute === 'RoleId') return roleIdOf(plainId(id));
  throw new Error(`${id}.${attribute} of ${type} in a policy`);
}

/** Statements of each role, by the role's id without its hash. */
export function statementsOf(template: StackTemplate): Record<string, Statement[]> {
  const roles: Record<string, Statement[]> = {};
  for (const [id, { Type }] of Object.entries(template.Resources))
    if (Type === 'AWS::IAM::Role') roles[plainId(id)] = [];
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy') continue;
    const { PolicyDocument, Roles } = Properties as {
      PolicyDocument: { Statement: Statement[] };
      Roles: { Ref: string }[];
    };
    for (const { Ref } of Roles)
      roles[plainId(Ref)]?.push(...(resolve(template, PolicyDocument.Statement) as Statement[]));
  }
  return roles;
}
