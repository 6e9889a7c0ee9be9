/** A fleet in a network that the app already has. */
import type { Stack } from 'aws-cdk-lib';
import { Subnet, SubnetType, Vpc, type VpcAttributes } from 'aws-cdk-lib/aws-ec2';
import { describe, expect, it } from 'vitest';
import type { GpuFleetProps } from '../../lib/index.ts';
import { fleet, fleetIn, newStack } from './fleet.ts';
import { only, type Properties, type StackTemplate, subnetsOf } from './template.ts';

describe('a fleet in an existing network', () => {
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
    return [subnetsOf(template), one?.AssociatePublicIpAddress as unknown];
  };

  it('is in its private subnets', () => {
    const template = fleet((stack) => ({ vpc: network(stack, { ...PUBLIC, ...PRIVATE }) }));
    expect(placed(template)).toEqual([PRIVATE.privateSubnetIds, false]);
  });

  it('is in its public subnets, with a public address, where there are no private ones', () => {
    const template = fleet((stack) => ({ vpc: network(stack, PUBLIC) }));
    expect(placed(template)).toEqual([PUBLIC.publicSubnetIds, true]);
  });

  it('is in the given kind of subnets', () => {
    const template = fleet((stack) => ({
      vpc: network(stack, { ...PUBLIC, ...PRIVATE }),
      vpcSubnets: { subnetType: SubnetType.PUBLIC },
    }));
    expect(placed(template)).toEqual([PUBLIC.publicSubnetIds, true]);
  });

  const ISOLATED = { isolatedSubnetIds: ['subnet-ddddddd1', 'subnet-ddddddd2'] };

  it('is in isolated subnets only where they are named', () => {
    const template = fleet((stack) => ({
      vpc: network(stack, ISOLATED),
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    }));
    expect(placed(template)).toEqual([ISOLATED.isolatedSubnetIds, false]);
  });

  it.each<[kind: string, props: (stack: Stack) => Partial<GpuFleetProps>, line: string]>([
    [
      'isolated subnets only',
      (stack) => ({ vpc: network(stack, ISOLATED) }),
      "vpc 'Fleet/Vpc': one with public subnets or private ones with egress, and it has 0 public, 0 private with egress and 2 isolated subnets",
    ],
    [
      'no subnets',
      (stack) => ({ vpc: network(stack, {}) }),
      "vpc 'Fleet/Vpc': one with public .* and 0 isolated",
    ],
    [
      'empty lists of subnets',
      (stack) => ({ vpc: network(stack, { publicSubnetIds: [], privateSubnetIds: [] }) }),
      "vpc 'Fleet/Vpc': one with public",
    ],
    [
      'none of the type asked for',
      (stack) => ({
        vpc: network(stack, PUBLIC),
        vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
      }),
      "vpcSubnets: a choice of at least one subnet of 'Fleet/Vpc', which has 2 public, 0 .*There are no 'Private' subnet",
    ],
    [
      'none of the name asked for',
      (stack) => ({ vpc: network(stack, PUBLIC), vpcSubnets: { subnetGroupName: 'gpu' } }),
      "vpcSubnets: .*There are no subnet groups with name 'gpu'",
    ],
    [
      'none in the zone asked for',
      (stack) => ({ vpc: network(stack, PUBLIC), vpcSubnets: { availabilityZones: ['us-east-1f'] } }),
      'vpcSubnets: .*; this one chooses none',
    ],
    [
      'none, by an empty list',
      (stack) => ({ vpc: network(stack, PUBLIC), vpcSubnets: { subnets: [] } }),
      'vpcSubnets: .*; this one chooses none',
    ],
    [
      'private ones asked for in a network of its own',
      () => ({ vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } }),
      "vpcSubnets: a choice of at least one subnet of 'Fleet/Fleet/Network/Vpc', which has 2 public, 0 private",
    ],
  ])('is refused with %s', (_kind, props, line) => {
    const stack = newStack();
    expect(() => fleetIn(stack, props(stack))).toThrow(
      new RegExp(`^construct 'Fleet/Fleet' cannot be built:\\n {2}${line}`),
    );
  });

  it('is in the given subnets', () => {
    const template = fleet((stack) => ({
      vpc: network(stack, PUBLIC),
      vpcSubnets: { subnets: [Subnet.fromSubnetId(stack, 'Own', 'subnet-ccccccc1')] },
    }));
    expect(placed(template)).toEqual([['subnet-ccccccc1'], false]);
  });
});
