/** What the template of stage prod must have: the tables of stack.test.ts. */
import type { Properties } from './template.ts';

export const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
/** Parts of the bucket's name, or of its ARN. */
export const bucketName = (prefix = '') => [
  `${prefix}ddcolor-elastic-prod-`,
  { Ref: 'AWS::AccountId' },
  '-',
  { Ref: 'AWS::Region' },
];

const expire = (Prefix: string, ExpirationInDays: number) => ({
  ExpirationInDays,
  Prefix,
  Status: 'Enabled',
});

const groupOf = (name: string, onDemandPercentage: number): Properties => ({
  AutoScalingGroupName: name,
  // Either moves working instances.
  CapacityRebalance: false,
  // The scaler sets the desired capacity: in the template, a deploy would reset it.
  MinSize: '0',
  MaxInstanceLifetime: 604_800,
  MaxSize: '20',
  LifecycleHookSpecificationList: [
    {
      LifecycleHookName: 'ready',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      HeartbeatTimeout: 600,
      DefaultResult: 'ABANDON',
    },
    {
      LifecycleHookName: 'drained',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      HeartbeatTimeout: 300,
      DefaultResult: 'CONTINUE',
    },
  ],
  MetricsCollection: [{ Granularity: '1Minute' }],
  MixedInstancesPolicy: {
    InstancesDistribution: {
      OnDemandBaseCapacity: 0,
      OnDemandPercentageAboveBaseCapacity: onDemandPercentage,
      SpotAllocationStrategy: 'price-capacity-optimized',
    },
    LaunchTemplate: {
      LaunchTemplateSpecification: {
        LaunchTemplateId: { Ref: 'FleetLaunchTemplate' },
        Version: { 'Fn::GetAtt': ['FleetLaunchTemplate', 'LatestVersionNumber'] },
      },
      Overrides: ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'].map((InstanceType) => ({ InstanceType })),
    },
  },
  VPCZoneIdentifier: [1, 2].map((zone) => ({ Ref: `FleetNetworkVpcfleetSubnet${zone}Subnet` })),
});
const suspended = (group: string): Properties => ({
  GroupName: { Ref: group },
  Processes: ['AZRebalance'],
  ServiceTimeout: '120',
  ServiceToken: arn('FleetSuspendRebalancingHandlerFunction'),
});

const jobQueue = {
  MessageRetentionPeriod: 864_000,
  RedrivePolicy: { deadLetterTargetArn: arn('JobsDeadLetters'), maxReceiveCount: 50 },
  SqsManagedSseEnabled: true,
  VisibilityTimeout: 120,
};

