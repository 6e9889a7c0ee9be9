/** The template of a stage: its resources, and the properties whose loss would hurt. Roles: roles.test.ts; API: gateway.test.ts. */
import { describe, expect, it } from 'vitest';
import { stages, type StageName } from '../../bin/stages.ts';
import { SETTINGS_VERSION_TAG } from '../../contract/names.ts';
import { DEFAULT_POLICY } from '../../contract/policy.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { arn, bucketName, RESOURCES, TYPES } from './resources.ts';
import { before, ofType, propertiesOf, synthesise, withPlainIds, type Properties } from './template.ts';

const names = Object.keys(stages) as StageName[];
const plain = (name: StageName, more: StageConfig = {}) => withPlainIds(synthesise(name, more));
const prod = plain('prod');
const tlsOnly = { Effect: 'Deny', Principal: { AWS: '*' } };

describe('stage prod', () => {
  it('has these resources, and no others', () => {
    const count: Record<string, number> = {};
    for (const { Type } of Object.values(prod.Resources)) count[Type] = (count[Type] ?? 0) + 1;
    expect(count).toEqual(TYPES);
  });

  it('lets a photo start a tick where the fleet may be at zero, and only there', () => {
    const [permission] = ofType(prod, 'AWS::Lambda::Permission').map(({ Properties }) => Properties);
    expect(permission).toEqual({
      Action: 'lambda:InvokeFunction',
      FunctionName: arn('ScalerWakeFunction'),
      Principal: 'events.amazonaws.com',
      SourceArn: arn('ScalerWake'),
    });
    expect(propertiesOf(prod, 'ScalerFunction').Environment.Variables.WAKE_BUCKET).toEqual({
      Ref: 'PhotosBucket',
    });
    const [scaler, wake] = ['ScalerFunction', 'ScalerWakeFunction'].map((id) => propertiesOf(prod, id));
    expect(wake).toEqual(scaler);
    const awake = plain('prod', { minCapacity: 1 });
    expect(ofType(awake, 'AWS::Events::Rule')).toEqual([]);
    expect(propertiesOf(awake, 'PhotosBucket').NotificationConfiguration).not.toHaveProperty(
      'EventBridgeConfiguration',
    );
    expect(propertiesOf(awake, 'ScalerFunction').Environment.Variables.WAKE_BUCKET).toBe('');
  });

  it.each(Object.entries(RESOURCES))('has %s with exactly these properties', (id, properties) => {
    expect(propertiesOf(prod, id)).toEqual(properties);
  });

  it('starts instances with IMDSv2, an encrypted volume and the image that is current then', () => {
    const data = propertiesOf(prod, 'FleetLaunchTemplate').LaunchTemplateData as Properties;
    expect(data.MetadataOptions).toEqual({
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 1,
      InstanceMetadataTags: 'enabled',
    });
    expect(data.BlockDeviceMappings).toEqual([
      {
        DeviceName: '/dev/sda1',
        Ebs: {
          DeleteOnTermination: true,
          Encrypted: true,
          // Else a volume has those of the bake's volume, through the image.
          Iops: 3000,
          Throughput: 125,
          // 20 at once are the 5,000 MiB/s of an account.
          VolumeInitializationRate: 250,
          VolumeSize: 100,
          VolumeType: 'gp3',
        },
      },
    ]);
    expect(data.ImageId).toBe('resolve:ssm:/ddcolor-elastic/prod/ami/current');
    const settings = { Key: 'ddcolor-elastic:settings', Value: '/ddcolor-elastic/prod/worker' };
    expect((data.TagSpecifications as Properties[])[0]?.Tags).toContainEqual(settings);
  });

  it('keeps what draining instances need until their group is deleted', () => {
    const kept = ['FleetGroupASG', 'FleetOnDemandGroupASG'].map((id) => before(prod, id));
    for (const id of [
      'FleetInstanceRoleDefaultPolicy',
      'FleetWorkerSettingsParameter',
      'FleetNetworkVpcfleetSubnet1DefaultRoute',
      'FleetNetworkVpcfleetSubnet2RouteTableAssociation',
      'FleetNetworkVpcVPCGW',
      'FleetNetworkVpcS3',
      'FleetNetworkVpcDynamoDB',
      ...['PhotosBucket', 'JobsQueue', 'ScalerTable'],
    ])
      for (const one of kept) expect(one).toContain(id);
  });

  it('has no inbound rule', () =>
    expect(propertiesOf(prod, 'FleetNetworkSecurityGroup')).not.toHaveProperty('SecurityGroupIngress'));

  it('allows the bucket and all queues TLS only, and the bucket alone to send jobs', () => {
    const statements = (id: string) => propertiesOf(prod, id).PolicyDocument.Statement as Properties[];
    const insecure = { Bool: { 'aws:SecureTransport': 'false' } };
    expect(statements('PhotosBucketPolicy')).toMatchObject([
      { ...tlsOnly, Action: 's3:*', Condition: insecure },
      { ...tlsOnly, Action: 's3:*', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
    ]);
    expect(statements('JobsDeadLettersPolicy')).toMatchObject([
      { ...tlsOnly, Action: 'sqs:*', Condition: insecure },
    ]);
    expect(statements('JobsQueuePolicy')).toEqual([
      { ...tlsOnly, Action: 'sqs:*', Condition: insecure, Resource: arn('JobsQueue') },
      {
        Action: 'sqs:SendMessage',
        Condition: {
          ArnEquals: {
            'aws:SourceArn': {
              'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ...bucketName(':s3:::')]],
            },
          },
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        },
        Effect: 'Allow',
        Principal: { Service: 's3.amazonaws.com' },
        Resource: arn('JobsQueue'),
      },
    ]);
    // S3 checks that it may send when the notification is made.
    expect(prod.Resources.PhotosBucket).toMatchObject({
      DependsOn: ['BulkJobsQueuePolicy', 'JobsQueuePolicy', 'SidelinedJobsQueuePolicy'],
    });
  });

  it('runs its functions on Node 24, with a log that expires', () => {
    for (const { Properties } of ofType(prod, 'AWS::Lambda::Function'))
      expect(Properties.Runtime).toBe('nodejs24.x');
    for (const days of [30, 7]) {
      const template = plain('local', days === 30 ? {} : { logRetentionDays: days });
      const groups = ofType(template, 'AWS::Logs::LogGroup');
      expect(groups.map(({ Properties }) => Properties.RetentionInDays)).toEqual(Array(6).fill(days));
    }
  });
});

const slo = { kind: 'slo', targetWaitSeconds: 10, scaleOutCooldownSeconds: 0, scaleInCooldownSeconds: 0 };
const shipped = {
  ...slo,
  serviceSeconds: DEFAULT_POLICY.serviceSeconds,
  bootSeconds: 120,
  emptyHoldSeconds: 60,
};
const prices = { 'g4dn.xlarge': 0.526, 'g5.xlarge': 1.006, 'g6.xlarge': 0.8048 };
const spending = { hourlyPrices: prices, onDemandBaseCapacity: 0, spotPercentage: 100, brake: false };

/** What the shipped stages set, where the template shows it. */
const STAGES: Record<StageName, Properties> = {
  local: {
    size: ['0', '5', 0],
    queue: [30, 50],
    tick: '5',
    policy: {
      ...slo,
      priceOfWaiting: 0.25,
      serviceSeconds: 1.2,
      bootSeconds: 8,
      emptyHoldSeconds: 10,
      sleepAfterSeconds: 15,
    },
    spending: { ...spending, dailyLimit: 61 },
    days: [14, 30],
    bucket: 'Delete',
  },
  chaos: {
    size: ['0', '4', 0],
    queue: [15, 50],
    tick: '5',
    policy: {
      ...slo,
      priceOfWaiting: 0.25,
      serviceSeconds: 0.2,
      bootSeconds: 8,
      emptyHoldSeconds: 20,
      sleepAfterSeconds: 20,
    },
    spending: { ...spending, dailyLimit: 49 },
    days: [14, 30],
    bucket: 'Delete',
  },
  dev: {
    size: ['0', '4', 0],
    queue: [120, 50],
    tick: '30',
    policy: shipped,
    spending: { ...spending, dailyLimit: 20, brake: true },
    days: [3, 3],
    bucket: 'Delete',
  },
  prod: {
    size: ['0', '20', 0],
    queue: [120, 50],
    tick: '30',
    policy: shipped,
    spending: { ...spending, dailyLimit: 242 },
    days: [14, 30],
    // A first deploy that fails deletes the bucket: its fixed name would block the next try.
    bucket: 'RetainExceptOnCreate',
  },
};

describe.each(names)('the shipped stage %s', (name) => {
  const template = plain(name);

  it('has its own sizes, times, policy, limits and retention', () => {
    const group = propertiesOf(template, 'FleetGroupASG');
    const queue = propertiesOf(template, 'JobsQueue');
    const { Variables } = propertiesOf(template, 'ScalerFunction').Environment as Properties;
    const { Rules } = propertiesOf(template, 'PhotosBucket').LifecycleConfiguration as Properties;
    expect({
      size: [
        group.MinSize,
        group.MaxSize,
        group.MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity,
      ],
      queue: [queue.VisibilityTimeout, queue.RedrivePolicy.maxReceiveCount],
      tick: Variables.TICK_SECONDS,
      policy: JSON.parse(Variables.POLICY as string),
      spending: JSON.parse(Variables.SPENDING as string),
      days: [Rules[0].ExpirationInDays, Rules[1].ExpirationInDays],
      bucket: template.Resources.PhotosBucket?.DeletionPolicy,
    }).toEqual(STAGES[name]);
  });

  it('has outputs of all that commands look for', () => {
    const ofLocal = (...names: string[]) => (name === 'local' ? names : []);
    expect(Object.keys(template.Outputs).sort()).toEqual([
      'AlarmTopicArn',
      ...ofLocal('ApiId', 'ApiUrl'),
      'BucketName',
      'BulkQueueUrl',
      'DashboardName',
      'DeadLetterQueueUrl',
      ...ofLocal('EventBusName', 'GatewayLogGroupName', 'GatewayTableName'),
      'GroupName',
      'InstanceLogGroupName',
      'OnDemandGroupName',
      ...ofLocal('OutcomeDeadLetterQueueUrl', 'OutcomeEventsLogGroupName', 'OutcomeQueueUrl'),
      'QueueUrl',
      'ScalerFunctionName',
      'ScalerLogGroupName',
      'SidelinedQueueUrl',
      'TableName',
      ...ofLocal('UsageTableName'),
    ]);
  });
});

describe('a deploy', () => {
  const versionOf = (template: ReturnType<typeof plain>) => {
    const { TagSpecifications } = propertiesOf(template, 'FleetLaunchTemplate')
      .LaunchTemplateData as Properties;
    const [{ Tags }] = TagSpecifications as [{ Tags: { Key: string; Value: string }[] }];
    return Tags.find(({ Key }) => Key === SETTINGS_VERSION_TAG)?.Value;
  };

  it.each<[string, StageConfig, boolean]>([
    ['a setting of the workers', { maxMegapixels: 50 }, true],
    ['the workflow', { workflow: 'upscale' }, true],
    ['what the workers do with the queue', { visibilityTimeoutSeconds: 90 }, true],
    ['the size of the fleet', { maxCapacity: 10 }, false],
    ['the policy', { tickSeconds: 15 }, false],
  ])('that changes %s replaces the instances, or not', (_what, change, isReplaced) => {
    const version = versionOf(prod);
    expect(version).toMatch(/^[0-9a-f]{12}$/);
    expect(versionOf(plain('prod', change)) !== version).toBe(isReplaced);
  });

  it('launches a quarter more before it terminates, without a warm-up: the launch hook has tested an instance', () => {
    const group = prod.Resources.FleetGroupASG as { UpdatePolicy?: unknown; Properties: Properties };
    expect(group.UpdatePolicy).toEqual({
      AutoScalingInstanceRefresh: {
        Strategy: 'Rolling',
        Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 125, InstanceWarmup: 0 },
      },
      AutoScalingScheduledAction: { IgnoreUnmodifiedGroupSizeProperties: true },
    });
    expect(group.Properties.MaxInstanceLifetime).toBe(7 * 86_400);
  });
});

it('a warm pool has a limit, and volumeInitializationRate 0 loads blocks at their first read', () => {
  const template = plain('dev', { spotPercentage: 0, warmPoolSize: 2, volumeInitializationRate: 0 });
  expect(propertiesOf(template, 'FleetWarmPool')).toEqual({
    AutoScalingGroupName: { Ref: 'FleetGroupASG' },
    MinSize: 2,
    MaxGroupPreparedCapacity: 2,
    PoolState: 'Stopped',
  });
  // EC2 Auto Scaling refuses a warm pool of a launch template that names a parameter: CloudFormation reads it, at the deploy.
  const { ImageId } = propertiesOf(template, 'FleetLaunchTemplate').LaunchTemplateData as Properties;
  expect(template.Parameters?.[(ImageId as { Ref: string }).Ref]).toEqual({
    Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
    Default: '/ddcolor-elastic/dev/ami/current',
  });
  const [disk] = propertiesOf(template, 'FleetLaunchTemplate').LaunchTemplateData
    .BlockDeviceMappings as Properties[];
  expect(disk?.Ebs).not.toHaveProperty('VolumeInitializationRate');
});
