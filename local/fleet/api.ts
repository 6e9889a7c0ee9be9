/** The EC2 Auto Scaling actions that stack, worker and operator commands use. */
import type { Group } from './group.ts';
import type { Activity, Hook, Instance } from './instance.ts';
import { ApiError, members, type Parameters } from './query.ts';
import type { InstanceRefresh } from './refresh.ts';
import type { WarmPool } from './warm-pool.ts';

export interface Groups {
  /** @throws ApiError when neither the agent nor the local AWS has a group of this name */
  find(name: string): Promise<Group>;
  all(): Group[];
}

type Action = (parameters: Parameters, groups: Groups, now: number) => Promise<object | undefined>;

const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());

const instanceXml = (instance: Instance) => ({
  InstanceId: instance.id,
  InstanceType: instance.type,
  AvailabilityZone: instance.zone,
  LifecycleState: instance.lifecycleState,
  HealthStatus: instance.healthStatus,
  ProtectedFromScaleIn: instance.protectedFromScaleIn,
});

const poolXml = ({ warmPool }: Group) =>
  warmPool && {
    MinSize: warmPool.minSize,
    MaxGroupPreparedCapacity: warmPool.maxGroupPreparedCapacity,
    PoolState: 'Stopped',
    InstanceReusePolicy: { ReuseOnScaleIn: warmPool.reuseOnScaleIn },
  };

const groupXml = (one: Group) => ({
  AutoScalingGroupName: one.settings.name,
  MinSize: one.settings.min,
  MaxSize: one.settings.max,
  DesiredCapacity: one.desired,
  DefaultCooldown: 300,
  AvailabilityZones: members(one.settings.zones),
  HealthCheckType: 'EC2',
  MixedInstancesPolicy: {
    LaunchTemplate: { LaunchTemplateSpecification: { Version: one.version } },
  },
  // Without those of the warm pool, as on AWS.
  Instances: members(one.members.map(instanceXml)),
  WarmPoolConfiguration: poolXml(one),
  WarmPoolSize: one.warmPool && one.warm.length,
  SuspendedProcesses: members(
    [...one.suspended].map((ProcessName) => ({ ProcessName, SuspensionReason: 'User suspended' })),
  ),
});

const activityXml = (groupName: string) => (activity: Activity) => ({
  ActivityId: activity.id,
  AutoScalingGroupName: groupName,
  Description: activity.description,
  Cause: activity.cause,
  StartTime: iso(activity.startedAt),
  EndTime: iso(activity.endedAt),
  StatusCode: activity.statusCode,
  StatusMessage: activity.statusMessage,
  Details: activity.zone && JSON.stringify({ 'Availability Zone': activity.zone }),
  Progress: activity.statusCode === 'InProgress' ? 50 : 100,
});

const refreshXml = (groupName: string) => (refresh: InstanceRefresh) => ({
  InstanceRefreshId: refresh.id,
  AutoScalingGroupName: groupName,
  Status: refresh.status,
  StartTime: iso(refresh.startedAt),
  EndTime: iso(refresh.endedAt),
  PercentageComplete: refresh.status === 'Successful' ? 100 : 0,
  InstancesToUpdate: refresh.status === 'InProgress' ? refresh.toReplace : 0,
  Preferences: {
    MinHealthyPercentage: refresh.preferences.minHealthyPercentage,
    MaxHealthyPercentage: refresh.preferences.maxHealthyPercentage,
  },
});

const hookXml = (groupName: string) => (hook: Hook) => ({
  LifecycleHookName: hook.name,
  AutoScalingGroupName: groupName,
  LifecycleTransition: hook.transition,
  HeartbeatTimeout: hook.heartbeatSeconds,
  GlobalTimeout: Math.min(172_800, 100 * hook.heartbeatSeconds),
  DefaultResult: hook.defaultResult,
});

const group = (parameters: Parameters, groups: Groups) =>
  groups.find(parameters.required('AutoScalingGroupName'));

async function ofInstance(id: string, groups: Groups): Promise<Group> {
  const found = groups.all().find(({ instances }) => instances.some((instance) => instance.id === id));
  if (found) return found;
  throw new ApiError(
    'ValidationError',
    `Instance Id not found - No managed instance found for instance ID ${id}`,
  );
}

function result(parameters: Parameters): 'CONTINUE' | 'ABANDON' {
  const given = parameters.required('LifecycleActionResult');
  if (given === 'CONTINUE' || given === 'ABANDON') return given;
  throw new ApiError('ValidationError', `LifecycleActionResult '${given}' is neither CONTINUE nor ABANDON`);
}

/** Instances in one answer. */
const MOST_WARM = 50;
/** Of `MaxGroupPreparedCapacity`: none. */
const NO_MAXIMUM = -1;

function warmPoolOf(parameters: Parameters): WarmPool {
  const state = parameters.text('PoolState') ?? 'Stopped';
  if (state !== 'Stopped')
    throw new ApiError('ValidationError', `PoolState '${state}': the fleet agent has 'Stopped' only`);
  const most = parameters.whole('MaxGroupPreparedCapacity');
  return {
    minSize: parameters.whole('MinSize') ?? 0,
    maxGroupPreparedCapacity: most === NO_MAXIMUM ? undefined : most,
    reuseOnScaleIn: parameters.text('InstanceReusePolicy.ReuseOnScaleIn') === 'true',
  };
}

