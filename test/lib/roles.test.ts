/**
 * Permissions and trust of the roles of a stage, as tables. A lost permission breaks a deployed stack, a gained one opens it,
 * and the local AWS checks neither.
 */
import { describe, expect, it } from 'vitest';
import { ofType, synthesise, type Properties, type Resource, type Statement } from './template.ts';
import { resourceText } from './wildcards.ts';

interface Row {
  may: string[];
  on: string[];
  /** Condition of the statement. */
  only?: Record<string, unknown>;
}

const OWN_LOG = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const METRICS: Row = {
  may: ['cloudwatch:PutMetricData'],
  on: ['*'],
  only: { StringEquals: { 'cloudwatch:namespace': 'DDColorElastic' } },
};
/** One attribute of the scaler's memory. */
const VIEW: Row = {
  may: ['dynamodb:GetItem'],
  on: ['<ScalerTable.Arn>'],
  only: {
    'ForAllValues:StringEquals': {
      'dynamodb:LeadingKeys': ['scaler'],
      'dynamodb:Attributes': ['id', 'view'],
    },
    StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
  },
};
const item = (key: string) => ({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [key] } });
const group = (name: string) => [`arn:autoscaling:autoScalingGroup:*:autoScalingGroupName/${name}`];

/** Of Spot and on demand. */
const GROUP_NAMES = ['ddcolor-elastic-prod', 'ddcolor-elastic-prod-on-demand'];
const GROUPS = ['<FleetGroupASG>', '<FleetOnDemandGroupASG>'];

