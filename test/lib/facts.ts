/** Facts about the stack that would hurt if they were wrong. Each names what it found wrong, or returns nothing. */
import { grants, ofType, only, type Properties, type StackTemplate } from './template.ts';

export type Fact = (template: StackTemplate, groupName: string) => string | undefined;

const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const jobs = (template: StackTemplate): Properties =>
  ofType(template, 'AWS::SQS::Queue').find(({ Properties }) => 'VisibilityTimeout' in Properties)
    ?.Properties ?? {};
const launch = (template: StackTemplate): Properties =>
  only(template, 'AWS::EC2::LaunchTemplate').LaunchTemplateData as Properties;
const hook = (template: StackTemplate, transition: string): Properties | undefined =>
  (only(template, GROUP).LifecycleHookSpecificationList as Properties[] | undefined)?.find(
    ({ LifecycleTransition }) => LifecycleTransition === transition,
  );
/** Whether a statement's resource is the group: by its name, or by a reference to it. */
const ofGroup = ({ Resources }: StackTemplate, resource: string, groupName: string): boolean => {
  const id = Object.keys(Resources).find((one) => Resources[one]?.Type === GROUP);
  return [`${groupName}"`, `",{"Ref":"${id}"}`].some((end) =>
    resource.includes(`:autoScalingGroupName/${end}`),
  );
};
const unless = (good: boolean, problem: string) => (good ? undefined : problem);

const hourlyPrices = { 'g4dn.xlarge': 0.526, 'g5.xlarge': 1.006, 'g6.xlarge': 0.8048 };
/** Of the stages that go to an account. */
const SPENDINGS: Record<string, unknown> = {
  dev: { hourlyPrices, onDemandBaseCapacity: 0, spotPercentage: 100, dailyLimit: 20, brake: true },
  prod: { hourlyPrices, onDemandBaseCapacity: 0, spotPercentage: 70, dailyLimit: 242, brake: false },
};

