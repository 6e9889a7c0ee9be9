/** What the scaler must know of a fleet's groups: variables of its function, as JSON in which sizes may be known only at deploy. */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEFAULT_POLICY, type PolicySettings } from '../contract/policy.ts';
import type { Pools, WarmPool } from '../contract/pools.ts';
import { SPOT_SHARE } from '../contract/prices.ts';
import type { ScalerVariable } from '../contract/scaler.ts';
import type { GpuFleet } from './gpu-fleet.ts';

/** @param fleet undefined for a group of another kind */
export function poolVariables(
  scope: Construct,
  fleet: GpuFleet | undefined,
  policy: PolicySettings,
): Record<ScalerVariable & ('POOLS' | 'WARM_POOL'), string> {
  const json = (value: object | undefined) => (value ? Stack.of(scope).toJsonString(value) : '');
  return { POOLS: json(poolsOf(fleet, policy)), WARM_POOL: json(warmPoolOf(fleet)) };
}

function poolsOf(fleet: GpuFleet | undefined, policy: PolicySettings): Pools | undefined {
  if (!fleet?.onDemandGroup) return undefined;
  const { minCapacity, maxCapacity, instanceTypes, availabilityZones, warmPoolSize } = fleet.limits;
  return {
    onDemandGroupName: fleet.onDemandGroup.autoScalingGroupName,
    ...{ min: minCapacity, max: maxCapacity, warmPoolSize },
    spotPriceShare: SPOT_SHARE,
    bootSeconds: policy.kind === 'threshold' ? DEFAULT_POLICY.bootSeconds : policy.bootSeconds,
    types: [...instanceTypes],
    ...(availabilityZones.length > 0 && { zones: [...availabilityZones] }),
  };
}

function warmPoolOf(fleet: GpuFleet | undefined): WarmPool | undefined {
  if (!fleet?.warmPool) return undefined;
  const { group, sizes } = fleet.warmPool;
  return { groupName: group.autoScalingGroupName, ...sizes };
}