export const ACTIONS: Record<string, Action> = {
  async DescribeAutoScalingGroups(parameters, groups) {
    const names = parameters.list('AutoScalingGroupNames');
    // As on AWS, unknown names are left out, without an error.
    const found = await Promise.all(names.map((name) => groups.find(name).catch(() => undefined)));
    const wanted = names.length > 0 ? found.filter((one) => one !== undefined) : groups.all();
    return { AutoScalingGroups: members(wanted.map(groupXml)) };
  },
  async DescribeAutoScalingInstances(parameters, groups) {
    const ids = parameters.list('InstanceIds');
    const all = groups
      .all()
      .flatMap(({ settings, instances }) =>
        instances.map((instance) => ({ ...instanceXml(instance), AutoScalingGroupName: settings.name })),
      );
    return {
      AutoScalingInstances: members(all.filter((one) => ids.length === 0 || ids.includes(one.InstanceId))),
    };
  },
  async SetDesiredCapacity(parameters, groups, now) {
    const desired = parameters.whole('DesiredCapacity');
    if (desired === undefined) parameters.required('DesiredCapacity');
    (await group(parameters, groups)).setDesired(desired ?? 0, now);
    return undefined;
  },
  async UpdateAutoScalingGroup(parameters, groups, now) {
    const found = await group(parameters, groups);
    const { min, max } = found.settings;
    found.setLimits(parameters.whole('MinSize') ?? min, parameters.whole('MaxSize') ?? max, now);
    const desired = parameters.whole('DesiredCapacity');
    if (desired !== undefined) found.setDesired(desired, now);
    return undefined;
  },
  async PutWarmPool(parameters, groups, now) {
    (await group(parameters, groups)).setWarmPool(warmPoolOf(parameters), now);
    return {};
  },
  async DeleteWarmPool(parameters, groups, now) {
    (await group(parameters, groups)).setWarmPool(undefined, now);
    return {};
  },
  async DescribeWarmPool(parameters, groups) {
    const found = await group(parameters, groups);
    const from = Number(parameters.text('NextToken') ?? 0);
    const to = from + Math.min(MOST_WARM, parameters.whole('MaxRecords') ?? MOST_WARM);
    return {
      WarmPoolConfiguration: poolXml(found),
      Instances: members(found.warm.slice(from, to).map(instanceXml)),
      NextToken: found.warm.length > to ? to : undefined,
    };
  },
  async DescribeScalingActivities(parameters, groups) {
    const { activities, settings } = await group(parameters, groups);
    const most = Math.min(100, parameters.whole('MaxRecords') ?? 100);
    const filtered = parameters.text('Filters.member.1.Name') === 'StartTimeLowerBound';
    const since = filtered ? Date.parse(parameters.required('Filters.member.1.Values.member.1')) : 0;
    const wanted = activities.filter(({ startedAt }) => startedAt >= since).slice(0, most);
    return { Activities: members(wanted.map(activityXml(settings.name))) };
  },
  async StartInstanceRefresh(parameters, groups, now) {
    const found = await group(parameters, groups);
    const percent = (name: string, usual: number) =>
      parameters.whole(`Preferences.${name}HealthyPercentage`) ?? usual;
    const preferences = {
      minHealthyPercentage: percent('Min', 90),
      maxHealthyPercentage: percent('Max', 100),
    };
    const { id } = found.refresh(preferences, now, parameters.text('Preferences.SkipMatching') !== 'true');
    return { InstanceRefreshId: id };
  },
  async CancelInstanceRefresh(parameters, groups, now) {
    return { InstanceRefreshId: (await group(parameters, groups)).refreshes.cancel(now).id };
  },
  async DescribeInstanceRefreshes(parameters, groups) {
    const { refreshes, settings } = await group(parameters, groups);
    return { InstanceRefreshes: members(refreshes.all.map(refreshXml(settings.name))) };
  },
  async DescribeLifecycleHooks(parameters, groups) {
    const { hooks, settings } = await group(parameters, groups);
    return { LifecycleHooks: members(hooks.map(hookXml(settings.name))) };
  },
  async CompleteLifecycleAction(parameters, groups, now) {
    const id = parameters.required('InstanceId');
    const hook = parameters.required('LifecycleHookName');
    (await group(parameters, groups)).complete(hook, id, result(parameters), now);
    return {};
  },
  async RecordLifecycleActionHeartbeat(parameters, groups, now) {
    const found = await group(parameters, groups);
    found.heartbeat(parameters.required('LifecycleHookName'), parameters.required('InstanceId'), now);
    return {};
  },
  async SuspendProcesses(parameters, groups) {
    const { suspended } = await group(parameters, groups);
    for (const name of parameters.list('ScalingProcesses')) suspended.add(name);
    return undefined;
  },
  async ResumeProcesses(parameters, groups, now) {
    const found = await group(parameters, groups);
    for (const name of parameters.list('ScalingProcesses')) found.suspended.delete(name);
    found.advance(now);
    return undefined;
  },
  async SetInstanceHealth(parameters, groups, now) {
    const id = parameters.required('InstanceId');
    const status = parameters.required('HealthStatus');
    if (status !== 'Healthy' && status !== 'Unhealthy') {
      throw new ApiError('ValidationError', `HealthStatus '${status}' is neither Healthy nor Unhealthy`);
    }
    (await ofInstance(id, groups)).setHealth(id, status, now);
    return undefined;
  },
  async SetInstanceProtection(parameters, groups, now) {
    const found = await group(parameters, groups);
    const ids = parameters.list('InstanceIds');
    for (const id of ids)
      found.find(id).protectedFromScaleIn = parameters.required('ProtectedFromScaleIn') === 'true';
    found.advance(now);
    return {};
  },
  async TerminateInstanceInAutoScalingGroup(parameters, groups, now) {
    const id = parameters.required('InstanceId');
    const found = await ofInstance(id, groups);
    const decrement = parameters.required('ShouldDecrementDesiredCapacity') === 'true';
    return { Activity: activityXml(found.settings.name)(found.terminate(id, decrement, now)) };
  },
};
