/** Constructs in another app: networks, workflows and props that the stack does not use. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CfnParameter, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup, type IAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, MachineImage, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { afterAll, describe, expect, it } from 'vitest';
import {
  BacklogScaler,
  DEFAULT_POLICY,
  JobQueue,
  Monitoring,
  PhotoStore,
  ScalerTable,
  type BacklogScalerProps,
  type MonitoringProps,
  type PhotoStoreProps,
} from '../../lib/index.ts';
import { fleet, fleetIn, newStack } from './fleet.ts';
import { only, subnetsOf, type StackTemplate } from './template.ts';
import { threshold } from '../lambda/scaler/support/observations.ts';

describe('a fleet in a network of its own', () => {
  const zones = (template: StackTemplate) =>
    Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::EC2::Subnet')
      .map(({ Properties }) => Properties.AvailabilityZone as unknown);

  it('has a subnet in each named zone, without an account', () => {
    const availabilityZones = [...'abdf'].map((letter) => `us-east-1${letter}`);
    const template = fleet(() => ({ availabilityZones }));
    expect(zones(template)).toEqual(availabilityZones);
    expect(subnetsOf(template)).toHaveLength(4);
  });

  it('has two zones of any region where none are named', () => {
    const zone = (k: number) => ({ 'Fn::Select': [k, { 'Fn::GetAZs': '' }] });
    expect(zones(fleet(() => ({})))).toEqual([zone(0), zone(1)]);
  });
});

describe('a fleet with a workflow of its own', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'workflow-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** The shipped upscaler with a text of this length in it. */
  const withText = (length: number) => {
    const text = readFileSync(
      resolve(import.meta.dirname, '..', '..', 'ami', 'workflow', 'upscale.json'),
      'utf8',
    );
    const workflow = JSON.parse(text) as { name: string; graph: Record<string, { inputs: object }> };
    workflow.name = 'large';
    workflow.graph['3']!.inputs = { ...workflow.graph['3']!.inputs, text: 'x'.repeat(length) };
    const file = join(scratch, `${length}.json`);
    writeFileSync(file, JSON.stringify(workflow));
    return only(
      fleet(() => ({ workflow: file })),
      'AWS::SSM::Parameter',
    );
  };

  it('has a standard parameter while that is large enough', () => {
    expect(withText(1)).not.toHaveProperty('Tier');
  });

  it('has an advanced parameter for more', () => {
    expect(withText(4000).Tier).toBe('Advanced');
  });

  it('names the length of a workflow that no parameter holds, and what is allowed', () => {
    expect(() => withText(8000)).toThrow(/workflow 'large': 8\d{3} characters of JSON, at most [67]\d{3},/);
  });
});

describe('a fleet without a bulk lane', () => {
  const resourcesOf = (template: StackTemplate, type: string) =>
    Object.values(template.Resources).filter(({ Type }) => Type === type);
  const text = (template: StackTemplate) => JSON.stringify(template);

  it('has one queue, and no folder, right or setting of the other lane', () => {
    const template = fleet(() => ({}));
    expect(resourcesOf(template, 'AWS::SQS::Queue')).toHaveLength(2);
    expect(text(template)).not.toMatch(/(bulk|sidelined)(\/|-|Queue|Jobs)/i);
  });

  it.each([
    ['bulk', 'bulkJobs', 'Bulk'],
    ['sidelined', 'sidelinedJobs', 'Aside'],
  ])('gets a queue of its own, %s, which shares the dead-letter queue', (folder, prop, id) => {
    const stack = newStack();
    const common = { bucketName: 'photos' };
    const jobs = new JobQueue(stack, 'Interactive', common);
    const { deadLetterQueue } = jobs;
    const other = { [prop]: new JobQueue(stack, id, { ...common, deadLetterQueue }) };
    const photos = new PhotoStore(stack, 'Photos', { ...common, jobs, ...other });
    fleetIn(stack, { photos, jobs, ...other });
    const template = Template.fromStack(stack).toJSON() as StackTemplate;
    const { Value } = only(template, 'AWS::SSM::Parameter');
    expect(JSON.stringify(Value)).toMatch(new RegExp(`${folder}QueueUrl.{0,20}Ref.{0,5}${id}Queue`));
    expect(text(template)).toContain(`/${folder}-results/*`);
    const targets = resourcesOf(template, 'AWS::SQS::Queue').flatMap(({ Properties }) => {
      const { RedrivePolicy } = Properties as { RedrivePolicy?: { deadLetterTargetArn: unknown } };
      return RedrivePolicy ? [JSON.stringify(RedrivePolicy.deadLetterTargetArn)] : [];
    });
    expect(targets.filter((target) => target.includes('Interactive'))).toHaveLength(2);
    // S3 refuses a notification to a queue whose policy does not allow it yet.
    const { DependsOn } = resourcesOf(template, 'AWS::S3::Bucket').find(
      ({ DependsOn = [] }) => DependsOn.length > 1,
    )!;
    expect(DependsOn).toEqual([
      expect.stringMatching(new RegExp(`^${id}QueuePolicy`)) as string,
      expect.stringMatching(/^InteractiveQueuePolicy/) as string,
    ]);
  });
});

