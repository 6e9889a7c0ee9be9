/** A stage: every setting, its check and its defaults. Without the CDK, since commands read stages too. */
import { text, withDefaults, type Field, type OptionsOf, type ValuesOf } from '../../contract/field.ts';
import { DEFAULT_TYPES, resolvePolicy, type PolicyOptions } from '../../contract/policy.ts';
import { onDemandGroupName } from '../../contract/pools.ts';
import { QUEUE_FIELDS, WORKER_FIELDS } from '../../contract/worker.ts';
import { problemsOf, tokensIn, unknownFields, type Rule } from './check.ts';
import { DOOR_FIELDS, DOOR_RULES } from './doors.ts';
import { defaultInitializationRate, FLEET_FIELDS, FLEET_RULES, withFallback } from './fleet.ts';
import { EVENT_FIELDS, EVENT_RULES } from './events.ts';
import { GATEWAY_FIELDS, GATEWAY_RULES } from './gateway.ts';
import { LOG_FIELDS } from './logs.ts';
import { MONITORING_FIELDS } from './monitoring.ts';
import { PROBE_FIELDS, PROBE_RULES } from './probe.ts';
import { RETENTION_FIELDS, WORKFLOW_FIELDS } from './photos.ts';
import { SCALING_FIELDS, SCALING_RULES } from './scaling.ts';
import { defaultDailySpendLimit, SPENDING_FIELDS, SPENDING_RULES } from './spending.ts';

/** By subject, in the order of the reference page. */
export const STAGE_SUBJECTS = {
  Fleet: FLEET_FIELDS,
  Scaling: SCALING_FIELDS,
  Photos: { ...WORKFLOW_FIELDS, ...WORKER_FIELDS, ...QUEUE_FIELDS, ...RETENTION_FIELDS },
  Gateway: GATEWAY_FIELDS,
  Doors: DOOR_FIELDS,
  Events: EVENT_FIELDS,
  Spending: SPENDING_FIELDS,
  Monitoring: { ...MONITORING_FIELDS, ...PROBE_FIELDS, ...LOG_FIELDS },
};

export const STAGE_FIELDS = {
  ...STAGE_SUBJECTS.Fleet,
  ...STAGE_SUBJECTS.Scaling,
  ...STAGE_SUBJECTS.Photos,
  ...STAGE_SUBJECTS.Gateway,
  ...STAGE_SUBJECTS.Doors,
  ...STAGE_SUBJECTS.Events,
  ...STAGE_SUBJECTS.Spending,
  ...STAGE_SUBJECTS.Monitoring,
};

type Values = ValuesOf<typeof STAGE_FIELDS>;

export const STAGE_RULES: Rule<Values>[] = [
  {
    of: ['maxReceiveCount', 'maxAttempts'],
    holds: ({ maxReceiveCount, maxAttempts }) => maxReceiveCount > maxAttempts,
    allowed: ({ maxAttempts }) => `more than maxAttempts, which is ${maxAttempts}`,
  },
  ...FLEET_RULES,
  ...SCALING_RULES,
  ...GATEWAY_RULES,
  ...DOOR_RULES,
  ...EVENT_RULES,
  ...SPENDING_RULES,
  ...PROBE_RULES,
];

/** One stage, as a user writes it in `bin/stages.ts`. */
export type StageConfig = Omit<OptionsOf<typeof STAGE_FIELDS>, 'policy'> & {
  /**
   * How the scaler sizes the fleet (docs/scaling.md); what is left out has its default.
   *
   * @default - `slo`: a mean wait of 10 s; when the last instance goes is learned
   */
  readonly policy?: PolicyOptions | undefined;
};

/** A stage with every default filled in. */
export type Stage = Values & { readonly name: string };

/** 18 characters: with an account and the longest name of a region, the bucket's name has the 63 that S3 allows. */
const SHORT_NAME = text(
  /^[a-z][a-z0-9-]{0,17}$/,
  'a lowercase letter, then up to 17 lowercase letters, digits and hyphens',
);
/** Not the name of another stage's on-demand group. */
export const STAGE_NAME: Field<string> = {
  schema: SHORT_NAME.schema.refine((name) => !name.endsWith(onDemandGroupName(''))),
  allowed: `${SHORT_NAME.allowed}, and not ${onDemandGroupName('')} at the end`,
};

/**
 * Fills in the defaults and checks the stage.
 *
 * @throws Error that names every wrong setting, with the value given and what is allowed
 */
export function resolveStage(name: string, config: StageConfig): Stage {
  // Before the check: what is no list is named by it.
  const types = Array.isArray(config.instanceTypes) ? config.instanceTypes : DEFAULT_TYPES;
  const policy = resolvePolicy(config.policy, types);
  const values = withDefaults(STAGE_FIELDS, withFallback({ ...config, policy }));
  const known = (setting: string) => values[setting as keyof Values] !== undefined;
  const problems = [
    ...tokensIn({ name, ...config }),
    ...problemsOf({ name: STAGE_NAME }, [], { name }),
    ...unknownFields(STAGE_FIELDS, config),
    ...problemsOf(STAGE_FIELDS, STAGE_RULES, values, known),
  ];
  if (problems.length > 0) throw new Error(`stage '${name}' cannot be built:\n  ${problems.join('\n  ')}`);
  return {
    ...values,
    volumeInitializationRate:
      values.volumeInitializationRate ?? defaultInitializationRate(values.maxCapacity),
    dailySpendLimit: values.dailySpendLimit ?? defaultDailySpendLimit(values),
    name,
  };
}
