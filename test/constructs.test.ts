/** Constructs in the hands of others: networks, workflows and props that the stack itself never meets. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, CfnParameter, Lazy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup, type IAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, MachineImage, Subnet, SubnetType, Vpc, type VpcAttributes } from 'aws-cdk-lib/aws-ec2';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { afterAll, describe, expect, it } from 'vitest';
import {
  BacklogScaler,
  DEFAULT_POLICY,
  GpuFleet,
  JobQueue,
  PhotoStore,
  ScalerTable,
  type BacklogScalerProps,
  type GpuFleetProps,
  type JobQueueProps,
  type PhotoStoreProps,
} from '../lib/index.ts';
import { only, type Properties, type StackTemplate } from './lib/template.ts';

const newStack = () => new Stack(new App({ context: { [BUNDLING_STACKS]: [] } }), 'Fleet');

function fleetIn(stack: Stack, props: Partial<GpuFleetProps> = {}): GpuFleet {
  const jobs = new JobQueue(stack, 'Jobs', { bucketName: 'photos' });
  const photos = new PhotoStore(stack, 'Store', { bucketName: 'photos', jobs });
  const table = new ScalerTable(stack, 'Table');
  return new GpuFleet(stack, 'Fleet', { stageName: 'other', photos, jobs, table, ...props });
}

function fleet(props: (stack: Stack) => Partial<GpuFleetProps>): StackTemplate {
  const stack = newStack();
  fleetIn(stack, props(stack));
  return Template.fromStack(stack).toJSON() as StackTemplate;
}

describe('a fleet in a network of somebody else', () => {
  const network = (stack: Stack, more: Partial<VpcAttributes>) =>
    Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-0123456789abcdef0',
      availabilityZones: ['us-east-1a', 'us-east-1b'],
      ...more,
    });
  const PUBLIC = { publicSubnetIds: ['subnet-aaaaaaa1', 'subnet-aaaaaaa2'] };
  const PRIVATE = { privateSubnetIds: ['subnet-bbbbbbb1', 'subnet-bbbbbbb2'] };
  const placed = (template: StackTemplate) => {
    const { LaunchTemplateData } = only(template, 'AWS::EC2::LaunchTemplate') as {
      LaunchTemplateData: { NetworkInterfaces: Properties[] };
    };
    const [one] = LaunchTemplateData.NetworkInterfaces;
    const { VPCZoneIdentifier } = only(template, 'AWS::AutoScaling::AutoScalingGroup');
    return [VPCZoneIdentifier as unknown, one?.AssociatePublicIpAddress as unknown];
  };

  it('takes its private subnets', () => {
    const template = fleet((stack) => ({ vpc: network(stack, { ...PUBLIC, ...PRIVATE }) }));
    expect(placed(template)).toEqual([PRIVATE.privateSubnetIds, false]);
  });

  it('takes its public ones where there are no others, with an address, or nothing would be reached', () => {
    const template = fleet((stack) => ({ vpc: network(stack, PUBLIC) }));
    expect(placed(template)).toEqual([PUBLIC.publicSubnetIds, true]);
  });

  it('takes those that it is told to, by kind', () => {
    const template = fleet((stack) => ({
      vpc: network(stack, { ...PUBLIC, ...PRIVATE }),
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
    }));
    expect(placed(template)).toEqual([PUBLIC.publicSubnetIds, true]);
  });

  it('takes those that it is told to, by id', () => {
    const template = fleet((stack) => ({
      vpc: network(stack, PUBLIC),
      vpcSubnets: { subnets: [Subnet.fromSubnetId(stack, 'Own', 'subnet-ccccccc1')] },
    }));
    expect(placed(template)).toEqual([['subnet-ccccccc1'], false]);
  });
});

describe('a fleet with a workflow of somebody else', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'workflow-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /** The shipped upscaler, with a text in it that makes it so large. */
  const withText = (length: number) => {
    const text = readFileSync(resolve(import.meta.dirname, '..', 'ami', 'workflow', 'upscale.json'), 'utf8');
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

  it('keeps it where it costs nothing while it fits', () => {
    expect(withText(1)).not.toHaveProperty('Tier');
  });

  it('pays for more room when it does not', () => {
    expect(withText(4000).Tier).toBe('Advanced');
  });

  it('refuses what no parameter holds, with its length and what is allowed', () => {
    expect(() => withText(8000)).toThrow(/workflow 'large': 8\d{3} characters of JSON, at most [67]\d{3},/);
  });
});

