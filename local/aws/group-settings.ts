/** What a deployed template says of its Auto Scaling groups, each with its launch template and its warm pool. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TemplateSettings } from '../fleet/agent.ts';

export interface Resource {
  type: string;
  properties: Record<string, unknown>;
  updatePolicy: Record<string, unknown>;
  physicalId: string;
}

/** By logical id. */
type Resources = ReadonlyMap<string, Resource>;

const refSchema = z.object({ Ref: z.string() });
const launchTemplateSchema = z.object({ LaunchTemplateId: refSchema });
const groupSchema = z.object({
  MinSize: z.coerce.number(),
  MaxSize: z.coerce.number(),
  DesiredCapacity: z.coerce.number().optional(),
  LifecycleHookSpecificationList: z
    .array(
      z.object({
        LifecycleHookName: z.string(),
        LifecycleTransition: z.enum([
          'autoscaling:EC2_INSTANCE_LAUNCHING',
          'autoscaling:EC2_INSTANCE_TERMINATING',
        ]),
        HeartbeatTimeout: z.number(),
        DefaultResult: z.enum(['CONTINUE', 'ABANDON']),
      }),
    )
    .default([]),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string(), PropagateAtLaunch: z.boolean() })).default([]),
  MixedInstancesPolicy: z.object({
    // AWS's defaults.
    InstancesDistribution: z
      .object({
        OnDemandBaseCapacity: z.number().default(0),
        OnDemandPercentageAboveBaseCapacity: z.number().default(100),
      })
      .prefault({}),
    LaunchTemplate: z.object({
      LaunchTemplateSpecification: launchTemplateSchema,
      Overrides: z.array(z.object({ InstanceType: z.string() })).min(1),
    }),
  }),
});
const templateSchema = z.object({
  TagSpecifications: z
    .array(
      z.object({
        ResourceType: z.string(),
        Tags: z.array(z.object({ Key: z.string(), Value: z.string() })),
      }),
    )
    .default([]),
});
const refreshSchema = z.object({
  Preferences: z.object({ MinHealthyPercentage: z.number(), MaxHealthyPercentage: z.number() }),
});
const warmPoolSchema = z.object({
  AutoScalingGroupName: refSchema,
  MinSize: z.number().default(0),
  MaxGroupPreparedCapacity: z.number().optional(),
  PoolState: z.literal('Stopped').default('Stopped'),
  InstanceReusePolicy: z.object({ ReuseOnScaleIn: z.boolean() }).prefault({ ReuseOnScaleIn: false }),
});

/** @returns by the name of the group @throws ZodError for a group that is made in another way than those of this stack */
export function groupsOf(resources: Resources): Map<string, TemplateSettings> {
  const all = [...resources].filter(([, { type }]) => type === 'AWS::AutoScaling::AutoScalingGroup');
  return new Map(all.map(([id, group]) => [group.physicalId, settingsOf(id, group, resources)]));
}

function settingsOf(
  id: string,
  { properties, updatePolicy }: Resource,
  resources: Resources,
): TemplateSettings {
  const group = groupSchema.parse(properties);
  const { LaunchTemplate: launch, InstancesDistribution: shares } = group.MixedInstancesPolicy;
  const template = resources.get(launch.LaunchTemplateSpecification.LaunchTemplateId.Ref)?.properties;
  const { TagSpecifications } = templateSchema.parse(template?.LaunchTemplateData ?? {});
  const tags = [
    ...TagSpecifications.filter(({ ResourceType }) => ResourceType === 'instance').flatMap(
      ({ Tags }) => Tags,
    ),
    ...group.Tags.filter(({ PropagateAtLaunch }) => PropagateAtLaunch),
  ];
  const refresh = refreshSchema.safeParse(updatePolicy.AutoScalingInstanceRefresh).data?.Preferences;
  return {
    // A change of the template is a new version of it.
    version: createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 12),
    refresh: refresh && {
      minHealthyPercentage: refresh.MinHealthyPercentage,
      maxHealthyPercentage: refresh.MaxHealthyPercentage,
    },
    hooks: group.LifecycleHookSpecificationList.map((hook) => ({
      name: hook.LifecycleHookName,
      transition: hook.LifecycleTransition,
      heartbeatSeconds: hook.HeartbeatTimeout,
      defaultResult: hook.DefaultResult,
    })),
    limits: { min: group.MinSize, max: group.MaxSize },
    desired: group.DesiredCapacity,
    instanceTags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
    purchase: {
      onDemandBaseCapacity: shares.OnDemandBaseCapacity,
      spotPercentage: 100 - shares.OnDemandPercentageAboveBaseCapacity,
    },
    types: launch.Overrides.map(({ InstanceType }) => InstanceType),
    warmPool: warmPoolOf(id, resources),
  };
}

function warmPoolOf(groupId: string, resources: Resources): TemplateSettings['warmPool'] {
  for (const { type, properties } of resources.values()) {
    if (type !== 'AWS::AutoScaling::WarmPool') continue;
    const pool = warmPoolSchema.parse(properties);
    if (pool.AutoScalingGroupName.Ref !== groupId) continue;
    return {
      minSize: pool.MinSize,
      maxGroupPreparedCapacity: pool.MaxGroupPreparedCapacity,
      reuseOnScaleIn: pool.InstanceReusePolicy.ReuseOnScaleIn,
    };
  }
  return undefined;
}