export const FACTS: Record<string, Fact> = {
  'the group has no desired capacity': (template) =>
    unless(!('DesiredCapacity' in only(template, GROUP)), 'a deploy would reset what the scaler set'),

  'the group has its limits': (template) => {
    const { MinSize, MaxSize } = only(template, GROUP);
    return unless(/^\d+$/.test(String(MinSize)) && Number(MaxSize) >= 1, `limits ${MinSize} to ${MaxSize}`);
  },

  'the job queue has a dead-letter queue': (template) => {
    const redrive = jobs(template).RedrivePolicy as Properties | undefined;
    const target: string = redrive?.deadLetterTargetArn?.['Fn::GetAtt']?.[0] ?? '';
    const queue = template.Resources[target];
    return unless(
      queue?.Type === 'AWS::SQS::Queue' && Number(redrive?.maxReceiveCount) >= 2,
      'no dead-letter queue',
    );
  },

  'messages are kept 14 days': (template) =>
    unless(
      ofType(template, 'AWS::SQS::Queue').every(
        ({ Properties }) => Properties.MessageRetentionPeriod === 1_209_600,
      ),
      'a queue keeps its messages for a shorter time',
    ),

  'instances have IMDSv2 only': (template) => {
    const { HttpTokens, HttpPutResponseHopLimit } = (launch(template).MetadataOptions ?? {}) as Properties;
    return unless(HttpTokens === 'required' && HttpPutResponseHopLimit === 1, `tokens ${HttpTokens}`);
  },

  'no security group opens a port': (template) => {
    const inline = ofType(template, 'AWS::EC2::SecurityGroup').some(
      ({ Properties }) => (Properties.SecurityGroupIngress ?? []).length > 0,
    );
    return unless(
      !inline && ofType(template, 'AWS::EC2::SecurityGroupIngress').length === 0,
      'a port is open',
    );
  },

  'volumes are encrypted': (template) =>
    unless(
      (launch(template).BlockDeviceMappings as Properties[]).every(({ Ebs }) => Ebs.Encrypted === true),
      'a volume is not encrypted',
    ),

  'the image is looked up at each launch': (template) =>
    unless(String(launch(template).ImageId).startsWith('resolve:ssm:'), `image ${launch(template).ImageId}`),

  'the scaler acts on this group only': (template, groupName) => {
    const wide = grants(template, 'Scaler').filter(
      ({ action, resource }) =>
        /^(autoscaling:|\*)/.test(action) &&
        !/^autoscaling:Describe/.test(action) &&
        !ofGroup(template, resource, groupName),
    );
    const acts = grants(template, 'Scaler').some(({ action }) => action === 'autoscaling:SetDesiredCapacity');
    return unless(acts && wide.length === 0, `it may ${JSON.stringify(wide)}`);
  },

  'the scaler has one item to write, one to read, one namespace and one queue': (template) => {
    const may = grants(template, 'Scaler');
    const only = (action: string, resource: RegExp, condition: RegExp) =>
      may.some((one) => one.action === action) &&
      may.every(
        (one) => one.action !== action || (resource.test(one.resource) && condition.test(one.condition)),
      );
    const other = may.filter(
      ({ action }) =>
        /^(dynamodb|sqs|cloudwatch|\*)/.test(action) &&
        ![
          'dynamodb:UpdateItem',
          'dynamodb:GetItem',
          'sqs:GetQueueAttributes',
          'cloudwatch:PutMetricData',
        ].includes(action),
    );
    const good =
      only('dynamodb:UpdateItem', /Table/, /LeadingKeys":\["scaler"\]/) &&
      only('dynamodb:GetItem', /Table/, /LeadingKeys":\["work"\]/) &&
      only('cloudwatch:PutMetricData', /./, /cloudwatch:namespace":"DDColorElastic"/) &&
      only('sqs:GetQueueAttributes', /Jobs/, /./);
    return unless(good && other.length === 0, `it may ${JSON.stringify(may)}`);
  },

  'instances act on their own group only': (template, groupName) => {
    const wide = grants(template, 'Fleet').filter(
      ({ action, resource }) => /^(autoscaling:|\*)/.test(action) && !ofGroup(template, resource, groupName),
    );
    return unless(wide.length === 0, `they may ${JSON.stringify(wide)}`);
  },

  'instances delete no photo': (template) => {
    const touches = grants(template, 'Fleet').filter(
      ({ action, resource }) =>
        /^s3:(Delete|Put|\*)/.test(action) && !/\/(results|failed)\/\*"/.test(resource),
    );
    return unless(touches.length === 0, `they may ${JSON.stringify(touches)}`);
  },

  'instances write no parameter but the verdict on their image': (template, groupName) => {
    const stage = groupName.replace('ddcolor-elastic-', '');
    const writes = grants(template, 'Fleet').filter(({ action }) =>
      /^(ssm:(?!Get|UpdateInstanceInformation$)|\*)/.test(action),
    );
    const below = `:parameter/ddcolor-elastic/${stage}/ami/verdict/*"`;
    const good = writes.every(
      ({ action, resource }) => action === 'ssm:PutParameter' && resource.includes(below),
    );
    return unless(good && writes.length === 1, `they may ${JSON.stringify(writes)}`);
  },

  'instances join after an inference and leave after their photo': (template) => {
    const joins = hook(template, 'autoscaling:EC2_INSTANCE_LAUNCHING');
    const leaves = hook(template, 'autoscaling:EC2_INSTANCE_TERMINATING');
    const good =
      joins?.HeartbeatTimeout === 600 &&
      joins.DefaultResult === 'ABANDON' &&
      leaves?.HeartbeatTimeout === 300 &&
      leaves.DefaultResult === 'CONTINUE' &&
      ofType(template, 'AWS::AutoScaling::LifecycleHook').length === 0;
    return unless(good, `hooks ${JSON.stringify([joins, leaves])}`);
  },

  'working instances are not moved about': (template) => {
    const suspended = ofType(template, 'Custom::SuspendProcesses')[0]?.Properties.Processes as
      string[] | undefined;
    const off =
      only(template, GROUP).CapacityRebalance !== true && suspended?.includes('AZRebalance') === true;
    return unless(off, 'rebalancing kills working GPUs to move them');
  },

  'there is no NAT gateway': (template) =>
    unless(ofType(template, 'AWS::EC2::NatGateway').length === 0, 'the usual surprise on the bill'),

  'the bucket is closed to the public and to plain HTTP': (template) => {
    const block = (only(template, 'AWS::S3::Bucket').PublicAccessBlockConfiguration ?? {}) as Properties;
    const closed = [
      'BlockPublicAcls',
      'BlockPublicPolicy',
      'IgnorePublicAcls',
      'RestrictPublicBuckets',
    ].every((name) => block[name] === true);
    const policy = JSON.stringify(only(template, 'AWS::S3::BucketPolicy'));
    return unless(closed && policy.includes('"aws:SecureTransport":"false"'), JSON.stringify(block));
  },

  'the scaler knows what instances cost and what a day may': (template, groupName) => {
    const text = (Object.values(template.Resources).find(
      ({ Type, Properties }) =>
        Type === 'AWS::Lambda::Function' && Properties.Environment?.Variables?.SPENDING !== undefined,
    )?.Properties.Environment.Variables.SPENDING ?? '{}') as string;
    const wanted = SPENDINGS[groupName.replace('ddcolor-elastic-', '')];
    return unless(wanted === undefined || text === JSON.stringify(wanted), text);
  },

  'old ticks are never replayed': (template) => {
    const { RetryPolicy } = only(template, 'AWS::Scheduler::Schedule').Target as Properties;
    const { MaximumRetryAttempts, MaximumEventAgeInSeconds } = only(
      template,
      'AWS::Lambda::EventInvokeConfig',
    );
    const good =
      RetryPolicy?.MaximumRetryAttempts === 0 &&
      RetryPolicy.MaximumEventAgeInSeconds === 60 &&
      MaximumRetryAttempts === 0 &&
      MaximumEventAgeInSeconds === 60;
    return unless(good, `schedule ${JSON.stringify(RetryPolicy)}`);
  },

  'functions run on Node 24 with a bound log': (template) =>
    unless(
      ofType(template, 'AWS::Lambda::Function').every(
        ({ Properties }) => Properties.Runtime === 'nodejs24.x',
      ) &&
        ofType(template, 'AWS::Logs::LogGroup').every(
          ({ Properties }) => Number(Properties.RetentionInDays) > 0,
        ),
      'a function on another runtime, or a log that is kept for ever',
    ),
};
