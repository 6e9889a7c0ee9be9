/** Settings of the fleet: which instances, how many, and how they are bought. */
import { z } from 'zod';
import { integer, type Field, type OptionsOf, type ValuesOf } from '../../contract/field.ts';
import { DEFAULT_TYPES } from '../../contract/policy.ts';
import type { Rule } from './check.ts';

/** EC2 Auto Scaling refuses a group with more types, and one that names a type twice. */
const MOST_TYPES = 40;
const MAX_INSTANCES = 10_000;

/** Its default follows from `maxCapacity`: {@link defaultInitializationRate}. */
const rate: Field<number> = {
  schema: z.literal(0).or(z.int().min(100).max(300)),
  allowed: '0, or a whole number from 100 to 300 (MiB/s)',
};

const ZONE = /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/;
const zones: Field<string[]> = {
  schema: z
    .array(z.string().regex(ZONE))
    .max(6)
    .refine((names) => new Set(names).size === names.length)
    .refine((names) => new Set(names.map((name) => name.slice(0, -1))).size <= 1),
  allowed: 'up to six zones of one region, each once, such as us-east-1a',
  default: [],
};

/** Its default follows from `spotPercentage`: {@link withFallback}. */
const onDemandFallback: Field<boolean> = { schema: z.boolean('true or false'), allowed: 'true or false' };

export const FLEET_FIELDS = {
  /**
   * EC2 instance types of the fleet, all with one GPU.
   *
   * @default - g4dn.xlarge, g5.xlarge and g6.xlarge in one mixed group
   */
  instanceTypes: {
    schema: z
      .array(z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/))
      .min(1)
      .max(MOST_TYPES)
      .refine((types) => new Set(types).size === types.length),
    allowed: `at least one and at most ${MOST_TYPES}, each once, such as g4dn.xlarge`,
    default: DEFAULT_TYPES,
  },

  /**
   * Fewest instances.
   *
   * @default 0 - a quiet service costs nothing, and the first photo waits for a boot
   */
  minCapacity: integer({ min: 0, max: MAX_INSTANCES, default: 0 }),

  /**
   * Most instances. This limits the bill.
   *
   * @default 20
   */
  maxCapacity: integer({ min: 1, max: MAX_INSTANCES, default: 20 }),

  /**
   * On-demand instances before the Spot share applies; with `onDemandFallback` those that the on-demand group always has, of
   * `minCapacity`.
   *
   * @default 0
   */
  onDemandBaseCapacity: integer({ min: 0, max: MAX_INSTANCES, default: 0 }),

  /**
   * Share of the instances above the base that are Spot, per cent.
   *
   * @default 100 - a worker returns its photos on a Spot notice, so that an interruption costs seconds
   */
  spotPercentage: integer({ min: 0, max: 100, default: 100 }),

  /**
   * Whether a second Auto Scaling group, on demand, has the instances that Spot refuses, until Spot has capacity again
   * (docs/pools.md). Only beside a group that is all Spot: `spotPercentage` 100.
   *
   * @default - true with `spotPercentage` 100, else false
   */
  onDemandFallback,

  /**
   * Rate at which EBS loads the image onto the volume of a new instance, MiB/s; 0 loads each block at its first read, which
   * is slow enough to double a boot. AWS charges by the GiB of the image and launch: about 0.25 USD at 300 for 70 GiB.
   * Launches at once share 5,000 MiB/s of the account in a region: one beyond them fails.
   *
   * @default - 5,000 over `maxCapacity`, at most 300: 250 for 20 instances, 0 for more than 50 and for a number known only at deploy
   */
  volumeInitializationRate: rate,

  /**
   * Zones of the fleet's own network, as `npx ddcolor-elastic quota` lists them. Capacity of a GPU type is a zone's own, so each zone
   * more is a chance more. Add new ones at the end: a subnet with instances cannot move to another zone.
   *
   * @default - two zones of the region, whichever AWS names first
   */
  availabilityZones: zones,

  /**
   * Stopped instances that have booted once. They start in seconds rather than minutes; meanwhile each costs its volume,
   * 100 GiB of gp3 or about 8 USD a month. Only on demand: of the group of `onDemandFallback`, or with `spotPercentage` 0. EC2 Auto Scaling has no
   * warm pool of a launch template that names a parameter: such a group starts a new image after a deploy, not after a promotion.
   *
   * @default 0
   */
  warmPoolSize: integer({ min: 0, max: MAX_INSTANCES, default: 0 }),
};

