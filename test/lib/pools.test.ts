/** A stage's groups: Spot and on demand, with stopped instances or without, and the one group of a stage without a fallback. */
import { CfnParameter } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { GROUP_TAG } from '../../contract/names.ts';
import { poolsSchema } from '../../contract/pools.ts';
import { BacklogScaler, JobQueue } from '../../lib/index.ts';
import type { StageConfig } from '../../lib/stage/stage.ts';
import { threshold } from '../lambda/scaler/support/observations.ts';
import { fleetIn, newStack } from './fleet.ts';
import {
  grants,
  ofType,
  propertiesOf,
  synthesise,
  withPlainIds,
  type Properties,
  type StackTemplate,
} from './template.ts';

const [SPOT, ON_DEMAND] = ['FleetGroupASG', 'FleetOnDemandGroupASG'] as const;
const plain = (more: StageConfig = {}) => withPlainIds(synthesise('dev', more));
/** Text of the scaler's variable, with names in place of references. */
function poolsOf(template: StackTemplate, id = 'ScalerFunction'): string {
  const { POOLS } = propertiesOf(template, id).Environment.Variables as Properties;
  if (typeof POOLS === 'string') return POOLS;
  const [, parts] = (POOLS as { 'Fn::Join': [string, (string | { Ref: string })[]] })['Fn::Join'];
  return parts.map((part) => (typeof part === 'string' ? part : part.Ref)).join('');
}
const tagOf = (template: StackTemplate, id: string) =>
  (template.Resources[id]?.Properties.Tags as { Key: string }[] | undefined)?.find(
    ({ Key }) => Key === GROUP_TAG,
  );
const limitsOf = (template: StackTemplate, id: string) => {
  const { MinSize, MaxSize, MixedInstancesPolicy } = propertiesOf(template, id);
  return [MinSize, MaxSize, MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity];
};
const templateOf = (template: StackTemplate, id: string): string =>
  propertiesOf(template, id).MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.LaunchTemplateId
    .Ref;

describe('a stage with a fallback', () => {
  const template = plain({ minCapacity: 3, maxCapacity: 4, onDemandBaseCapacity: 1 });

  it('has a Spot group and an on-demand one, each up to the maximum', () => {
    expect(limitsOf(template, SPOT)).toEqual(['0', '4', 0]);
    expect(limitsOf(template, ON_DEMAND)).toEqual(['1', '4', 100]);
    expect(templateOf(template, ON_DEMAND)).toBe(templateOf(template, SPOT));
  });

  it('names each instance its own group', () => {
    for (const [id, Value] of [
      [SPOT, 'ddcolor-elastic-dev'],
      [ON_DEMAND, 'ddcolor-elastic-dev-on-demand'],
    ] as const)
      expect(tagOf(template, id)).toEqual({ Key: GROUP_TAG, Value, PropagateAtLaunch: true });
  });

  it('gives the scaler the sizes of both together', () => {
    expect(poolsSchema.parse(JSON.parse(poolsOf(template)))).toEqual({
      ...{ onDemandGroupName: ON_DEMAND, min: 3, max: 4, warmPoolSize: 0 },
      ...{ spotPriceShare: 0.5, bootSeconds: 120 },
      types: ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'],
    });
  });

  it('names its zones, where the stage does', () => {
    const zones = ['us-east-1a', 'us-east-1b'];
    expect(JSON.parse(poolsOf(plain({ availabilityZones: zones })))).toMatchObject({ zones });
  });

  it('gives them to the function that wakes it too', () => {
    const asleep = plain();
    expect(poolsOf(asleep, 'ScalerWakeFunction')).toBe(poolsOf(asleep));
  });
});

