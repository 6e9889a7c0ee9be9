/** Constructs in the hands of others: networks and workflows that the stack itself never meets. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Subnet, SubnetType, Vpc, type VpcAttributes } from 'aws-cdk-lib/aws-ec2';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { afterAll, describe, expect, it } from 'vitest';
import { GpuFleet, JobQueue, PhotoStore, ScalerTable, type GpuFleetProps } from '../lib/index.ts';
import { only, type Properties, type StackTemplate } from './lib/template.ts';

function fleet(props: (stack: Stack) => Partial<GpuFleetProps>): StackTemplate {
  const stack = new Stack(new App({ context: { [BUNDLING_STACKS]: [] } }), 'Fleet');
  const jobs = new JobQueue(stack, 'Jobs', { bucketName: 'photos' });
  const photos = new PhotoStore(stack, 'Store', { bucketName: 'photos', jobs });
  const table = new ScalerTable(stack, 'Table');
  new GpuFleet(stack, 'Fleet', { stageName: 'other', photos, jobs, table, ...props(stack) });
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
