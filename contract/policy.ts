/** The settings of a scaling policy, each declared once: its meaning, range and default. */
import { z } from 'zod';

/** A day: no boot, hold time or cooldown is longer. */
const MOST_SECONDS = 86_400;

const setting = (schema: z.ZodNumber, usual: number, description: string) =>
  schema.default(usual).describe(description);
const seconds = (usual: number, description: string) =>
  setting(z.number().min(0).max(MOST_SECONDS), usual, description);
const positive = () => z.number().positive().max(MOST_SECONDS);
const count = (usual: number, description: string) =>
  setting(z.number().int().min(1).max(100_000), usual, description);

export const sloSettingsSchema = z.object({
  kind: z
    .enum(['slo', 'forecast'])
    .default('slo')
    .describe('forecast also remembers the week, and orders capacity ahead of rises seen a week ago'),
  targetWaitSeconds: setting(positive(), 10, 'mean wait to aim at'),
  priceOfWaiting: positive()
    .optional()
    .describe(
      'instance-seconds that a second of waiting is worth; by default found from the target and the measured wait',
    ),
  serviceSeconds: setting(positive(), 6, 'busy time of an instance for one photo, until it is measured'),
  bootSeconds: setting(positive(), 120, 'from requesting an instance to its service, until it is measured'),
  scaleOutCooldownSeconds: seconds(0, 'between two scale-outs; 0: each tick adds what is missing'),
  scaleInCooldownSeconds: seconds(0, 'between two scale-ins; 0: each tick removes what is idle'),
  emptyHoldSeconds: seconds(
    60,
    'an empty queue removes no instance before every tick of this time saw it empty',
  ),
  sleepAfterSeconds: seconds(300, 'the last instance goes once the queue has been empty for this long'),
});

export const thresholdSettingsSchema = z.object({
  kind: z.literal('threshold').default('threshold'),
  scaleOutBacklog: count(50, 'waiting messages from which the fleet grows; in flight ones do not count'),
  scaleOutStep: count(2, 'instances added at a time'),
  scaleOutCooldownSeconds: seconds(300, 'between two scale-outs'),
  scaleInStep: count(1, 'instances removed at a time'),
  scaleInCooldownSeconds: seconds(300, 'from a scaling in either direction to a scale-in'),
});

export const policySettingsSchema = z.discriminatedUnion('kind', [
  sloSettingsSchema,
  thresholdSettingsSchema,
]);

export type SloSettings = z.infer<typeof sloSettingsSchema>;
export type ThresholdSettings = z.infer<typeof thresholdSettingsSchema>;
export type PolicySettings = z.infer<typeof policySettingsSchema>;

/** The policy of a stage that names none. */
export const DEFAULT_POLICY: SloSettings = sloSettingsSchema.parse({});