/** By the role's id without its hash. */
const ROLES: Record<string, { trusts: string; only?: Record<string, unknown>; rows: Row[] }> = {
  FleetInstanceRole: {
    trusts: 'ec2.amazonaws.com',
    rows: [
      // ChangeMessageVisibility keeps a message while its photo is worked on, and returns it.
      {
        may: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
        on: ['<BulkJobsQueue.Arn>', '<JobsQueue.Arn>', '<SidelinedJobsQueue.Arn>'],
      },
      {
        may: ['s3:GetObject'],
        on: ['bulk', 'incoming', 'sidelined'].map((folder) => `<PhotosBucket.Arn>/${folder}/*`),
      },
      // The worker reads an outcome before it writes one, and deletes it when its photo is replaced.
      {
        may: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        on: ['bulk-failed', 'bulk-results', 'failed', 'results', 'sidelined-failed', 'sidelined-results'].map(
          (name) => `<PhotosBucket.Arn>/${name}/*`,
        ),
      },
      { may: ['sqs:SendMessage'], on: ['<JobsDeadLetters.Arn>'] },
      // Without it S3 answers 403 for a missing object, which the worker takes for a fault.
      { may: ['s3:ListBucket'], on: ['<PhotosBucket.Arn>'] },
      // An instance that colours wrongly has itself replaced.
      {
        may: ['autoscaling:CompleteLifecycleAction', 'autoscaling:SetInstanceHealth'],
        on: GROUP_NAMES.flatMap(group),
      },
      // The agent writes lines and cannot read them.
      { may: OWN_LOG, on: ['<FleetLogs.Arn>'] },
      { may: ['ssm:GetParameter'], on: ['arn:ssm:parameter/ddcolor-elastic/prod/worker'] },
      { may: ['ssm:PutParameter'], on: ['arn:ssm:parameter/ddcolor-elastic/prod/ami/verdict/*'] },
      // IAM knows the instance: its own item, in a table where every other one speaks for another.
      {
        may: ['dynamodb:UpdateItem'],
        on: ['<ScalerTable.Arn>'],
        only: {
          'ForAllValues:StringEquals': {
            'dynamodb:LeadingKeys': ['work#${aws:userid}'],
            'dynamodb:Attributes': [
              'id',
              'expiresAt',
              'completed',
              'busySeconds',
              'bulkCompleted',
              'bulkBusySeconds',
              'bootFailure',
            ],
          },
        },
      },
      // Each instance that meets a photo counts its attempts.
      {
        may: ['dynamodb:UpdateItem'],
        on: ['<ScalerTable.Arn>'],
        only: {
          'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['attempts#*'] },
          'ForAllValues:StringEquals': {
            'dynamodb:Attributes': ['id', 'expiresAt', 'attempts', 'faultedOn'],
          },
        },
      },
      METRICS,
      // Session Manager.
      {
        may: [
          'ssm:UpdateInstanceInformation',
          'ssmmessages:CreateControlChannel',
          'ssmmessages:CreateDataChannel',
          'ssmmessages:OpenControlChannel',
          'ssmmessages:OpenDataChannel',
        ],
        on: ['*'],
      },
    ],
  },
  FleetSuspendRebalancingHandlerRole: {
    trusts: 'lambda.amazonaws.com',
    rows: [
      { may: OWN_LOG, on: ['<FleetSuspendRebalancingHandlerLogs.Arn>'] },
      // ResumeProcesses is for the deletion of the construct.
      {
        may: ['autoscaling:ResumeProcesses', 'autoscaling:SuspendProcesses'],
        on: GROUPS.flatMap(group),
      },
    ],
  },
  ScalerFunctionRole: {
    trusts: 'lambda.amazonaws.com',
    rows: [
      { may: OWN_LOG, on: ['<ScalerFunctionLogs.Arn>'] },
      {
        may: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        on: ['<BulkJobsQueue.Arn>', '<JobsQueue.Arn>', '<SidelinedJobsQueue.Arn>'],
      },
      {
        may: ['autoscaling:SetDesiredCapacity', 'autoscaling:TerminateInstanceInAutoScalingGroup'],
        on: GROUPS.flatMap(group),
      },
      {
        may: ['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeScalingActivities'],
        on: ['*'],
      },
      // It reads its memory from the response to UpdateItem.
      { may: ['dynamodb:UpdateItem'], on: ['<ScalerTable.Arn>'], only: item('scaler') },
      {
        may: ['dynamodb:BatchGetItem'],
        on: ['<ScalerTable.Arn>'],
        only: {
          'ForAllValues:StringLike': {
            'dynamodb:LeadingKeys': [
              {
                'Fn::Join': ['', ['work#', { 'Fn::GetAtt': ['FleetInstanceRoleA605DB82', 'RoleId'] }, ':*']],
              },
            ],
          },
        },
      },
      // The lease too: a photo that meets one writes nothing.
      {
        ...VIEW,
        only: {
          ...VIEW.only,
          'ForAllValues:StringEquals': {
            'dynamodb:LeadingKeys': ['scaler'],
            'dynamodb:Attributes': ['id', 'view', 'leaseUntil'],
          },
        },
      },
      METRICS,
    ],
  },
  ScalerScheduleRole: {
    trusts: 'scheduler.amazonaws.com',
    // Without it, a schedule of any account could invoke the function.
    only: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    rows: [{ may: ['lambda:InvokeFunction'], on: ['<ScalerFunction.Arn>', '<ScalerFunction.Arn>:*'] }],
  },
  GatewayFunctionRole: {
    trusts: 'lambda.amazonaws.com',
    rows: [
      { may: OWN_LOG, on: ['<GatewayFunctionLogs.Arn>'] },
      // Its signed links have no more permissions than the function.
      {
        may: ['s3:PutObject'],
        on: ['bulk', 'incoming', 'sidelined'].map((folder) => `<PhotosBucket.Arn>/${folder}/api/*`),
      },
      {
        may: ['s3:GetObject'],
        on: [
          '<PhotosBucket.Arn>/bulk-failed/api/*.json',
          '<PhotosBucket.Arn>/bulk-results/api/*',
          '<PhotosBucket.Arn>/bulk/api/*',
          '<PhotosBucket.Arn>/failed/api/*.json',
          '<PhotosBucket.Arn>/incoming/api/*',
          '<PhotosBucket.Arn>/results/api/*',
          '<PhotosBucket.Arn>/sidelined-failed/api/*.json',
          '<PhotosBucket.Arn>/sidelined-results/api/*',
          '<PhotosBucket.Arn>/sidelined/api/*',
        ],
      },
      { may: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], on: ['<GatewayTable.Arn>'] },
      VIEW,
    ],
  },
  ProbeFunctionRole: {
    trusts: 'lambda.amazonaws.com',
    rows: [
      { may: OWN_LOG, on: ['<ProbeFunctionLogs.Arn>'] },
      {
        may: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        on: ['<PhotosBucket.Arn>/incoming/ddcolor-elastic-probe/*'],
      },
      // It writes no outcome.
      {
        may: ['s3:DeleteObject', 's3:GetObject'],
        on: [
          '<PhotosBucket.Arn>/failed/ddcolor-elastic-probe/*.json',
          '<PhotosBucket.Arn>/results/ddcolor-elastic-probe/*',
        ],
      },
      VIEW,
      { may: ['ssm:GetParameter'], on: ['arn:ssm:parameter/ddcolor-elastic/prod/ami/current'] },
      METRICS,
    ],
  },
  ProbeScheduleRole: {
    trusts: 'scheduler.amazonaws.com',
    only: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    rows: [{ may: ['lambda:InvokeFunction'], on: ['<ProbeFunction.Arn>', '<ProbeFunction.Arn>:*'] }],
  },
};

