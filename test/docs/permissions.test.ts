/** docs/permissions.md lists every wildcard of a role, and no other. */
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { DeployRoleStack } from '../../lib/deploy-role.ts';
import { newApp, synthesise, type StackTemplate } from '../lib/template.ts';
import { wildcards } from '../lib/wildcards.ts';
import { section } from './pages.ts';

const rows = section('docs/permissions.md', 'Wildcards')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| role'))
  .map((line) =>
    line
      .split('|')
      .slice(1, 4)
      .map((cell) => cell.trim().replaceAll('`', ''))
      .join(' | '),
  );

const listed = (template: StackTemplate) =>
  wildcards(template).map(({ role, actions, resource }) =>
    [
      role,
      actions.join(', '),
      resource.replaceAll('/prod/', '/STAGE/').replace(/elastic-prod\b/, 'elastic-STAGE'),
    ].join(' | '),
  );

/** With everything in it that a stage can have. */
let stage: StackTemplate;
let pipeline: StackTemplate;
beforeAll(() => {
  stage = synthesise('prod', {
    ...{ access: 'iam', alarmEmail: 'oncall@example.com', probePhoto: 'daily', warmPoolSize: 1 },
    outcomeEvents: true,
    webhooks: true,
    usage: true,
    encryption: 'kms',
  });
  const role = new DeployRoleStack(newApp(), 'Role', {
    ...{ repository: 'owner/name', stage: 'prod' },
    encryption: 'kms',
  });
  pipeline = Template.fromStack(role).toJSON() as StackTemplate;
});

describe('the table of wildcards', () => {
  it('has each one and no other', () => {
    expect([...rows].sort()).toEqual([...listed(stage), ...listed(pipeline)].sort());
  });

  it.each<[string, unknown]>([
    ['a resource', { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
    ['an action', { Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::bucket' }],
    [
      'a part of one',
      {
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: ['a', { 'Fn::Join': ['', ['arn:', { Ref: 'X' }, ':*']] }],
      },
    ],
  ])('notices a role that gains %s', (_what, statement) => {
    const spoiled = structuredClone(stage);
    const policy = Object.entries(spoiled.Resources).find(([id]) =>
      /^ScalerFunctionRoleDefaultPolicy/.test(id),
    )![1];
    (policy.Properties.PolicyDocument.Statement as unknown[]).push(statement);
    expect(listed(spoiled).filter((one) => !rows.includes(one))).toHaveLength(1);
  });

  it('notices one in a role itself', () => {
    const spoiled = structuredClone(stage);
    const [, role] = Object.entries(spoiled.Resources).find(([id]) => /^ScalerFunctionRole/.test(id))!;
    role.Properties.Policies = [
      { PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }] } },
    ];
    expect(listed(spoiled).filter((one) => !rows.includes(one))).toHaveLength(1);
  });
});