/** All properties of the resources of stage prod that hold data, start instances or let something in. */
export const RESOURCES: Record<string, Properties> = {
  PhotosBucket: {
    BucketName: { 'Fn::Join': ['', bucketName()] },
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    },
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    LifecycleConfiguration: {
      Rules: [
        expire('incoming/', 14),
        expire('results/', 30),
        expire('failed/', 30),
        expire('sidelined/', 14),
        expire('sidelined-results/', 30),
        expire('sidelined-failed/', 30),
        expire('bulk/', 14),
        expire('bulk-results/', 30),
        expire('bulk-failed/', 30),
        { ...expire('incoming/api/', 1), ObjectSizeLessThan: 1 },
        { ...expire('sidelined/api/', 1), ObjectSizeLessThan: 1 },
        { ...expire('bulk/api/', 1), ObjectSizeLessThan: 1 },
        { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
      ],
    },
    NotificationConfiguration: {
      EventBridgeConfiguration: { EventBridgeEnabled: true },
      QueueConfigurations: [
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'incoming/' }] } },
          Queue: arn('JobsQueue'),
        },
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'sidelined/' }] } },
          Queue: arn('SidelinedJobsQueue'),
        },
        {
          Event: 's3:ObjectCreated:*',
          Filter: { S3Key: { Rules: [{ Name: 'prefix', Value: 'bulk/' }] } },
          Queue: arn('BulkJobsQueue'),
        },
      ],
    },
  },
  JobsQueue: jobQueue,
  SidelinedJobsQueue: jobQueue,
  BulkJobsQueue: jobQueue,
  JobsDeadLetters: { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true },
  FleetGroupASG: groupOf('ddcolor-elastic-prod', 0),
  // Of the same make.
  FleetOnDemandGroupASG: groupOf('ddcolor-elastic-prod-on-demand', 100),
  FleetSuspendRebalancing: suspended('FleetGroupASG'),
  FleetSuspendRebalancingOnDemand: suspended('FleetOnDemandGroupASG'),
  ScalerTable: {
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
  },
  ScalerSchedule: {
    FlexibleTimeWindow: { Mode: 'OFF' },
    ScheduleExpression: 'cron(* * * * ? *)',
    ScheduleExpressionTimezone: 'Etc/UTC',
    State: 'ENABLED',
    Target: {
      Arn: arn('ScalerFunction'),
      Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
      // A retry would replay an old tick.
      RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
      RoleArn: arn('ScalerScheduleRole'),
    },
  },
  ScalerWake: {
    Description: 'A new photo, for which a fleet at zero is woken',
    EventPattern: {
      source: ['aws.s3'],
      'detail-type': ['Object Created'],
      detail: {
        bucket: { name: [{ Ref: 'PhotosBucket' }] },
        object: { key: [{ prefix: 'incoming/' }, { prefix: 'sidelined/' }] },
      },
    },
    State: 'ENABLED',
    Targets: [
      {
        Arn: arn('ScalerWakeFunction'),
        Id: 'Target0',
        RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 2 },
      },
    ],
  },
  ScalerFunctionEventInvokeConfig: {
    FunctionName: { Ref: 'ScalerFunction' },
    MaximumEventAgeInSeconds: 60,
    MaximumRetryAttempts: 0,
    Qualifier: '$LATEST',
  },
  ScalerWakeFunctionEventInvokeConfig: {
    FunctionName: { Ref: 'ScalerWakeFunction' },
    MaximumEventAgeInSeconds: 60,
    MaximumRetryAttempts: 0,
    Qualifier: '$LATEST',
  },
};

/** Resources of a stage without a gateway, by type. Another one needs a decision: a NAT gateway costs, an open port lets in. */
export const TYPES: Record<string, number> = {
  'AWS::AutoScaling::AutoScalingGroup': 2,
  'AWS::CloudWatch::Alarm': 23,
  'AWS::CloudWatch::CompositeAlarm': 4,
  'AWS::CloudWatch::Dashboard': 1,
  'AWS::DynamoDB::Table': 1,
  'AWS::EC2::InternetGateway': 1,
  'AWS::EC2::LaunchTemplate': 1,
  'AWS::EC2::Route': 2,
  'AWS::EC2::RouteTable': 2,
  'AWS::EC2::SecurityGroup': 1,
  'AWS::EC2::Subnet': 2,
  'AWS::EC2::SubnetRouteTableAssociation': 2,
  'AWS::EC2::VPC': 1,
  'AWS::EC2::VPCEndpoint': 2,
  'AWS::EC2::VPCGatewayAttachment': 1,
  'AWS::IAM::InstanceProfile': 1,
  'AWS::IAM::Policy': 4,
  'AWS::IAM::Role': 4,
  'AWS::Events::Rule': 1,
  'AWS::Lambda::EventInvokeConfig': 2,
  'AWS::Lambda::Function': 3,
  'AWS::Lambda::Permission': 1,
  'AWS::Logs::LogGroup': 3,
  'AWS::Logs::QueryDefinition': 7,
  'AWS::S3::Bucket': 1,
  'AWS::S3::BucketPolicy': 1,
  'AWS::SNS::Topic': 1,
  'AWS::SNS::TopicPolicy': 1,
  'AWS::SQS::Queue': 4,
  'AWS::SQS::QueuePolicy': 4,
  'AWS::SSM::Parameter': 1,
  'AWS::Scheduler::Schedule': 1,
  'Custom::SuspendProcesses': 2,
};
