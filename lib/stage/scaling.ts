/** Settings of the scaler. */
import { z } from 'zod';
import { integer, type Field, type OptionsOf, type ValuesOf } from '../../contract/field.ts';
import { DEFAULT_POLICY, policySettingsSchema, type PolicySettings } from '../../contract/policy.ts';
import type { Rule } from './check.ts';
import type { FLEET_FIELDS } from './fleet.ts';

const policy: Field<PolicySettings> = {
  schema: policySettingsSchema,
  allowed: 'the settings of slo, forecast or threshold',
  default: DEFAULT_POLICY,
};

export const SCALING_FIELDS = {
  /**
   * How the scaler sizes the fleet (docs/scaling.md).
   *
   * @default - `slo`: a mean wait of 10 s; when the last instance goes is learned
   */
  policy,

  /**
   * Seconds between two ticks of the scaler.
   *
   * @default 30
   */
  tickSeconds: {
    schema: z.int().refine((seconds) => seconds >= 1 && 60 % seconds === 0),
    allowed: 'a whole number from 1 to 60 that divides 60',
    default: 30,
  },

  /**
   * Seconds from the upload of a photo of the bulk lane, under `bulk/`, until it is coloured at the latest. Such a photo waits for capacity that other photos
   * leave, and instances are added for it only as its deadline nears. The policy `threshold` adds none.
   *
   * @default 3600
   */
  bulkDeadlineSeconds: integer({ min: 60, max: 86_400, default: 3600 }),
};

export type ScalingOptions = OptionsOf<typeof SCALING_FIELDS>;

type Scaling = ValuesOf<typeof SCALING_FIELDS> & Pick<ValuesOf<typeof FLEET_FIELDS>, 'minCapacity'>;

export const SCALING_RULES: Rule<Scaling>[] = [
  {
    of: ['minCapacity', 'policy'],
    holds: ({ minCapacity, policy }) => policy.kind !== 'threshold' || minCapacity >= 1,
    allowed: () =>
      "at least 1 with the policy 'threshold': fewer photos than its threshold start no instance",
  },
];
