/** The templates of the shipped stages: facts that would hurt if wrong, and proof that each can fail. */
import { beforeAll, describe, expect, it } from 'vitest';
import { stages, type StageName } from '../../bin/stages.ts';
import { resolveStage } from '../../lib/stage/stage.ts';
import { FACTS } from './facts.ts';
import { ofType, only, synthesise, type Properties, type StackTemplate } from './template.ts';

const names = Object.keys(stages) as StageName[];
const templates = new Map<StageName, StackTemplate>();
const groupName = (stage: StageName) => `ddcolor-elastic-${stage}`;
const get = (stage: StageName) => structuredClone(templates.get(stage)) as StackTemplate;

beforeAll(() => {
  for (const stage of names) templates.set(stage, synthesise(stage));
});

const group = (template: StackTemplate) => only(template, 'AWS::AutoScaling::AutoScalingGroup');
const launch = (template: StackTemplate) =>
  only(template, 'AWS::EC2::LaunchTemplate').LaunchTemplateData as Properties;
const queues = (template: StackTemplate) =>
  ofType(template, 'AWS::SQS::Queue').map(({ Properties }) => Properties);
const hooks = (template: StackTemplate) => group(template).LifecycleHookSpecificationList as Properties[];
const add = (template: StackTemplate, Type: string, Properties: Properties = {}) => {
  template.Resources.Spoilt = { Type, Properties };
};
/** Adds a statement to the policy of the roles whose id starts so. */
function grant(template: StackTemplate, role: string, Action: string, Resource: unknown): void {
  const found = Object.values(template.Resources).find(
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' && (Properties.Roles as { Ref: string }[])[0]?.Ref.startsWith(role),
  );
  (found?.Properties.PolicyDocument.Statement as unknown[]).push({ Effect: 'Allow', Action, Resource });
}
const otherGroup = {
  'Fn::Join': ['', ['arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/other']],
};

/** Ways in which the stack could go wrong, each with the fact that has to notice. */
const SPOILED: [fact: keyof typeof FACTS, how: string, spoil: (template: StackTemplate) => void][] = [
  ['the group has no desired capacity', 'one appears', (t) => (group(t).DesiredCapacity = '2')],
  [
    'the scaler has one item to write, one to read, one namespace and one queue',
    'it writes any item',
    (t) => grant(t, 'Scaler', 'dynamodb:UpdateItem', 'arn:aws:dynamodb:us-east-1:1:table/Table'),
  ],
  [
    'the scaler has one item to write, one to read, one namespace and one queue',
    'it deletes',
    (t) => grant(t, 'Scaler', 'dynamodb:DeleteItem', '*'),
  ],
  ['the group has its limits', 'the maximum is gone', (t) => delete group(t).MaxSize],
  [
    'the job queue has a dead-letter queue',
    'it loses its redrive policy',
    (t) => queues(t).forEach((queue) => delete queue.RedrivePolicy),
  ],
  [
    'the job queue has a dead-letter queue',
    'one receive is the last',
    (t) => queues(t).forEach((queue) => queue.RedrivePolicy && (queue.RedrivePolicy.maxReceiveCount = 1)),
  ],
  ['messages are kept 14 days', 'four days', (t) => (queues(t)[0]!.MessageRetentionPeriod = 345_600)],
  [
    'instances have IMDSv2 only',
    'IMDSv1 is allowed',
    (t) => (launch(t).MetadataOptions.HttpTokens = 'optional'),
  ],
  ['instances have IMDSv2 only', 'nothing is said of it', (t) => delete launch(t).MetadataOptions],
  [
    'no security group opens a port',
    'SSH, in the group',
    (t) => (only(t, 'AWS::EC2::SecurityGroup').SecurityGroupIngress = [{ FromPort: 22, ToPort: 22 }]),
  ],
  ['no security group opens a port', 'a rule of its own', (t) => add(t, 'AWS::EC2::SecurityGroupIngress')],
  ['volumes are encrypted', 'not', (t) => (launch(t).BlockDeviceMappings[0].Ebs.Encrypted = false)],
  ['the image is looked up at each launch', 'a fixed image', (t) => (launch(t).ImageId = 'ami-0123')],
  [
    'the scaler acts on this group only',
    'on any group',
    (t) => grant(t, 'Scaler', 'autoscaling:SetDesiredCapacity', '*'),
  ],
  [
    'the scaler acts on this group only',
    'on another group',
    (t) => grant(t, 'Scaler', 'autoscaling:UpdateAutoScalingGroup', otherGroup),
  ],
  ['the scaler acts on this group only', 'everything', (t) => grant(t, 'Scaler', '*', '*')],
  [
    'instances act on their own group only',
    'on another group',
    (t) => grant(t, 'Fleet', 'autoscaling:CompleteLifecycleAction', otherGroup),
  ],
  [
    'instances delete no photo',
    'the whole bucket',
    (t) => grant(t, 'Fleet', 's3:DeleteObject', { 'Fn::Join': ['', ['arn:aws:s3:::bucket/*']] }),
  ],
  [
    'instances write no parameter but the verdict on their image',
    'the image in service',
    (t) =>
      grant(
        t,
        'Fleet',
        'ssm:PutParameter',
        'arn:aws:ssm:us-east-1:1:parameter/ddcolor-elastic/dev/ami/current',
      ),
  ],
  [
    'instances write no parameter but the verdict on their image',
    'they delete some',
    (t) => grant(t, 'Fleet', 'ssm:DeleteParameter', '*'),
  ],
  [
    'instances join after an inference and leave after their photo',
    'a launch that fails goes into service',
    (t) => (hooks(t)[0]!.DefaultResult = 'CONTINUE'),
  ],
  [
    'instances join after an inference and leave after their photo',
    'a hook beside the group',
    (t) => add(t, 'AWS::AutoScaling::LifecycleHook'),
  ],
  ['working instances are not moved about', 'capacity rebalance', (t) => (group(t).CapacityRebalance = true)],
  [
    'working instances are not moved about',
    'zones are rebalanced',
    (t) => (only(t, 'Custom::SuspendProcesses').Processes = ['Launch']),
  ],
  ['there is no NAT gateway', 'one appears', (t) => add(t, 'AWS::EC2::NatGateway')],
  [
    'the bucket is closed to the public and to plain HTTP',
    'a public policy',
    (t) => (only(t, 'AWS::S3::Bucket').PublicAccessBlockConfiguration.BlockPublicPolicy = false),
  ],
  [
    'the bucket is closed to the public and to plain HTTP',
    'plain HTTP',
    (t) => (only(t, 'AWS::S3::BucketPolicy').PolicyDocument.Statement = []),
  ],
  [
    'the scaler knows what instances cost and what a day may',
    'a brake that nobody has set',
    (t) => {
      const { Variables } = ofType(t, 'AWS::Lambda::Function').find(
        ({ Properties }) => Properties.Environment?.Variables?.SPENDING,
      )!.Properties.Environment;
      Variables.SPENDING = String(Variables.SPENDING).replace('"brake":false', '"brake":true');
    },
  ],
  [
    'old ticks are never replayed',
    'the schedule retries',
    (t) => (only(t, 'AWS::Scheduler::Schedule').Target.RetryPolicy.MaximumRetryAttempts = 3),
  ],
  [
    'old ticks are never replayed',
    'the function retries',
    (t) => delete only(t, 'AWS::Lambda::EventInvokeConfig').MaximumRetryAttempts,
  ],
  [
    'functions run on Node 24 with a bound log',
    'another runtime',
    (t) => (ofType(t, 'AWS::Lambda::Function')[0]!.Properties.Runtime = 'nodejs20.x'),
  ],
];

