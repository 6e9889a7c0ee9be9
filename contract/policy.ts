/** The settings of the scaling policies, each declared once: its meaning, range and default. */
import { z } from 'zod';
import {
  integer,
  number,
  positive,
  schemasOf,
  withDefaults,
  type OptionsOf,
  type ValuesOf,
} from './field.ts';
import { firstServiceSeconds } from './throughput.ts';

/** Types of a fleet that names none. */
export const DEFAULT_TYPES = ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'];

/** A day: no boot, hold time or cooldown is longer. */
const MAX_SECONDS = 86_400;

const seconds = (value: number, description: string) =>
  number({ min: 0, max: MAX_SECONDS, default: value, description });
const aboveZero = (value: number | undefined, description: string) =>
  positive({ max: MAX_SECONDS, default: value, description });
const count = (value: number, description: string) =>
  integer({ min: 1, max: 100_000, default: value, description });

/** Of `slo` and `forecast`. */
export const SLO_FIELDS = {
  /**
   * Mean wait to aim at, seconds.
   *
   * @default - 10, or `p95WaitSeconds`, so that only the percentile counts
   */
  targetWaitSeconds: aboveZero(10, 'mean wait to aim at'),

  /**
   * Wait that 95 % of the photos do not exceed, seconds, beside the mean.
   *
   * @default - no percentile is asked for
   */
  p95WaitSeconds: aboveZero(undefined, 'wait that 95 % of the photos do not exceed'),

  /**
   * Instance-seconds that a second of waiting is worth.
   *
   * @default - found from `targetWaitSeconds` and `p95WaitSeconds`, and adapted to the measured waits
   */
  priceOfWaiting: aboveZero(undefined, 'instance-seconds that a second of waiting is worth'),

  /**
   * Busy time of an instance for one photo, until it is measured; seconds.
   *
   * @default - by the model of an instance (docs/cost.md#the-model-of-an-instance), for photos of 12 megapixels on the slowest of the stage's types
   */
  serviceSeconds: aboveZero(
    firstServiceSeconds(DEFAULT_TYPES),
    'busy time of an instance for one photo, until it is measured',
  ),

  /**
   * Time from requesting an instance to its service, until it is measured; seconds.
   *
   * @default 120
   */
  bootSeconds: aboveZero(120, 'time from requesting an instance to its service, until it is measured'),

  /**
   * Time between two scale-outs, seconds; 0: each tick adds what is missing.
   *
   * @default 0
   */
  scaleOutCooldownSeconds: seconds(0, 'time between two scale-outs'),

  /**
   * Time between two scale-ins, seconds; 0: each tick removes what is idle.
   *
   * @default 0
   */
  scaleInCooldownSeconds: seconds(0, 'time between two scale-ins'),

  /**
   * An empty queue removes no instance before every tick of this time saw it empty, unless workers had finished all that left it; seconds.
   *
   * @default 60
   */
  emptyHoldSeconds: seconds(
    60,
    'an empty queue removes no instance before every tick of this time saw it empty, unless workers had finished all that left it',
  ),

  /**
   * The last instance goes once the queue has been empty for this long, where the minimum is 0; seconds.
   *
   * @default - learned from the gaps between photos (docs/scaling.md#sleep)
   */
  sleepAfterSeconds: number({
    min: 0,
    max: MAX_SECONDS,
    default: undefined,
    description: 'the last instance goes once the queue has been empty for this long',
  }),
};

/** Of `threshold`. */
export const THRESHOLD_FIELDS = {
  /**
   * Waiting messages from which the fleet grows. Messages in flight do not count.
   *
   * @default 50
   */
  scaleOutBacklog: count(50, 'waiting messages from which the fleet grows'),

  /**
   * Instances added at a time.
   *
   * @default 2
   */
  scaleOutStep: count(2, 'instances added at a time'),

  /**
   * Time between two scale-outs, seconds.
   *
   * @default 300
   */
  scaleOutCooldownSeconds: seconds(300, 'time between two scale-outs'),

  /**
   * Instances removed at a time.
   *
   * @default 1
   */
  scaleInStep: count(1, 'instances removed at a time'),

  /**
   * Time from a scaling in either direction to a scale-in, seconds.
   *
   * @default 300
   */
  scaleInCooldownSeconds: seconds(300, 'time from a scaling in either direction to a scale-in'),
};

export const policySettingsSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['slo', 'forecast']),
    ...schemasOf(SLO_FIELDS),
    p95WaitSeconds: SLO_FIELDS.p95WaitSeconds.schema.optional(),
    priceOfWaiting: SLO_FIELDS.priceOfWaiting.schema.optional(),
    sleepAfterSeconds: SLO_FIELDS.sleepAfterSeconds.schema.optional(),
  }),
  z.object({ kind: z.literal('threshold'), ...schemasOf(THRESHOLD_FIELDS) }),
]);

type Optional = 'p95WaitSeconds' | 'priceOfWaiting' | 'sleepAfterSeconds';

export type SloSettings = {
  /** `forecast` also remembers the week, and requests capacity ahead of rises that came a week ago. */
  readonly kind: 'slo' | 'forecast';
} & Omit<ValuesOf<typeof SLO_FIELDS>, Optional> &
  Pick<OptionsOf<typeof SLO_FIELDS>, Optional>;

export type ThresholdSettings = { readonly kind: 'threshold' } & ValuesOf<typeof THRESHOLD_FIELDS>;

export type PolicySettings = SloSettings | ThresholdSettings;

/** A policy as a stage gives it: what is left out has its default. */
export type PolicyOptions =
  | (Pick<SloSettings, 'kind'> & OptionsOf<typeof SLO_FIELDS>)
  | (Pick<ThresholdSettings, 'kind'> & OptionsOf<typeof THRESHOLD_FIELDS>);

/** The policy of a stage that names none, on {@link DEFAULT_TYPES}. */
export const DEFAULT_POLICY: SloSettings = { kind: 'slo', ...withDefaults(SLO_FIELDS) };

/** The same on other types; those that the model of an instance does not know change nothing. */
export const defaultPolicy = (instanceTypes: readonly string[]): SloSettings => ({
  ...DEFAULT_POLICY,
  serviceSeconds: firstServiceSeconds(instanceTypes) ?? DEFAULT_POLICY.serviceSeconds,
});

/**
 * Fills in what a policy leaves out. A percentile that is asked for without a mean is asked for alone.
 */
export function resolvePolicy(
  given: PolicyOptions | undefined,
  instanceTypes: readonly string[],
): PolicySettings {
  const usual = defaultPolicy(instanceTypes);
  if (!given) return usual;
  // What is no policy is for the check to name.
  if (!['slo', 'forecast', 'threshold'].includes(given.kind)) return given as PolicySettings;
  const { kind, ...options } = given;
  const set = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  if (kind === 'threshold') return { kind, ...withDefaults(THRESHOLD_FIELDS), ...set };
  const { p95WaitSeconds: targetWaitSeconds = usual.targetWaitSeconds } = given;
  return { ...usual, targetWaitSeconds, ...set, kind };
}
