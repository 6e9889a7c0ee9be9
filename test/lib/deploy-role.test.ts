/** What a pipeline may do: exactly what is written here, over every policy of the template, and proof that each fact can fail. */
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { DeployRoleStack, resolveDeployRole, type DeployRoleProps } from '../../lib/deploy-role.ts';
import { ofType, only, synthesise, type Properties, type StackTemplate } from './template.ts';

const GIVEN: DeployRoleProps = { repository: 'octo-cat/colours', stage: 'dev' };
const PROVIDER = 'AWS::IAM::OIDCProvider';
const ROLE = 'AWS::IAM::Role';

function make(more: Partial<DeployRoleProps> = {}): StackTemplate {
  const stack = new DeployRoleStack(new App(), 'Test', { ...GIVEN, ...more });
  return Template.fromStack(stack).toJSON() as StackTemplate;
}

const made = make();
/** The same for each test, to spoil at will. */
const copy = () => structuredClone(made);

const list = <T>(value: T | T[] | undefined): T[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** A value of CloudFormation's as it reads: `arn:${AWS::Partition}:…`. */
function text(value: any): string {
  if (typeof value === 'string') return value;
  if (value?.Ref) return `\${${value.Ref}}`;
  if (value?.['Fn::GetAtt']) return `\${${(value['Fn::GetAtt'] as string[]).join('.')}}`;
  const join = value?.['Fn::Join'] as [string, unknown[]] | undefined;
  return join ? join[1].map(text).join(join[0]) : JSON.stringify(value);
}

const idOf = (template: StackTemplate, prefix: string) =>
  Object.keys(template.Resources).find((id) => id.startsWith(prefix)) ?? '';
const role = (template: StackTemplate, prefix: string): Properties =>
  template.Resources[idOf(template, prefix)]?.Properties ?? {};

/** Statements that give a role anything, wherever in the template they stand. */
function granted(template: StackTemplate, prefix: string): Properties[] {
  const id = idOf(template, prefix);
  const inline = list(role(template, prefix).Policies as Properties[]).map((policy) => policy.PolicyDocument);
  const beside = Object.values(template.Resources)
    .filter(({ Properties: { Roles, RoleName } = {} }) =>
      [...list(Roles), ...list(RoleName)].some((one: any) => one?.Ref === id),
    )
    .map(({ Properties }) => Properties.PolicyDocument);
  return [...inline, ...beside].flatMap((document) => list(document?.Statement as Properties[]));
}

/** Each as `Effect action resource`, sorted; whatever else a statement has is shown as it is. */
const lines = (statements: Properties[]): string[] =>
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

const BUCKET = 'arn:${AWS::Partition}:s3:::ddcolor-elastic-dev-${AWS::AccountId}-${AWS::Region}';
const assumed = (name: string) =>
  `Allow sts:AssumeRole arn:\${AWS::Partition}:iam::\${AWS::AccountId}:role/cdk-hnb659fds-${name}-\${AWS::AccountId}-\${AWS::Region}`;
const MAY = {
  DeployRole: [assumed('deploy-role'), assumed('file-publishing-role')],
  SmokeRole: [
    `Allow s3:DeleteObject ${BUCKET}/failed/smoke/*`,
    `Allow s3:DeleteObject ${BUCKET}/results/smoke/*`,
    `Allow s3:GetObject ${BUCKET}/failed/smoke/*`,
    `Allow s3:GetObject ${BUCKET}/results/smoke/*`,
    `Allow s3:PutObject ${BUCKET}/incoming/smoke/*`,
  ],
};
const ROLES = Object.keys(MAY) as (keyof typeof MAY)[];

/** Undefined where two values are the same, else what there is. */
const unless = (is: unknown, wanted: unknown) =>
  JSON.stringify(is) === JSON.stringify(wanted) ? undefined : JSON.stringify(is);

const FACTS: Record<string, (template: StackTemplate) => string | undefined> = {
  'there are two roles and what vouches for GitHub, nothing else': (template) =>
    unless(
      Object.values(template.Resources)
        .map(({ Type }) => Type)
        .sort(),
      [PROVIDER, ROLE, ROLE],
    ),

  'the deploy role assumes two roles of the bootstrap, and that is all': (template) =>
    unless(lines(granted(template, 'DeployRole')), MAY.DeployRole),

  'the smoke role sends, reads and removes photos of its own, and that is all': (template) =>
    unless(lines(granted(template, 'SmokeRole')), MAY.SmokeRole),

  'no policy comes from elsewhere': (template) =>
    unless(
      ofType(template, ROLE).flatMap(({ Properties }) => list(Properties.ManagedPolicyArns as unknown[])),
      [],
    ),

  'one environment of one repository is trusted, by name': (template) => {
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

  'tokens are for AWS and from GitHub': (template) => {
    const { Url, ClientIdList } = only(template, PROVIDER);
    return unless(
      [Url, ClientIdList],
      ['https://token.actions.githubusercontent.com', ['sts.amazonaws.com']],
    );
  },

  'what vouches for GitHub outlives the stack': (template) =>
    unless(
      ofType(template, PROVIDER).map(({ DeletionPolicy }) => DeletionPolicy),
      ['Retain'],
    ),
};

const statements = (template: StackTemplate, name: keyof typeof MAY): Properties[] =>
  role(template, name).Policies[0].PolicyDocument.Statement;
const trust = (template: StackTemplate, name: keyof typeof MAY): Properties =>
  role(template, name).AssumeRolePolicyDocument.Statement[0];
const SUB = 'token.actions.githubusercontent.com:sub';
const everything = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const beside = (template: StackTemplate, Type: string, name: keyof typeof MAY) => {
  const Ref = idOf(template, name);
  template.Resources.Spoilt = {
    Type,
    Properties: {
      PolicyDocument: everything,
      ...(Type.endsWith('RolePolicy') ? { RoleName: { Ref } } : { Roles: [{ Ref }] }),
    },
  };
};

const DEPLOY = 'the deploy role assumes two roles of the bootstrap, and that is all';
const SMOKE = 'the smoke role sends, reads and removes photos of its own, and that is all';
const NOTHING_ELSE = 'there are two roles and what vouches for GitHub, nothing else';
const TRUST = 'one environment of one repository is trusted, by name';

/** Ways in which the roles could become too wide, each with the fact that has to notice. */
const SPOILED: [fact: string, how: string, spoil: (template: StackTemplate) => unknown][] = [
  [DEPLOY, 'any role', (t) => (statements(t, 'DeployRole')[0]!.Resource = '*')],
  [
    DEPLOY,
    'one more role',
    (t) => (statements(t, 'DeployRole')[0]!.Resource as unknown[]).push('arn:aws:iam::1:role/admin'),
  ],
  [
    DEPLOY,
    'one more action',
    (t) => (statements(t, 'DeployRole')[0]!.Action = ['sts:AssumeRole', 'iam:PassRole']),
  ],
  [
    DEPLOY,
    'everything but',
    (t) => statements(t, 'DeployRole').push({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }),
  ],
  [
    DEPLOY,
    'a second inline policy',
    (t) => (role(t, 'DeployRole').Policies as unknown[]).push({ PolicyDocument: everything }),
  ],
  [DEPLOY, 'a policy beside it', (t) => beside(t, 'AWS::IAM::Policy', 'DeployRole')],
  [DEPLOY, 'a managed policy beside it', (t) => beside(t, 'AWS::IAM::ManagedPolicy', 'DeployRole')],
  [DEPLOY, 'a role policy beside it', (t) => beside(t, 'AWS::IAM::RolePolicy', 'DeployRole')],
  [SMOKE, 'it reads what others sent', (t) => (statements(t, 'SmokeRole')[1]!.Resource = [`${BUCKET}/*`])],
  [
    SMOKE,
    'it lists the bucket',
    (t) => statements(t, 'SmokeRole').push({ Effect: 'Allow', Action: 's3:ListBucket', Resource: BUCKET }),
  ],
  [
    SMOKE,
    'another stage',
    (t) =>
      (statements(t, 'SmokeRole')[0]!.Resource = 'arn:aws:s3:::ddcolor-elastic-prod-1-eu/incoming/smoke/*'),
  ],
  [SMOKE, 'a policy beside it', (t) => beside(t, 'AWS::IAM::Policy', 'SmokeRole')],
  [
    'no policy comes from elsewhere',
    'an administrator',
    (t) => (role(t, 'DeployRole').ManagedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess']),
  ],
  [NOTHING_ELSE, 'a user', (t) => (t.Resources.Spoilt = { Type: 'AWS::IAM::User', Properties: {} })],
  [
    NOTHING_ELSE,
    'a function',
    (t) => (t.Resources.Spoilt = { Type: 'AWS::Lambda::Function', Properties: {} }),
  ],
  [
    TRUST,
    'a pattern',
    (t) => (trust(t, 'DeployRole').Condition = { StringLike: trust(t, 'DeployRole').Condition.StringEquals }),
  ],
  [
    TRUST,
    'any environment',
    (t) => (trust(t, 'DeployRole').Condition.StringEquals[SUB] = 'repo:octo-cat/colours:*'),
  ],
  [
    TRUST,
    'a branch as well',
    (t) =>
      (trust(t, 'SmokeRole').Condition.StringEquals[SUB] = [
        trust(t, 'SmokeRole').Condition.StringEquals[SUB],
        'repo:octo-cat/colours:ref:refs/heads/x',
      ]),
  ],
  [
    TRUST,
    'any audience',
    (t) => delete trust(t, 'DeployRole').Condition.StringEquals['token.actions.githubusercontent.com:aud'],
  ],
  [
    TRUST,
    'the account',
    (t) =>
      (role(t, 'DeployRole').AssumeRolePolicyDocument.Statement as unknown[]).push({
        Effect: 'Allow',
        Action: 'sts:AssumeRole',
        Principal: { AWS: '*' },
      }),
  ],
  ['a session ends after an hour', 'twelve', (t) => (role(t, 'DeployRole').MaxSessionDuration = 43_200)],
  [
    'tokens are for AWS and from GitHub',
    'for others as well',
    (t) => (only(t, PROVIDER).ClientIdList as unknown[]).push('other'),
  ],
  [
    'what vouches for GitHub outlives the stack',
    'it goes',
    (t) => (ofType(t, PROVIDER)[0]!.DeletionPolicy = 'Delete'),
  ],
];

describe('the roles of a pipeline', () => {
  it.each(Object.entries(FACTS))('%s', (_name, fact) => expect(fact(copy())).toBeUndefined());

  it.each(SPOILED)('"%s" fails: %s', (name, _how, spoil) => {
    const template = copy();
    spoil(template);
    expect(FACTS[name]?.(template)).toMatch(/\w/);
  });

  it('each fact is shown to be able to fail', () => {
    expect(new Set(SPOILED.map(([name]) => name))).toEqual(new Set(Object.keys(FACTS)));
  });

  it('send their photo to the bucket that the stage has', () => {
    const { BucketName } = only(synthesise('dev', {}, false), 'AWS::S3::Bucket');
    expect(BUCKET).toBe(`arn:\${AWS::Partition}:s3:::${text(BucketName)}`);
  });

  it('are told of when they are made', () => {
    expect(Object.keys(copy().Outputs)).toEqual(['DeployRoleArn', 'SmokeRoleArn']);
  });
});

describe('what can be chosen', () => {
  it('the provider that the account has', () => {
    const template = make({ provider: 'existing' });
    expect(ofType(template, PROVIDER)).toEqual([]);
    expect(ROLES.map((name) => text(trust(template, name).Principal.Federated))).toEqual(
      ROLES.map(
        () =>
          'arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/token.actions.githubusercontent.com',
      ),
    );
  });

  it('the qualifier of the bootstrap, for its roles and for this stack', () => {
    const template = make({ qualifier: 'mine1' });
    expect(lines(granted(template, 'DeployRole'))).toEqual(
      MAY.DeployRole.map((line) => line.replace('hnb659fds', 'mine1')),
    );
    expect(JSON.stringify(template)).not.toContain('hnb659fds');
  });

  it.each(['octo/colours', 'Octo-Cat/my.colours_2', 'octo@12/colours@345'])('repository %s', (repository) => {
    const { Condition } = trust(make({ repository }), 'DeployRole');
    expect(Condition.StringEquals[SUB]).toBe(`repo:${repository}:environment:dev`);
  });
});

it.each<[Partial<DeployRoleProps>, string]>([
  [{ repository: '' }, "repository '': owner/name, or owner@1234/name@5678"],
  ...[
    'colours',
    'octo/*',
    '*/colours',
    'octo/colours:ref',
    '-octo/colours',
    'octo/a/b',
    'octo@1/colours',
  ].map((repository): [Partial<DeployRoleProps>, string] => [
    { repository },
    `repository '${repository}': owner/name`,
  ]),
  [{ stage: 'Dev' }, "stage 'Dev': a small letter"],
  [{ stage: '*' }, "stage '*': a small letter"],
  [{ provider: 'old' as 'new' }, "provider 'old': new or existing"],
  [{ qualifier: 'has-hyphen' }, "qualifier 'has-hyphen': one to ten small letters and digits"],
])('%j is refused', (more, message) => {
  expect(() => resolveDeployRole({ ...GIVEN, ...more })).toThrow(message);
});

it('names everything that is wrong at once', () => {
  expect(() => resolveDeployRole({ repository: '', stage: '' })).toThrow(/repository ''.*\n.*stage ''/);
});
