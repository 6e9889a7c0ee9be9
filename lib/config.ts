/** A stage's defaults, and the check of what was given. */
import {
  DEFAULT_INSTANCE_TYPES,
  DEFAULT_MAX_CAPACITY,
  DEFAULT_MAX_RECEIVE_COUNT,
  DEFAULT_PHOTO_RETENTION_DAYS,
  DEFAULT_PROMISED_WAIT_SECONDS,
  DEFAULT_RESULT_RETENTION_DAYS,
  DEFAULT_RUNBOOK_URL,
  DEFAULT_SPOT_PERCENTAGE,
  DEFAULT_TICK_SECONDS,
  DEFAULT_VISIBILITY_TIMEOUT_SECONDS,
  DEFAULT_VOLUME_INITIALIZATION_RATE,
} from './defaults.ts';
import { DEFAULT_POLICY } from '../contract/policy.ts';
import { onDemandPrice } from './spending.ts';
import { RULES } from './rules.ts';
import type { Stage, StageConfig } from './stage-config.ts';

export type { Stage, StageConfig } from './stage-config.ts';

/** All but what follows from the rest. */
const defaults: Required<Omit<StageConfig, 'dailySpendLimit'>> = {
  instanceTypes: DEFAULT_INSTANCE_TYPES,
  minCapacity: 0,
  maxCapacity: DEFAULT_MAX_CAPACITY,
  onDemandBaseCapacity: 0,
  spotPercentage: DEFAULT_SPOT_PERCENTAGE,
  volumeInitializationRate: DEFAULT_VOLUME_INITIALIZATION_RATE,
  warmPoolSize: 0,
  policy: DEFAULT_POLICY,
  tickSeconds: DEFAULT_TICK_SECONDS,
  device: 'cuda',
  workflow: 'ddcolor',
  path: 'chroma',
  maxMegapixels: 100,
  visibilityTimeoutSeconds: DEFAULT_VISIBILITY_TIMEOUT_SECONDS,
  maxReceiveCount: DEFAULT_MAX_RECEIVE_COUNT,
  noticePollSeconds: 5,
  access: 'none',
  jwtIssuer: '',
  jwtAudience: [],
  maxUploadMegabytes: 25,
  photosPerHour: 100,
  photosPerDay: 2000,
  requestsPerSecond: 20,
  linkSeconds: 900,
  promisedWaitSeconds: DEFAULT_PROMISED_WAIT_SECONDS,
  spendBrake: false,
  instancePrices: {},
  alarmEmail: '',
  runbookUrl: DEFAULT_RUNBOOK_URL,
  photoRetentionDays: DEFAULT_PHOTO_RETENTION_DAYS,
  resultRetentionDays: DEFAULT_RESULT_RETENTION_DAYS,
  retainData: false,
};

/** Hours at the maximum after which a day has cost more than somebody expected. */
const EXPECTED_HOURS = 12;

function withSpendLimit(stage: Omit<Stage, 'dailySpendLimit'>): Stage {
  const dearest = Math.max(0, ...stage.instanceTypes.map((type) => onDemandPrice(stage, type) ?? 0));
  return { dailySpendLimit: Math.ceil(EXPECTED_HOURS * stage.maxCapacity * dearest), ...stage };
}

/**
 * Fills in the defaults and checks the stage.
 *
 * @throws Error that names every broken rule, with the value given and what is allowed
 */
export function resolveStage(name: string, config: StageConfig): Stage {
  const stage = withSpendLimit({ ...defaults, ...config, name });
  const broken = RULES.filter((rule) => rule.broken(stage)).map((rule) => rule.message(stage));
  if (broken.length > 0) throw new Error(`stage '${name}' cannot be built:\n  ${broken.join('\n  ')}`);
  return stage;
}