describe.each(names.map((name) => [name]))('the template of stage %s', (stage) => {
  it.each(Object.entries(FACTS))('%s', (_name, fact) => {
    expect(fact(get(stage), groupName(stage))).toBeUndefined();
  });

  it('tells where everything is', () => {
    const { access } = resolveStage(stage, stages[stage]);
    expect(Object.keys(get(stage).Outputs).sort()).toEqual([
      'AlarmTopicArn',
      ...(access === 'none' ? [] : ['ApiId', 'ApiUrl']),
      'BucketName',
      'DashboardName',
      'DeadLetterQueueUrl',
      'GroupName',
      'QueueUrl',
      'ScalerFunctionName',
      'TableName',
    ]);
  });
});

describe('a fact fails when', () => {
  it.each(SPOILED)('"%s": %s', (name, _how, spoil) => {
    const template = get('prod');
    expect(FACTS[name]?.(template, groupName('prod'))).toBeUndefined();
    spoil(template);
    expect(FACTS[name]?.(template, groupName('prod'))).toMatch(/\w/);
  });

  it('any: each is shown to be able to', () => {
    expect(new Set(SPOILED.map(([name]) => name))).toEqual(new Set(Object.keys(FACTS)));
  });
});

describe('the stages differ in what they keep', () => {
  it('prod keeps its photos when the stack goes, dev does not', () => {
    const bucket = (stage: StageName) => ofType(get(stage), 'AWS::S3::Bucket')[0]?.DeletionPolicy;
    expect([bucket('prod'), bucket('dev')]).toEqual(['Retain', 'Delete']);
  });

  it('prod has some of its instances on demand', () => {
    const share = (stage: StageName): unknown =>
      group(get(stage)).MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity;
    expect([share('prod'), share('dev')]).toEqual([30, 0]);
  });
});

describe('boot time', () => {
  const volume = (template: StackTemplate) =>
    (launch(template).BlockDeviceMappings as Properties[])[0]?.Ebs as Properties;

  it('has blocks of the image come at once, and no pool that costs, unless a stage says otherwise', () => {
    expect(volume(get('dev')).VolumeInitializationRate).toBe(300);
    expect(ofType(get('dev'), 'AWS::AutoScaling::WarmPool')).toEqual([]);
  });

  it('can be bought with a pool of stopped instances, which has a limit', () => {
    const template = synthesise('dev', { spotPercentage: 0, warmPoolSize: 2, volumeInitializationRate: 0 });
    expect(only(template, 'AWS::AutoScaling::WarmPool')).toMatchObject({
      MinSize: 2,
      MaxGroupPreparedCapacity: 2,
      PoolState: 'Stopped',
    });
    expect(volume(template)).not.toHaveProperty('VolumeInitializationRate');
  });
});
