/** What each role of a stage may do, and who may assume it: roles.test.ts compares it with the template. */

export interface Row {
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
export const ROLES: Record<string, { trusts: string; only?: Record<string, unknown>; rows: Row[] }> = {
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
        may: ['s3:DeleteObject', 's3:GetObject'],
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
      // Copies of results, for links that others may have.
      { may: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], on: ['<PhotosBucket.Arn>/shared/*'] },
      { may: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], on: ['<GatewayTable.Arn>'] },
      {
        may: ['dynamodb:DeleteItem'],
        on: ['<GatewayTable.Arn>'],
        only: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['photo#*'] } },
      },
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
