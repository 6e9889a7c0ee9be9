/** Settings of the fleet: which instances, how many, and how they are bought. */
import { z } from 'zod';
import { integer, type OptionsOf, type ValuesOf } from '../../contract/field.ts';
import type { Rule } from './check.ts';

const TYPE_EXAMPLE = 'at least one, such as g4dn.xlarge';
const MAX_INSTANCES = 1000;

export const FLEET_FIELDS = {
  /**
   * EC2 instance types of the fleet, all with one GPU.
   *
   * @default - g4dn.xlarge, g5.xlarge and g6.xlarge in one mixed group
   */
  instanceTypes: {
    schema: z.array(z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/)).min(1),
    allowed: TYPE_EXAMPLE,
    default: ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'],
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
   * On-demand instances before the Spot share applies.
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
   * Rate at which EBS loads the image onto the volume of a new instance, MiB/s; 0 loads each block at its first read, which
   * is slow enough to double a boot. AWS charges by the GiB of the image and launch: about 0.25 USD at 300 for 70 GiB.
   *
   * @default 300
   */
  volumeInitializationRate: {
    schema: z.literal(0).or(z.int().min(100).max(300)),
    allowed: '0, or a whole number from 100 to 300 (MiB/s)',
    default: 300,
  },

  /**
   * Stopped instances that have booted once. They start in seconds rather than minutes; meanwhile each costs its volume,
   * 100 GiB of gp3 or about 8 USD a month. Only for groups without Spot. EC2 Auto Scaling has no warm pool
   * of a launch template that names a parameter: such a stage starts a new image after a deploy, not after a promotion.
   *
   * @default 0
   */
  warmPoolSize: integer({ min: 0, max: MAX_INSTANCES, default: 0 }),
};

type Fleet = ValuesOf<typeof FLEET_FIELDS>;
export type FleetOptions = OptionsOf<typeof FLEET_FIELDS>;

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
    of: ['warmPoolSize', 'spotPercentage'],
    holds: ({ warmPoolSize, spotPercentage }) => warmPoolSize === 0 || spotPercentage === 0,
    allowed: ({ spotPercentage }) =>
      `with spotPercentage 0 only, which is ${spotPercentage}; EC2 Auto Scaling has no warm pools of Spot instances`,
  },
];
