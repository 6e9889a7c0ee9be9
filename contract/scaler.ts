/** The scaler's environment variables: set by the construct, parsed by the function. */
import { z } from 'zod';
import { policySettingsSchema } from './policy.ts';
import { poolsSchema, warmPoolSchema } from './pools.ts';

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: `not JSON: '${text.slice(0, 60)}'` });
        return z.NEVER;
      }
    })
    .pipe(schema);

/** Prices of instances, and the limit of a day's spending. */
export const spendingSchema = z.object({
  /** USD/h on demand, by instance type. */
  hourlyPrices: z.record(z.string(), z.number().min(0)),
  /** The group's shares of on-demand and Spot instances; it does not report which instance is which. */
  onDemandBaseCapacity: z.number().int().min(0),
  spotPercentage: z.number().min(0).max(100),
  /** USD per day, UTC; null without a limit. */
  dailyLimit: z.number().min(0).nullable(),
  /** Whether the fleet does not grow for the rest of a day that reached the limit. */
  brake: z.boolean(),
});

export type Spending = z.infer<typeof spendingSchema>;

export const scalerEnvironmentSchema = z.object({
  STAGE: z.string().min(1),
  QUEUE_URL: z.url(),
  /** Second queue of the interactive lane; empty where there is none. */
  SIDELINED_QUEUE_URL: z.union([z.literal(''), z.url()]),
  /** Of the bulk lane; empty where there is none. */
  BULK_QUEUE_URL: z.union([z.literal(''), z.url()]),
  /** From a bulk photo's arrival to its outcome, at most. */
  BULK_DEADLINE_SECONDS: z.coerce.number().positive(),
  GROUP_NAME: z.string().min(1),
  TABLE_NAME: z.string().min(1),
  /** Key of an instance's counters, without its id; empty where the instances do not report. */
  WORK_KEY_PREFIX: z.string(),
  /** Heartbeat timeout of the group's launch hook, seconds; empty for a group of which it is not known. */
  LAUNCH_TIMEOUT_SECONDS: z
    .string()
    .transform((text) => (text === '' ? undefined : Number(text)))
    .pipe(z.number().positive().optional()),
  /** Name of the bucket whose new photos start a run where the fleet is at zero; empty where none do. */
  WAKE_BUCKET: z.string(),
  /** Seconds between two ticks. */
  TICK_SECONDS: z.coerce.number().positive().max(60),
  /** JSON of the policy's settings. */
  POLICY: json(policySettingsSchema),
  /** JSON of {@link Spending}. */
  SPENDING: json(spendingSchema),
  /** JSON of the workflows whose counters workers write; absent where the stage has one. */
  WORKFLOWS: json(z.array(z.string()).min(2)).optional(),
  /** JSON of `Pools` (contract/pools.ts); empty where the fleet has one group. */
  POOLS: z.union([z.literal('').transform(() => undefined), json(poolsSchema)]),
  /** JSON of `WarmPool` (contract/pools.ts); empty where no stopped instances are kept. */
  WARM_POOL: z.union([z.literal('').transform(() => undefined), json(warmPoolSchema)]),
});

export type ScalerEnvironment = z.infer<typeof scalerEnvironmentSchema>;

/** For the construct, which must set them all. */
export type ScalerVariable = Exclude<keyof ScalerEnvironment, 'WORKFLOWS'>;
