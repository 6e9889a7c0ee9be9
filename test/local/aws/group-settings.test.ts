/** What the local stack reads of the groups in a deployed template. */
import { expect, it } from 'vitest';
import { groupsOf, type Resource } from '../../../local/aws/group-settings.ts';

const resource = (type: string, physicalId: string, properties: Record<string, unknown>): Resource => ({
  type: `AWS::${type}`,
  ...{ physicalId, properties, updatePolicy: {} },
});
const template = (settings: string) =>
  resource('EC2::LaunchTemplate', `lt-${settings}`, {
    LaunchTemplateData: {
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'settings', Value: settings }] },
        { ResourceType: 'volume', Tags: [{ Key: 'other', Value: 'x' }] },
      ],
    },
  });
const group = (name: string, launchTemplate: string, onDemandPercentage: number | undefined) =>
  resource('AutoScaling::AutoScalingGroup', name, {
    ...{ MinSize: '0', MaxSize: '4' },
    LifecycleHookSpecificationList: [
      {
        LifecycleHookName: 'ready',
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
        HeartbeatTimeout: 600,
        DefaultResult: 'ABANDON',
      },
    ],
    Tags: [
      { Key: 'group', Value: name, PropagateAtLaunch: true },
      { Key: 'cost', Value: 'x', PropagateAtLaunch: false },
    ],
    MixedInstancesPolicy: {
      ...(onDemandPercentage !== undefined && {
        InstancesDistribution: { OnDemandPercentageAboveBaseCapacity: onDemandPercentage },
      }),
      LaunchTemplate: {
        LaunchTemplateSpecification: { LaunchTemplateId: { Ref: launchTemplate } },
        Overrides: [{ InstanceType: 'g4dn.xlarge' }, { InstanceType: 'g6.xlarge' }],
      },
    },
  });

const RESOURCES = new Map<string, Resource>([
  ['A', group('photos', 'TA', 0)],
  ['B', group('photos-on-demand', 'TB', undefined)],
  ['TA', template('a')],
  ['TB', template('b')],
  [
    'W',
    resource('AutoScaling::WarmPool', 'photos-on-demand', {
      AutoScalingGroupName: { Ref: 'B' },
      MaxGroupPreparedCapacity: 3,
      PoolState: 'Stopped',
      InstanceReusePolicy: { ReuseOnScaleIn: true },
    }),
  ],
]);

it('reads each group with its own launch template, tags, market and warm pool', () => {
  const groups = groupsOf(RESOURCES);
  const [spot, onDemand] = [groups.get('photos'), groups.get('photos-on-demand')];
  expect([...groups.keys()]).toEqual(['photos', 'photos-on-demand']);
  expect(spot).toMatchObject({
    instanceTags: { settings: 'a', group: 'photos' },
    purchase: { onDemandBaseCapacity: 0, spotPercentage: 100 },
    types: ['g4dn.xlarge', 'g6.xlarge'],
    limits: { min: 0, max: 4 },
    hooks: [{ name: 'ready', heartbeatSeconds: 600, defaultResult: 'ABANDON' }],
    warmPool: undefined,
  });
  expect(onDemand).toMatchObject({
    instanceTags: { settings: 'b', group: 'photos-on-demand' },
    // Where the template says nothing, AWS buys on demand.
    purchase: { onDemandBaseCapacity: 0, spotPercentage: 0 },
    warmPool: { minSize: 0, maxGroupPreparedCapacity: 3, reuseOnScaleIn: true },
  });
  expect(Object.keys(spot?.instanceTags ?? {})).toEqual(['settings', 'group']);
  expect(spot?.version).not.toBe(onDemand?.version);
});