/** MiB/s that EBS gives an account in a region, by default, over all volumes that it initializes at a time. */
export const INITIALIZATION_QUOTA = 5000;

/** @returns MiB/s at which all instances of a fleet can start at once; 0 where the lowest rate is too much */
export function defaultInitializationRate(maxCapacity: number): number {
  const share = Math.floor(INITIALIZATION_QUOTA / maxCapacity);
  return share < 100 ? 0 : Math.min(300, share);
}

type Fleet = ValuesOf<typeof FLEET_FIELDS>;
export type FleetOptions = OptionsOf<typeof FLEET_FIELDS>;

/** @returns the same settings, with whether there is a fallback where they leave it out */
export const withFallback = <T extends Pick<FleetOptions, 'onDemandFallback' | 'spotPercentage'>>(
  given: T,
): T & Pick<Fleet, 'onDemandFallback'> => {
  const { spotPercentage = FLEET_FIELDS.spotPercentage.default } = given;
  return { ...given, onDemandFallback: given.onDemandFallback ?? spotPercentage === 100 };
};

const atMostMaximum = (name: 'minCapacity' | 'onDemandBaseCapacity' | 'warmPoolSize'): Rule<Fleet> => ({
  of: [name, 'maxCapacity'],
  holds: (fleet) => fleet[name] <= fleet.maxCapacity,
  allowed: ({ maxCapacity }) => `at most maxCapacity, which is ${maxCapacity}`,
});

export const FLEET_RULES: Rule<Fleet>[] = [
  atMostMaximum('minCapacity'),
  atMostMaximum('onDemandBaseCapacity'),
  atMostMaximum('warmPoolSize'),
  {
    of: ['volumeInitializationRate', 'maxCapacity'],
    holds: ({ volumeInitializationRate, maxCapacity }) =>
      volumeInitializationRate * maxCapacity <= INITIALIZATION_QUOTA,
    allowed: ({ maxCapacity }) =>
      `at most ${defaultInitializationRate(maxCapacity)} with maxCapacity ${maxCapacity}, since launches at once share ${INITIALIZATION_QUOTA} MiB/s`,
  },
  {
    of: ['onDemandFallback', 'spotPercentage'],
    holds: ({ onDemandFallback, spotPercentage }) => !onDemandFallback || spotPercentage === 100,
    allowed: ({ spotPercentage }) =>
      `with spotPercentage 100 only, which is ${spotPercentage}; a group that has on-demand instances of its own has no other one beside it`,
  },
  {
    of: ['onDemandBaseCapacity', 'minCapacity', 'onDemandFallback'],
    holds: ({ onDemandBaseCapacity, minCapacity, onDemandFallback }) =>
      !onDemandFallback || onDemandBaseCapacity <= minCapacity,
    allowed: ({ minCapacity }) =>
      `at most minCapacity, which is ${minCapacity}, with onDemandFallback true: the on-demand group always has that many`,
  },
  {
    of: ['warmPoolSize', 'spotPercentage', 'onDemandFallback'],
    holds: ({ warmPoolSize, spotPercentage, onDemandFallback }) =>
      warmPoolSize === 0 || spotPercentage === 0 || onDemandFallback,
    allowed: ({ spotPercentage }) =>
      `with onDemandFallback true, or with spotPercentage 0, which is ${spotPercentage}; EC2 Auto Scaling has no warm pools of Spot instances`,
  },
];
