/** The roles of a pipeline: the facts are true, and each can fail. */
import { describe, expect, it } from 'vitest';
import { resolveDeployRole, type DeployRoleProps } from '../../lib/deploy-role.ts';
import {
  GIVEN,
  PROVIDER,
  make,
  copy,
  text,
  idOf,
  role,
  granted,
  lines,
  BUCKET,
  MAY,
  ROLES,
  FACTS,
} from './deploy-role-facts.ts';
import { ofType, only, synthesise, type Properties, type StackTemplate } from './template.ts';

const statements = (template: StackTemplate, name: keyof typeof MAY): Properties[] =>
  role(template, name).Policies[0].PolicyDocument.Statement;
const trust = (template: StackTemplate, name: keyof typeof MAY): Properties =>
  role(template, name).AssumeRolePolicyDocument.Statement[0];
const SUB = 'token.actions.githubusercontent.com:sub';
const everything = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const attachPolicy = (template: StackTemplate, Type: string, name: keyof typeof MAY) => {
  const Ref = idOf(template, name);
  template.Resources.Spoilt = {
    Type,
    Properties: {
      PolicyDocument: everything,
      ...(Type.endsWith('RolePolicy') ? { RoleName: { Ref } } : { Roles: [{ Ref }] }),
    },
  };
};

const DEPLOY = 'the deploy role assumes two roles of the bootstrap and reads the name of the image only';
const SMOKE = 'the smoke role writes, reads and deletes its own photos only';
const NOTHING_ELSE = 'the stack has two roles and an OIDC provider, nothing else';
const TRUST = 'the roles trust one environment of one repository';

/** Changes that make the roles too wide, each with the fact that must fail. */
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
  [
    DEPLOY,
    'the parameters of every stage',
    (t) => (statements(t, 'DeployRole')[1]!.Resource = 'arn:aws:ssm:*:*:parameter/ddcolor-elastic/*'),
  ],
  [DEPLOY, 'an attached policy', (t) => attachPolicy(t, 'AWS::IAM::Policy', 'DeployRole')],
  [DEPLOY, 'an attached managed policy', (t) => attachPolicy(t, 'AWS::IAM::ManagedPolicy', 'DeployRole')],
  [DEPLOY, 'an attached role policy', (t) => attachPolicy(t, 'AWS::IAM::RolePolicy', 'DeployRole')],
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
  [SMOKE, 'an attached policy', (t) => attachPolicy(t, 'AWS::IAM::Policy', 'SmokeRole')],
  [
    'there are no managed policies',
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
    'the provider accepts tokens from GitHub for AWS',
    'for others as well',
    (t) => (only(t, PROVIDER).ClientIdList as unknown[]).push('other'),
  ],
  ['the provider survives the stack', 'it goes', (t) => (ofType(t, PROVIDER)[0]!.DeletionPolicy = 'Delete')],
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

  it('use the bucket of the stage', () => {
    const { BucketName } = only(synthesise('dev', {}), 'AWS::S3::Bucket');
    expect(BUCKET).toBe(`arn:\${AWS::Partition}:s3:::${text(BucketName)}`);
  });

  it('are in the outputs', () => {
    expect(Object.keys(copy().Outputs)).toEqual(['DeployRoleArn', 'SmokeRoleArn']);
  });
});

describe('a pipeline may have', () => {
  it('the provider of the account', () => {
    const template = make({ provider: 'existing' });
    expect(ofType(template, PROVIDER)).toEqual([]);
    expect(ROLES.map((name) => text(trust(template, name).Principal.Federated))).toEqual(
      ROLES.map(
        () =>
          'arn:${AWS::Partition}:iam::${AWS::AccountId}:oidc-provider/token.actions.githubusercontent.com',
      ),
    );
  });

  it('a qualifier of the bootstrap, for its roles and for this stack', () => {
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
  [{ stage: 'Dev' }, "stage 'Dev': a lowercase letter"],
  [{ stage: '*' }, "stage '*': a lowercase letter"],
  [{ provider: 'old' as 'new' }, "provider 'old': new or existing"],
  [{ qualifier: 'has-hyphen' }, "qualifier 'has-hyphen': one to ten lowercase letters and digits"],
])('%j is refused', (more, message) => {
  expect(() => resolveDeployRole({ ...GIVEN, ...more })).toThrow(message);
});

it('names all wrong props at once', () => {
  expect(() => resolveDeployRole({ repository: '', stage: '' })).toThrow(/repository ''.*\n.*stage ''/);
});

it('a stage with a key of its own lets the smoke test use it, through S3 and by its alias', () => {
  const key = 'arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*';
  const condition = {
    Condition: {
      'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/ddcolor-elastic-dev' },
      StringEquals: {
        'kms:ViaService': {
          'Fn::Join': ['', ['s3.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]],
        },
      },
    },
  };
  const more = ['Decrypt', 'GenerateDataKey'].map(
    (name) => `Allow kms:${name} ${key} ${JSON.stringify(condition)}`,
  );
  expect(lines(granted(make({ encryption: 'kms' }), 'SmokeRole'))).toEqual([...more, ...MAY.SmokeRole]);
});