describe('wrong props', () => {
  const knownGroup = (stack: Stack, minCapacity: number): IAutoScalingGroup =>
    new AutoScalingGroup(stack, 'Group', {
      vpc: new Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0 }),
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      instanceType: new InstanceType('g6.xlarge'),
      machineImage: MachineImage.latestAmazonLinux2023(),
      minCapacity,
      maxCapacity: 4,
    });
  const otherGroup = (stack: Stack) => AutoScalingGroup.fromAutoScalingGroupName(stack, 'Group', 'renderers');
  const scaler = (group: (stack: Stack) => IAutoScalingGroup, props: Partial<BacklogScalerProps>) => {
    const stack = newStack();
    const { queue } = new JobQueue(stack, 'Work');
    const autoScalingGroup = group(stack);
    return new BacklogScaler(stack, 'Scaler', { stageName: 'other', queue, autoScalingGroup, ...props });
  };
  const store = (
    accepts: string | undefined,
    more: Partial<PhotoStoreProps> | ((stack: Stack) => Partial<PhotoStoreProps>) = {},
  ) => {
    const stack = newStack();
    const jobs = new JobQueue(stack, 'Jobs', { bucketName: accepts });
    const props = typeof more === 'function' ? more(stack) : more;
    return new PhotoStore(stack, 'Store', { bucketName: 'photos', jobs, ...props });
  };
  const monitoring = (props: Partial<MonitoringProps>) => {
    const stack = newStack();
    const { queue } = new JobQueue(stack, 'Work');
    return new Monitoring(stack, 'Monitoring', { stageName: 'other', queue, ...props });
  };
  /** The deploy would fail late with these, or the fleet would stand still. */
  const unseenTable = (other: boolean) => {
    const stack = newStack();
    const { autoScalingGroup } = fleetIn(stack);
    const table = other ? new ScalerTable(stack, 'Other') : undefined;
    return new BacklogScaler(stack, 'Scaler', {
      stageName: 'other',
      queue: new JobQueue(stack, 'Work').queue,
      autoScalingGroup,
      table,
    });
  };

  it.each<[construct: string, make: () => unknown, ...lines: string[]]>([
    [
      'Fleet',
      () => fleetIn(newStack(), { minCapacity: 21 }),
      'minCapacity 21: at most maxCapacity, which is 20',
    ],
    [
      'Fleet',
      () =>
        fleetIn(newStack(), {
          ...{ instanceTypes: [], maxMegapixels: 200, workflow: '' },
          ...{ warmPoolSize: 1, onDemandFallback: false },
        }),
      'instanceTypes \\[\\]: at least one',
      "workflow '': a name",
      'maxMegapixels 200: above 0',
      'warmPoolSize 1: with onDemandFallback true, or with spotPercentage 0, which is 100',
    ],
    [
      'Fleet',
      () => {
        const stack = newStack();
        return fleetIn(stack, {
          vpc: new Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0 }),
          availabilityZones: ['us-east-1a'],
        });
      },
      'availabilityZones \\[us-east-1a\\]: of the fleet.s own network only, and vpc is given',
    ],
    [
      'Fleet',
      () => {
        const stack = newStack();
        return fleetIn(stack, { bulkJobs: new JobQueue(stack, 'Bulk', { visibilityTimeoutSeconds: 60 }) });
      },
      "bulkJobs with deadLetterQueue 'Fleet/Bulk/DeadLetters': that of jobs, which is 'Fleet/Jobs/DeadLetters'",
      'bulkJobs with visibilityTimeoutSeconds 60: that of jobs, which is 120',
    ],
    [
      'Fleet',
      () => {
        const stack = newStack();
        return fleetIn(stack, { sidelinedJobs: new JobQueue(stack, 'Aside', { maxReceiveCount: 9 }) });
      },
      "sidelinedJobs with deadLetterQueue 'Fleet/Aside/DeadLetters': that of jobs, which is 'Fleet/Jobs/DeadLetters'",
      'sidelinedJobs with maxReceiveCount 9: that of jobs, which is 50',
    ],
    [
      'Store',
      () => store('photos', (stack) => ({ bulkJobs: new JobQueue(stack, 'Bulk', { bucketName: 'others' }) })),
      "bucketName 'photos': .* bulkJobs, which has 'others'",
    ],
    ['Jobs', () => new JobQueue(newStack(), 'Jobs', { maxReceiveCount: 1 }), 'maxReceiveCount 1: a whole'],
    ['Store', () => store('photos', { resultRetentionDays: 0 }), 'resultRetentionDays 0: a whole number'],
    ['Store', () => store(undefined), "bucketName 'photos': .* jobs, which accepts from no bucket"],
    ['Store', () => store('others'), "bucketName 'photos': .* jobs, which has 'others'"],
    ['Monitoring', () => monitoring({ promisedWaitSeconds: 59 }), 'promisedWaitSeconds 59: a whole number'],
    ['Monitoring', () => monitoring({ dailySpendLimit: -1 }), 'dailySpendLimit -1: above 0'],
    [
      'Monitoring',
      () => {
        const stack = newStack();
        const promisedWaitSeconds = new CfnParameter(stack, 'Wait', { type: 'Number' }).valueAsNumber;
        const { queue } = new JobQueue(stack, 'Work');
        const { queue: sidelinedQueue } = new JobQueue(stack, 'Aside');
        const props = { stageName: 'other', queue, sidelinedQueue, promisedWaitSeconds };
        return new Monitoring(stack, 'Monitoring', props);
      },
      'promisedWaitSeconds token',
    ],
    [
      'Monitoring',
      () => monitoring({ probePhoto: 'weekly' as 'daily' }),
      "probePhoto 'weekly': off, daily or",
    ],
    [
      'Scaler',
      () => scaler(otherGroup, { tickSeconds: 7, dailySpendLimit: -1, spotPercentage: 101 }),
      'spotPercentage 101: a whole',
      'tickSeconds 7: .* that divides 60',
      'dailySpendLimit -1: above 0',
    ],
    [
      'Scaler',
      () => scaler(otherGroup, { policy: { ...DEFAULT_POLICY, serviceSeconds: 0 } }),
      'policy.serviceSeconds 0: above 0',
    ],
    ['Scaler', () => scaler(otherGroup, { spendBrake: true }), 'spendBrake true: only with dailySpendLimit'],
    [
      'Scaler',
      () => scaler((stack) => knownGroup(stack, 0), { policy: threshold }),
      'minCapacity 0: at least 1',
    ],
    [
      'Scaler',
      () => scaler((stack) => knownGroup(stack, 1), { onDemandBaseCapacity: 5 }),
      'onDemandBaseCapacity 5: at most maxCapacity, which is 4',
    ],
    ['Scaler', () => unseenTable(false), "table undefined: the table of the GpuFleet .*'Fleet/Table'"],
    ['Scaler', () => unseenTable(true), "table 'Fleet/Other': the table of the GpuFleet"],
  ])('of %s are named (case %#)', (construct, make, ...lines) => {
    const text = [`construct 'Fleet/${construct}' cannot be built:`, ...lines.map((line) => ` {2}${line}.*`)];
    expect(make).toThrow(new RegExp(`^${text.join('\\n')}$`));
  });

  it('are none that the group does not reveal', () => {
    scaler(otherGroup, { policy: threshold });
    scaler((stack) => knownGroup(stack, 1), { policy: threshold });
  });
});
