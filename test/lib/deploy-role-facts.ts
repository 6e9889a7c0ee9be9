/** Facts about the roles of a pipeline. Each returns what is wrong, or undefined. */
import { Template } from 'aws-cdk-lib/assertions';
import { DeployRoleStack, type DeployRoleProps } from '../../lib/deploy-role.ts';
import { newApp, ofType, only, type Properties, type StackTemplate } from './template.ts';

export const GIVEN: DeployRoleProps = { repository: 'octo-cat/colours', stage: 'dev' };
export const PROVIDER = 'AWS::IAM::OIDCProvider';
export const ROLE = 'AWS::IAM::Role';

export function make(more: Partial<DeployRoleProps> = {}): StackTemplate {
  const stack = new DeployRoleStack(newApp(), 'Test', { ...GIVEN, ...more });
  return Template.fromStack(stack).toJSON() as StackTemplate;
}

export const made = make();
/** A copy that a test may change. */
export const copy = () => structuredClone(made);

export const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** A CloudFormation value as text: `arn:${AWS::Partition}:…`. */
export function text(value: any): string {
  if (typeof value === 'string') return value;
  if (value?.Ref) return `\${${value.Ref}}`;
  if (value?.['Fn::GetAtt']) return `\${${(value['Fn::GetAtt'] as string[]).join('.')}}`;
  const join = value?.['Fn::Join'] as [string, unknown[]] | undefined;
  return join ? join[1].map(text).join(join[0]) : JSON.stringify(value);
}

export const idOf = (template: StackTemplate, prefix: string) =>
  Object.keys(template.Resources).find((id) => id.startsWith(prefix)) ?? '';
export const role = (template: StackTemplate, prefix: string): Properties =>
  template.Resources[idOf(template, prefix)]?.Properties ?? {};

/** All statements of a role, inline or not. */
export function granted(template: StackTemplate, prefix: string): Properties[] {
  const id = idOf(template, prefix);
  const inline = list(role(template, prefix).Policies as Properties[]).map((policy) => policy.PolicyDocument);
  const attached = Object.values(template.Resources)
    .filter(({ Properties: { Roles, RoleName } = {} }) =>
      [...list(Roles), ...list(RoleName)].some((one: any) => one?.Ref === id),
    )
    .map(({ Properties }) => Properties.PolicyDocument);
  return [...inline, ...attached].flatMap((document) => list(document?.Statement as Properties[]));
}

/** Each as `Effect action resource`, sorted; other parts of a statement as JSON. */
export const lines = (statements: Properties[]): string[] =>
  statements
    .flatMap(({ Effect, Action, Resource, ...rest }) =>
      list(Action)
        .flatMap((action) =>
          list(Resource).map((resource) =>
            [
              Effect,
              action,
              text(resource),
              ...(Object.keys(rest).length > 0 ? [JSON.stringify(rest)] : []),
            ].join(' '),
          ),
        )
        .concat(Action && Resource ? [] : [JSON.stringify({ Effect, Action, Resource, ...rest })]),
    )
    .sort();

export const BUCKET = 'arn:${AWS::Partition}:s3:::ddcolor-elastic-dev-${AWS::AccountId}-${AWS::Region}';
export const assumed = (name: string) =>
  `Allow sts:AssumeRole arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/cdk-hnb659fds-${name}-\${AWS::AccountId}-\${AWS::Region}`;
export const MAY = {
  DeployRole: [
    'Allow ssm:GetParameter arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/ddcolor-elastic/dev/ami/current',
    assumed('deploy-role'),
    assumed('file-publishing-role'),
  ],
  SmokeRole: [
    `Allow s3:DeleteObject ${BUCKET}/failed/smoke/*`,
    `Allow s3:DeleteObject ${BUCKET}/results/smoke/*`,
    `Allow s3:GetObject ${BUCKET}/failed/smoke/*`,
    `Allow s3:GetObject ${BUCKET}/results/smoke/*`,
    `Allow s3:PutObject ${BUCKET}/incoming/smoke/*`,
  ],
};
export const ROLES = Object.keys(MAY) as (keyof typeof MAY)[];

/** @returns undefined for equal values, else the actual one */
export const unless = (is: unknown, wanted: unknown) =>
  JSON.stringify(is) === JSON.stringify(wanted) ? undefined : JSON.stringify(is);

export const FACTS: Record<string, (template: StackTemplate) => string | undefined> = {
  'the stack has two roles and an OIDC provider, nothing else': (template) =>
    unless(
      Object.values(template.Resources)
        .map(({ Type }) => Type)
        .sort(),
      [PROVIDER, ROLE, ROLE],
    ),

  'the deploy role assumes two roles of the bootstrap and reads the name of the image only': (template) =>
    unless(lines(granted(template, 'DeployRole')), MAY.DeployRole),

  'the smoke role writes, reads and deletes its own photos only': (template) =>
    unless(lines(granted(template, 'SmokeRole')), MAY.SmokeRole),

  'there are no managed policies': (template) =>
    unless(
      ofType(template, ROLE).flatMap(({ Properties }) => list(Properties.ManagedPolicyArns as unknown[])),
      [],
    ),

  'the roles trust one environment of one repository': (template) => {
    const trust = ROLES.map((name) => role(template, name).AssumeRolePolicyDocument?.Statement);
    const wanted = [
      {
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            'token.actions.githubusercontent.com:sub': 'repo:octo-cat/colours:environment:dev',
          },
        },
        Effect: 'Allow',
        Principal: { Federated: { Ref: idOf(template, 'GitHub') } },
      },
    ];
    return unless(trust, [wanted, wanted]);
  },

  'a session ends after an hour': (template) =>
    unless(
      ROLES.map((name) => role(template, name).MaxSessionDuration),
      [3600, 3600],
    ),

  'the provider accepts tokens from GitHub for AWS': (template) => {
    const { Url, ClientIdList } = only(template, PROVIDER);
    return unless(
      [Url, ClientIdList],
      ['https://token.actions.githubusercontent.com', ['sts.amazonaws.com']],
    );
  },

  'the provider survives the stack': (template) =>
    unless(
      ofType(template, PROVIDER).map(({ DeletionPolicy }) => DeletionPolicy),
      ['RetainExceptOnCreate'],
    ),
};
