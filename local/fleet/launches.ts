/** Launches of a group: market by its mixed instances policy, zone by balance, and what EC2 refuses on the way. Pure, as the group. */
import { sharesOf } from '../../contract/prices.ts';
import { CAUSES, DESCRIPTIONS, type Activities } from './activities.ts';
import {
  isTerminating,
  newInstance,
  random,
  type GroupSettings,
  type Instance,
  type Market,
} from './instance.ts';
import { zonesForLaunch } from './placement.ts';
import { Refusals, type Offering } from './refusals.ts';

/** As the group is now. */
export interface LaunchContext {
  /** Those of the group that stay, and those of its warm pool. */
  alive: () => Instance[];
  warm: () => Instance[];
  add: (instance: Instance) => void;
  version: string;
}

/** Why instances are launched, and what was refused for it already. */
interface Attempt {
  cause: string;
  now: number;
  zones: Set<string | undefined>;
}

export class Launches {
  readonly refusals = new Refusals();
  /** Of ids, and of choices between equal instances. */
  readonly random: () => number;

  constructor(
    private readonly settings: GroupSettings,
    private readonly log: Activities,
    source: number,
  ) {
    this.random = random(settings.seed ^ source);
  }

  /** @returns how many instances were launched; the first that EC2 refuses in every zone is the last */
  launch(count: number, cause: string, now: number, group: LaunchContext): number {
    const attempt = { cause, now, zones: new Set<string | undefined>() };
    for (let k = 0; k < count; k++) {
      const offering = this.offering(this.nextMarket(group.alive()), group.alive(), attempt);
      if (!offering) return k;
      const instance = this.instance(offering, group.version, now);
      instance.activityId = this.log.begin(DESCRIPTIONS.launch(instance.id), cause, now).id;
      group.add(instance);
    }
    return Math.max(0, count);
  }

  /** The same for the warm pool. */
  fillPool(count: number, now: number, group: LaunchContext): number {
    const zones = new Set<string | undefined>();
    for (let k = 0; k < count; k++) {
      const pool = group.warm().filter((one) => !isTerminating(one));
      const cause = CAUSES.intoPool(now, pool.length, pool.length + 1);
      const offering = this.offering('on-demand', pool, { cause, now, zones });
      if (!offering) return k;
      const instance = this.instance(offering, group.version, now);
      instance.lifecycleState = 'Warmed:Pending';
      instance.activityId = this.log.begin(DESCRIPTIONS.intoPool(instance.id), cause, now).id;
      group.add(instance);
    }
    return Math.max(0, count);
  }

  private nextMarket(alive: Instance[]): Market {
    const { purchase = { onDemandBaseCapacity: 0, spotPercentage: 100 } } = this.settings;
    const onDemand = alive.filter(({ market }) => market === 'on-demand').length;
    return onDemand < sharesOf(purchase, alive.length + 1).onDemand ? 'on-demand' : 'spot';
  }

  /** @returns undefined where EC2 refuses, or has refused so recently that Auto Scaling does not try again yet */
  private offering(market: Market, spread: Instance[], { cause, now, zones }: Attempt): Offering | undefined {
    if (now < this.refusals.retryAt) return undefined;
    const { settings, refusals } = this;
    const { offering, refused } = refusals.choose(
      market,
      settings.types,
      zonesForLaunch(settings.zones, spread),
    );
    for (const { zone, message: statusMessage } of refused) {
      if (zones.has(zone)) continue;
      zones.add(zone);
      const activity = this.log.begin(DESCRIPTIONS.refused, cause, now);
      Object.assign(activity, { statusCode: 'Failed', statusMessage, endedAt: now }, zone && { zone });
    }
    if (offering) refusals.given();
    else refusals.pause(now);
    return offering;
  }

  private instance(offering: Offering, version: string, now: number): Instance {
    const bootedAt = now + this.settings.bootMs;
    return newInstance(this.random, { ...offering, version, launchedAt: now, bootedAt });
  }
}