describe('nonsense in props, which a deploy or nobody at all would notice, is refused', () => {
  const aGroup = (stack: Stack) => AutoScalingGroup.fromAutoScalingGroupName(stack, 'Group', 'renderers');
  const groupOf = (stack: Stack, minCapacity: number): IAutoScalingGroup =>
    new AutoScalingGroup(stack, 'Group', {
      vpc: new Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0 }),
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
      instanceType: new InstanceType('g6.xlarge'),
      machineImage: MachineImage.latestAmazonLinux2023(),
      minCapacity,
      maxCapacity: 4,
    });
  const threshold: BacklogScalerProps['policy'] = {
    kind: 'threshold',
    scaleOutBacklog: 50,
    scaleOutStep: 2,
    scaleOutCooldownSeconds: 300,
    scaleInStep: 1,
    scaleInCooldownSeconds: 300,
  };
  const scaler = (stack: Stack, autoScalingGroup: IAutoScalingGroup, props: Partial<BacklogScalerProps>) => {
    const { queue } = new JobQueue(stack, 'Work');
    return new BacklogScaler(stack, 'Scaler', { stageName: 'other', queue, autoScalingGroup, ...props });
  };
  const store = (stack: Stack, bucketName: string, accepts?: string, props: Partial<PhotoStoreProps> = {}) =>
    new PhotoStore(stack, 'Store', {
      bucketName,
      jobs: new JobQueue(stack, 'Jobs', { bucketName: accepts }),
      ...props,
    });

  it.each<[Partial<GpuFleetProps>, RegExp]>([
    [{ instanceTypes: [] }, /'Fleet\/Fleet' cannot be built:\n {2}instanceTypes \[\]: at least one/],
    [{ instanceTypes: ['g6.xlarge', 'g6'] }, /instanceTypes \[g6\.xlarge, g6\]: at least one, such as/],
    [{ minCapacity: 5, maxCapacity: 4 }, /minCapacity 5: at most maxCapacity, which is 4/],
    [{ minCapacity: 21 }, /minCapacity 21: at most maxCapacity, which is 20/],
    [{ minCapacity: 0.5 }, /minCapacity 0\.5: a whole number from 0/],
    [{ maxCapacity: 0 }, /maxCapacity 0: a whole number from 1/],
    [{ spotPercentage: 101 }, /spotPercentage 101: a whole number from 0 to 100/],
    [{ onDemandBaseCapacity: -1 }, /onDemandBaseCapacity -1: .* maxCapacity, which is 20/],
    [{ volumeInitializationRate: 50 }, /volumeInitializationRate 50: 0, or a whole number from 100 to 300/],
    [{ warmPoolSize: 1 }, /warmPoolSize 1: with spotPercentage 0 only, which is 100/],
    [{ warmPoolSize: 21, spotPercentage: 0 }, /warmPoolSize 21: .* maxCapacity, which is 20/],
    [{ maxMegapixels: 200 }, /maxMegapixels 200: above 0 and at most 178/],
    [{ noticePollSeconds: 60 }, /noticePollSeconds 60: above 0 and at most 30/],
  ])('by a fleet: %j', (props, message) => {
    expect(() => fleetIn(newStack(), props)).toThrow(message);
  });

  it.each<[Partial<BacklogScalerProps>, RegExp]>([
    [{ tickSeconds: 7 }, /'Fleet\/Scaler' cannot be built:\n {2}tickSeconds 7: .* that divides 60/],
    [{ policy: { ...DEFAULT_POLICY, serviceSeconds: 0 } }, /policy \{.*\}: .*serviceSeconds.* above 0/],
    [{ policy: { ...DEFAULT_POLICY, emptyHoldSeconds: -1 } }, /policy .*: every number from 0 to 86400/],
    [{ policy: { ...threshold, scaleInStep: 0 } }, /policy .*: .*scaleInStep whole and at least 1/],
    [{ spendBrake: true }, /spendBrake true: with dailySpendLimit only, which is not given/],
    [{ dailySpendLimit: -1 }, /dailySpendLimit -1: USD, above 0/],
    [{ spotPercentage: 101 }, /spotPercentage 101: a whole number from 0 to 100/],
    [{ tickSeconds: Lazy.number({ produce: () => 30 }) }, /tickSeconds -?[\d.]+e\+\d+: a whole number/],
  ])('by a scaler: %j', (props, message) => {
    const stack = newStack();
    expect(() => scaler(stack, aGroup(stack), props)).toThrow(message);
  });

  it('by a scaler what its group`s limits forbid, where they are known', () => {
    const wake = /minCapacity 0: at least 1 with the policy 'threshold'/;
    const none = newStack();
    expect(() => scaler(none, groupOf(none, 0), { policy: threshold })).toThrow(wake);
    const small = newStack();
    expect(() => scaler(small, groupOf(small, 1), { onDemandBaseCapacity: 5 })).toThrow(
      /onDemandBaseCapacity 5: a whole number from 0 to maxCapacity, which is 4/,
    );
    for (const group of [aGroup, (stack: Stack) => groupOf(stack, 1)]) {
      const stack = newStack();
      scaler(stack, group(stack), { policy: threshold });
    }
  });

  it('by a scaler that would never see what the fleet`s workers count', () => {
    const seen = (table: (stack: Stack, own: GpuFleet) => BacklogScalerProps['table']) => () => {
      const stack = newStack();
      const own = fleetIn(stack);
      return scaler(stack, own.autoScalingGroup, { table: table(stack, own) });
    };
    expect(seen(() => undefined)).toThrow(/table undefined: that of the GpuFleet .*'Fleet\/Table'/);
    expect(seen((stack) => new ScalerTable(stack, 'Other'))).toThrow(/table 'Fleet\/Other': that of/);
    expect(seen((_stack, own) => own.table)().table.node.path).toBe('Fleet/Table');
  });

  it('by a store whose photos the queue would not accept', () => {
    expect(() => store(newStack(), 'photos')).toThrow(
      /'Fleet\/Store' cannot be built:\n {2}bucketName 'photos': .* jobs, which accepts from no bucket/,
    );
    expect(() => store(newStack(), 'photos', 'others')).toThrow(/bucketName 'photos': .* which has 'others'/);
    const stack = newStack();
    store(stack, `photos-${stack.account}`, `photos-${stack.account}`);
  });

  it.each<[JobQueueProps, RegExp]>([
    [{ visibilityTimeoutSeconds: 5 }, /visibilityTimeoutSeconds 5: a whole number from 10/],
    [{ maxReceiveCount: 1 }, /maxReceiveCount 1: a whole number from 2/],
  ])('by a queue: %j', (props, message) => {
    expect(() => new JobQueue(newStack(), 'Jobs', props)).toThrow(message);
  });

  it('by a store: days that are none', () => {
    const days = { resultRetentionDays: 0 };
    expect(() => store(newStack(), 'photos', 'photos', days)).toThrow(/resultRetentionDays 0: whole numbers/);
  });

  it('but not what is known only at deploy', () => {
    const group = only(
      fleet((stack) => ({
        maxCapacity: new CfnParameter(stack, 'Most', { type: 'Number' }).valueAsNumber,
        instanceTypes: [new CfnParameter(stack, 'Type').valueAsString],
      })),
      'AWS::AutoScaling::AutoScalingGroup',
    );
    expect(group.MaxSize).toEqual({ Ref: 'Most' });
  });
});