describe('stopped instances', () => {
  const template = plain({ warmPoolSize: 2, minCapacity: 2, onDemandBaseCapacity: 1 });

  it('are of the on-demand group, and take their places again on scale-in', () => {
    expect(propertiesOf(template, 'FleetWarmPool')).toEqual({
      AutoScalingGroupName: { Ref: ON_DEMAND },
      MinSize: 0,
      // With those that always run.
      MaxGroupPreparedCapacity: 3,
      PoolState: 'Stopped',
      InstanceReusePolicy: { ReuseOnScaleIn: true },
    });
    expect(JSON.parse(poolsOf(template))).toMatchObject({ warmPoolSize: 2 });
  });

  it('have their image from a deploy, and Spot instances theirs from the parameter at each launch', () => {
    const imageOf = (id: string) =>
      propertiesOf(template, templateOf(template, id)).LaunchTemplateData.ImageId as unknown;
    expect(imageOf(SPOT)).toBe('resolve:ssm:/ddcolor-elastic/dev/ami/current');
    expect(template.Parameters?.[(imageOf(ON_DEMAND) as { Ref: string }).Ref]).toEqual({
      Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>',
      Default: '/ddcolor-elastic/dev/ami/current',
    });
  });

  it('are counted by the scaler alone, and only where there are any', () => {
    const counts = (more: StageConfig) =>
      grants(synthesise('dev', more), '').filter(({ action }) => action === 'autoscaling:DescribeWarmPool');
    expect(counts({ warmPoolSize: 2, minCapacity: 2, onDemandBaseCapacity: 1 })).toHaveLength(1);
    expect(counts({})).toEqual([]);
  });
});

it.each<StageConfig>([{ onDemandFallback: false }, { spotPercentage: 70 }, { spotPercentage: 0 }])(
  'a stage with %j has one group, as before there were two',
  (config) => {
    const template = plain({ minCapacity: 3, onDemandBaseCapacity: 1, ...config });
    const { spotPercentage = 100 } = config;
    expect(ofType(template, 'AWS::AutoScaling::AutoScalingGroup')).toHaveLength(1);
    expect(ofType(template, 'Custom::SuspendProcesses')).toHaveLength(1);
    expect(limitsOf(template, SPOT)).toEqual(['3', '4', 100 - spotPercentage]);
    expect(propertiesOf(template, SPOT).MixedInstancesPolicy.InstancesDistribution).toMatchObject({
      OnDemandBaseCapacity: 1,
    });
    expect(tagOf(template, SPOT)).toBeUndefined();
    expect(poolsOf(template)).toBe('');
    expect(template.Outputs).not.toHaveProperty('OnDemandGroupName');
  },
);

describe('the scaler of a fleet', () => {
  const scaled = (
    props: Parameters<typeof fleetIn>[1],
    of: 'autoScalingGroup' | 'onDemandGroup',
    more = {},
  ) => {
    const stack = newStack();
    const fleet = fleetIn(stack, props);
    const { queue } = new JobQueue(stack, 'Work');
    const { table, [of]: autoScalingGroup } = fleet;
    new BacklogScaler(stack, 'Scaler', {
      ...{ stageName: 'other', queue, table, autoScalingGroup: autoScalingGroup!, ...more },
    });
    return stack;
  };

  it('takes the group of Spot, with which it sizes the other', () => {
    expect(() => scaled({}, 'onDemandGroup')).toThrow(
      "autoScalingGroup 'Fleet/Fleet/OnDemandGroup': the autoScalingGroup of the GpuFleet, with which",
    );
  });

  it('judges the policy by the least size of both groups', () => {
    expect(() => scaled({}, 'autoScalingGroup', { policy: threshold })).toThrow('minCapacity 0: at least 1');
    expect(() => scaled({ minCapacity: 1 }, 'autoScalingGroup', { policy: threshold })).not.toThrow();
  });

  it('takes sizes that are known at deploy only', () => {
    const stack = newStack();
    const maxCapacity = new CfnParameter(stack, 'Most', { type: 'Number' }).valueAsNumber;
    const { autoScalingGroup, table } = fleetIn(stack, { maxCapacity });
    const { queue } = new JobQueue(stack, 'Work');
    new BacklogScaler(stack, 'Scaler', { stageName: 'other', queue, autoScalingGroup, table });
    const template = Template.fromStack(stack).toJSON() as StackTemplate;
    const scaler = Object.keys(template.Resources).find((id) => /^ScalerFunction[0-9A-F]{8}$/.test(id))!;
    expect(JSON.parse(poolsOf(template, scaler).replace('"max":Most', '"max":7'))).toMatchObject({ max: 7 });
  });
});
