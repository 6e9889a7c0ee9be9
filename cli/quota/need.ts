/** What a stage's maximum needs of the account's quotas: vCPUs of EC2's GPU quotas, and the rate at which EBS loads volumes. */
import { INSTANCE_PRICES, sharesOf } from '../../contract/prices.ts';
import { INITIALIZATION_QUOTA } from '../../lib/stage/fleet.ts';
import type { Stage } from '../../lib/stage/stage.ts';
import { UserError } from '../../common/errors.ts';

export const QUOTAS = {
  onDemand: { code: 'L-DB2E81BA', name: 'Running On-Demand G and VT instances' },
  spot: { code: 'L-3819A6DF', name: 'All G and VT Spot Instance Requests' },
} as const;

export type Kind = keyof typeof QUOTAS;

/** vCPUs of the largest type, which any instance may be. @throws UserError for an unknown type */
export function largestVcpus({ name, instanceTypes }: Pick<Stage, 'name' | 'instanceTypes'>): number {
  const unknown = instanceTypes.filter((type) => !Object.hasOwn(INSTANCE_PRICES, type));
  if (unknown.length > 0) {
    throw new UserError(
      `stage '${name}': how many vCPUs ${unknown.join(', ')} has is unknown; add it to INSTANCE_PRICES in contract/prices.ts, which has ${Object.keys(INSTANCE_PRICES).join(', ')}.`,
    );
  }
  return Math.max(...instanceTypes.map((type) => INSTANCE_PRICES[type]?.vcpus ?? 0));
}

/** The bake's builder, and later the instance on which `image promote` tries an image: on demand, whatever the fleet is. */
const IMAGE_INSTANCES = { onDemand: 1, spot: 0 } as const;

export interface QuotaCheck {
  kind: Kind;
  code: string;
  name: string;
  /** Instances of this kind at the stage's maximum. */
  instances: number;
  /** Instances beside the fleet, to build and to try images. */
  imageInstances: number;
  vcpusEach: number;
  /** vCPUs. */
  needed: number;
  allowed: number;
  /** Instances that the quota allows when nothing else uses it. */
  allows: number;
  enough: boolean;
}

/** @throws UserError */
export function checkQuotas(stage: Stage, allowed: Record<Kind, number>): QuotaCheck[] {
  const vcpusEach = largestVcpus(stage);
  const { maxCapacity, onDemandFallback } = stage;
  // Either market may have to give all of them.
  const needs = onDemandFallback
    ? { onDemand: maxCapacity, spot: maxCapacity }
    : sharesOf(stage, maxCapacity);
  return (Object.keys(QUOTAS) as Kind[]).map((kind) => {
    const imageInstances = IMAGE_INSTANCES[kind];
    const needed = (needs[kind] + imageInstances) * vcpusEach;
    return {
      ...{ kind, ...QUOTAS[kind], instances: needs[kind], imageInstances, vcpusEach, needed },
      allowed: allowed[kind],
      allows: Math.floor(allowed[kind] / vcpusEach),
      enough: allowed[kind] >= needed,
    };
  });
}

export interface RateCheck {
  /** MiB/s of each new volume; 0: none is asked for. */
  each: number;
  /** MiB/s, when all instances start at once. */
  needed: number;
  /** MiB/s, AWS's default; other stages and other volumes of the account use it too. */
  allowed: number;
  enough: boolean;
}

export function checkRate({ maxCapacity, volumeInitializationRate }: Stage): RateCheck {
  const needed = maxCapacity * volumeInitializationRate;
  return {
    each: volumeInitializationRate,
    needed,
    allowed: INITIALIZATION_QUOTA,
    enough: needed <= INITIALIZATION_QUOTA,
  };
}
