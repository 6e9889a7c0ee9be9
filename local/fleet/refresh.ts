/**
 * An instance refresh, by the documented rules of EC2 Auto Scaling: it replaces the instances of an older launch template,
 * as many at a time as the healthy percentages of the desired capacity allow. The desired capacity may change meanwhile;
 * lifecycle hooks apply. The warm-up is over at once.
 */
import { ApiError } from './query.ts';
import { isTerminating, type Instance } from './instance.ts';

export interface RefreshPreferences {
  /** Per cent of the desired capacity that stays in service. */
  minHealthyPercentage: number;
  /** Per cent of it that may be in service or pending; above 100 instances are launched before others are terminated. */
  maxHealthyPercentage: number;
}

export interface InstanceRefresh {
  id: string;
  preferences: RefreshPreferences;
  status: 'InProgress' | 'Successful' | 'Cancelled';
  /** Epoch milliseconds. */
  startedAt: number;
  endedAt?: number;
  /** Instances to replace when it began. */
  toReplace: number;
}

/** What a refresh does next. */
interface Step {
  /** Instances that may be there. */
  most: number;
  launches: number;
  ends: Instance[];
}

export class Refreshes {
  /** Newest first. */
  readonly all: InstanceRefresh[] = [];

  get current(): InstanceRefresh | undefined {
    return this.all.find(({ status }) => status === 'InProgress');
  }

  /** @throws ApiError while another one is in progress */
  start(preferences: RefreshPreferences, toReplace: number, now: number): InstanceRefresh {
    if (this.current) {
      throw new ApiError(
        'InstanceRefreshInProgress',
        'An instance refresh is already in progress and blocks the execution of this instance refresh.',
      );
    }
    const id = `00000000-0000-4000-9000-${String(this.all.length + 1).padStart(12, '0')}`;
    const refresh: InstanceRefresh = { id, preferences, status: 'InProgress', startedAt: now, toReplace };
    this.all.unshift(refresh);
    return refresh;
  }

  /** @throws ApiError without one in progress */
  cancel(now: number): InstanceRefresh {
    const { current } = this;
    if (!current)
      throw new ApiError(
        'ActiveInstanceRefreshNotFound',
        'No in progress or pending Instance Refresh found.',
      );
    return Object.assign(current, { status: 'Cancelled', endedAt: now });
  }

  /** @param version of the launch template; instances of it are not replaced */
  step(instances: Instance[], desired: number, version: string, now: number): Step {
    const { current } = this;
    const alive = instances.filter((one) => !isTerminating(one));
    const old = alive.filter((one) => one.version !== version);
    if (current && old.length === 0) Object.assign(current, { status: 'Successful', endedAt: now });
    if (!current || old.length === 0) return { most: desired, launches: 0, ends: [] };
    const { minHealthyPercentage, maxHealthyPercentage } = current.preferences;
    // At least one instance at a time, however small the group.
    const above = Math.max(1, Math.floor((desired * (maxHealthyPercentage - 100)) / 100));
    const most = maxHealthyPercentage > 100 ? desired + above : desired;
    const least = Math.ceil((desired * minHealthyPercentage) / 100);
    const isReady = ({ lifecycleState }: Instance) => lifecycleState === 'InService';
    const spare = Math.max(0, alive.filter(isReady).length - least);
    const fresh = alive.length - old.length;
    return {
      most,
      launches: Math.max(0, Math.min(most - alive.length, desired - fresh)),
      // One that is not in service yet serves nobody.
      ends: [...old.filter((one) => !isReady(one)), ...old.filter(isReady).slice(0, spare)],
    };
  }
}
