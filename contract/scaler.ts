/** The scaler's environment: set by the construct, parsed by the function. */
import { z } from 'zod';
import { policySettingsSchema } from './policy.ts';

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

/** What instances cost, and how much a day may. */
export const spendingSchema = z.object({
  /** USD an hour on demand, by instance type. */
  hourlyPrices: z.record(z.string(), z.number().min(0)),
  /** How many of them are Spot, which the group does not say of each. */
  onDemandBaseCapacity: z.number().int().min(0),
  spotPercentage: z.number().min(0).max(100),
  /** USD between two midnights UTC; null without a limit. */
  dailyLimit: z.number().min(0).nullable(),
  /** Whether the fleet stops growing for the rest of the day once the limit is reached. */
  brake: z.boolean(),
});

export type Spending = z.infer<typeof spendingSchema>;

export const scalerEnvironmentSchema = z.object({
  STAGE: z.string().min(1),
  QUEUE_URL: z.url(),
  GROUP_NAME: z.string().min(1),
  TABLE_NAME: z.string().min(1),
  /** Seconds between two ticks. */
  TICK_SECONDS: z.coerce.number().positive().max(60),
  /** JSON of the policy's settings. */
  POLICY: json(policySettingsSchema),
  /** JSON of {@link Spending}. */
  SPENDING: json(spendingSchema),
});

export type ScalerEnvironment = z.infer<typeof scalerEnvironmentSchema>;

/** Names of the variables, for a construct that must set them all. */
export type ScalerVariable = keyof ScalerEnvironment;