type Ordered = Resource & { DependsOn?: string[] };
interface Trust extends Omit<Statement, 'Resource'> {
  Principal: unknown;
}

const template = synthesise('prod', { access: 'open', probePhoto: 'daily' });
const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const plainId = (id: string) => id.replace(/[0-9A-F]{8}$/, '');
const idsOf = (type: string) =>
  Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type === type);
const resource = (id: string) => template.Resources[id] as Ordered;
const policiesOf = (roleId: string) =>
  idsOf('AWS::IAM::Policy').filter((id) =>
    (resource(id).Properties.Roles as { Ref: string }[]).some(({ Ref }) => Ref === roleId),
  );
const inOrder = (rows: Row[]) => [...rows].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
const rowOf = ({ Effect, Action, Resource, Condition }: Statement): Row => {
  expect(Effect).toBe('Allow');
  const may = list(Action).sort();
  const on = list(Resource).map(resourceText).sort();
  return { may, on, ...(Condition !== undefined && { only: Condition as Row['only'] }) };
};

it('a stage has these roles, and each policy belongs to one of them', () => {
  expect(idsOf('AWS::IAM::Role').map(plainId).sort()).toEqual(Object.keys(ROLES).sort());
  expect(idsOf('AWS::IAM::ManagedPolicy')).toEqual([]);
  for (const { Properties } of ofType(template, 'AWS::IAM::Policy')) {
    expect(Object.keys(Properties).sort()).toEqual(['PolicyDocument', 'PolicyName', 'Roles']);
    expect(Properties.Roles).toHaveLength(1);
  }
});

describe.each(Object.entries(ROLES))('%s', (name, { trusts, only, rows }) => {
  const id = idsOf('AWS::IAM::Role').find((one) => plainId(one) === name)!;
  const { ManagedPolicyArns, Policies, AssumeRolePolicyDocument } = resource(id).Properties;

  it('has these permissions, and no others', () => {
    const statements = policiesOf(id).flatMap(
      (policy) => resource(policy).Properties.PolicyDocument.Statement as Statement[],
    );
    expect(inOrder(statements.map(rowOf))).toEqual(inOrder(rows));
    expect([ManagedPolicyArns, Policies]).toEqual([undefined, undefined]);
  });

  it('trusts its one service', () => {
    const trust: Trust = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: trusts } };
    expect((AssumeRolePolicyDocument as Properties).Statement).toEqual([
      only ? { ...trust, Condition: only } : trust,
    ]);
  });
});

describe('a resource that uses a role is made after the role’s policy', () => {
  it.each(idsOf('AWS::Lambda::Function').map((id) => [plainId(id), id]))('%s', (_name, id) => {
    const { Properties, DependsOn } = resource(id);
    const policies = policiesOf((Properties.Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]);
    expect(policies).toHaveLength(1);
    expect(DependsOn).toEqual(expect.arrayContaining(policies));
  });

  it('the call that suspends processes', () => {
    const [id = ''] = idsOf('Custom::SuspendProcesses');
    const { Properties, DependsOn } = resource(id);
    const [handler] = (Properties.ServiceToken as { 'Fn::GetAtt': [string] })['Fn::GetAtt'];
    const role = (resource(handler).Properties.Role as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0];
    expect(DependsOn).toEqual(expect.arrayContaining(policiesOf(role)));
  });
});
