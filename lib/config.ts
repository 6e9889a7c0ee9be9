/** What a stage is made of, its defaults, and the rules that reject nonsense at synth. */
import type { PolicySettings } from '../lambda/scaler/policy.ts';

/** One stage, as a user writes it in `bin/stages.ts`. */
export interface StageConfig {
  /**
   * EC2 instance types of the fleet, all with one GPU.
   *
   * @default - g4dn.xlarge, g5.xlarge and g6.xlarge in one mixed group
   */
  readonly instanceTypes?: string[];

  /**
   * Fewest instances.
   *
   * @default 0 - a quiet service costs nothing, and the first photo waits for a boot
   */
  readonly minCapacity?: number;

  /**
   * Most instances: the limit of the bill.
   *
   * @default 20
   */
  readonly maxCapacity?: number;

  /**
   * Instances that are always on demand, before the Spot share applies.
   *
   * @default 0
   */
  readonly onDemandBaseCapacity?: number;

  /**
   * Share of the instances above the base that are Spot, in per cent.
   *
   * @default 100 - the worker gives its photo back on a Spot notice, so interruptions cost seconds
   */
  readonly spotPercentage?: number;

  /**
   * MiB/s at which the blocks of an image come to a new instance's volume, 100 to 300; 0 leaves it to first reads, which
   * is slow enough to double a boot. AWS charges for it by the GiB of the image and launch: some 0.1 USD at 300 for 30 GiB.
   *
   * @default 300
   */
  readonly volumeInitializationRate?: number;

  /**
   * Instances that have booted once and wait, stopped: they come in seconds rather than minutes, and cost their volume
   * meanwhile (60 GiB of gp3: some 5 USD a month each). Only for groups without Spot.
   *
   * @default 0
   */
  readonly warmPoolSize?: number;

  /**
   * How the fleet is sized.
   *
   * @default - `slo`: a mean wait of 10 s; the last instance goes when the queue was empty for 300 s
   */
  readonly policy?: PolicySettings;

  /**
   * Seconds between two ticks of the scaler; must divide 60.
   *
   * @default 30
   */
  readonly tickSeconds?: number;

  /**
   * What ComfyUI must compute on before a worker takes a photo.
   *
   * @default - cuda: an instance whose GPU does not work never comes into service
   */
  readonly device?: 'cuda' | 'cpu';

  /**
   * Name of the ComfyUI graph, a file of `ami/workflow/` without its ending.
   *
   * @default - ddcolor
   */
  readonly workflow?: string;

  /**
   * What ComfyUI gets of a photo: `chroma`, a small copy whose colours the worker merges with the photo's own lightness,
   * which is several times as fast; or `plain`, the whole photo.
   *
   * @default chroma - where the workflow says that it computes chroma at a fixed size, else plain
   */
  readonly path?: 'chroma' | 'plain';

  /**
   * Largest picture that is taken, in millions of pixels. Larger ones end in `failed/`.
   *
   * @default 100
   */
  readonly maxMegapixels?: number;

  /**
   * Seconds until a photo whose worker has died is handed to another. Renewed while a photo is worked on.
   *
   * @default 120
   */
  readonly visibilityTimeoutSeconds?: number;

  /**
   * Receives of a photo before it goes to the dead-letter queue.
   *
   * @default 5
   */
  readonly maxReceiveCount?: number;

  /**
   * Seconds between two looks of the worker at Spot notice and lifecycle state.
   *
   * @default 5
   */
  readonly noticePollSeconds?: number;

  /**
   * Days until a photo under `incoming/` is deleted.
   *
   * @default 14
   */
  readonly photoRetentionDays?: number;

  /**
   * Days until a result or a failure is deleted.
   *
   * @default 30
   */
  readonly resultRetentionDays?: number;

  /**
   * Whether the bucket and its objects survive the deletion of the stack, which is then protected against it as well.
   *
   * @default false - the stack takes its photos with it
   */
  readonly retainData?: boolean;
}

/** A stage with every default filled in. */
export interface Stage extends Required<StageConfig> {
  readonly name: string;
}

const defaults: Required<StageConfig> = {
  instanceTypes: ['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge'],
  minCapacity: 0,
  maxCapacity: 20,
  onDemandBaseCapacity: 0,
  spotPercentage: 100,
  volumeInitializationRate: 300,
  warmPoolSize: 0,
  policy: {
    kind: 'slo',
    targetWaitSeconds: 10,
    // First guesses, until the scaler has measured both.
    serviceSeconds: 6,
    bootSeconds: 120,
    scaleOutCooldownSeconds: 0,
    scaleInCooldownSeconds: 0,
    emptyHoldSeconds: 60,
    sleepAfterSeconds: 300,
  },
  tickSeconds: 30,
  device: 'cuda',
  workflow: 'ddcolor',
  path: 'chroma',
  maxMegapixels: 100,
  visibilityTimeoutSeconds: 120,
  maxReceiveCount: 5,
  noticePollSeconds: 5,
  photoRetentionDays: 14,
  resultRetentionDays: 30,
  retainData: false,
};

/** SQS's longest visibility timeout, seconds. */
const MAX_VISIBILITY_SECONDS = 43_200;
const whole = (value: number, low: number, high: number) =>
  Number.isInteger(value) && value >= low && value <= high;

interface Rule {
  readonly broken: (stage: Stage) => boolean;
  readonly message: (stage: Stage) => string;
}

/** Every rule that a stage has to keep. */
export const RULES: Rule[] = [
  {
    broken: ({ name }) => !/^[a-z][a-z0-9-]{0,19}$/.test(name),
    message: ({ name }) => `name '${name}': a small letter, then up to 19 small letters, digits and hyphens`,
  },
  {
    broken: ({ instanceTypes }) =>
      instanceTypes.length === 0 || instanceTypes.some((type) => !/^[a-z0-9-]+\.[a-z0-9-]+$/.test(type)),
    message: ({ instanceTypes }) =>
      `instanceTypes [${instanceTypes.join(', ')}]: at least one, such as g4dn.xlarge`,
  },
  {
    broken: ({ minCapacity }) => !whole(minCapacity, 0, 1000),
    message: ({ minCapacity }) => `minCapacity ${minCapacity}: a whole number from 0 to 1000`,
  },
  {
    broken: ({ maxCapacity }) => !whole(maxCapacity, 1, 1000),
    message: ({ maxCapacity }) => `maxCapacity ${maxCapacity}: a whole number from 1 to 1000`,
  },
  {
    broken: ({ minCapacity, maxCapacity }) => minCapacity > maxCapacity,
    message: ({ minCapacity, maxCapacity }) =>
      `minCapacity ${minCapacity}: at most maxCapacity, which is ${maxCapacity}`,
  },
  {
    broken: ({ onDemandBaseCapacity, maxCapacity }) => !whole(onDemandBaseCapacity, 0, maxCapacity),
    message: ({ onDemandBaseCapacity, maxCapacity }) =>
      `onDemandBaseCapacity ${onDemandBaseCapacity}: a whole number from 0 to maxCapacity, which is ${maxCapacity}`,
  },
  {
    broken: ({ spotPercentage }) => !whole(spotPercentage, 0, 100),
    message: ({ spotPercentage }) => `spotPercentage ${spotPercentage}: a whole number from 0 to 100`,
  },
  {
    broken: ({ volumeInitializationRate: rate }) => rate !== 0 && !whole(rate, 100, 300),
    message: ({ volumeInitializationRate: rate }) =>
      `volumeInitializationRate ${rate}: 0, or a whole number from 100 to 300 (MiB/s)`,
  },
  {
    broken: ({ warmPoolSize, maxCapacity }) => !whole(warmPoolSize, 0, maxCapacity),
    message: ({ warmPoolSize, maxCapacity }) =>
      `warmPoolSize ${warmPoolSize}: a whole number from 0 to maxCapacity, which is ${maxCapacity}`,
  },
  {
    broken: ({ warmPoolSize, spotPercentage }) => warmPoolSize > 0 && spotPercentage > 0,
    message: ({ warmPoolSize, spotPercentage }) =>
      `warmPoolSize ${warmPoolSize}: with spotPercentage 0 only, which is ${spotPercentage}; EC2 Auto Scaling keeps no Spot instances warm`,
  },
  {
    broken: ({ policy, minCapacity }) => policy.kind === 'threshold' && minCapacity < 1,
    message: ({ minCapacity }) =>
      `minCapacity ${minCapacity}: at least 1 with the policy 'threshold', since fewer photos than its threshold would wake nothing`,
  },
  {
    broken: ({ tickSeconds }) => !whole(tickSeconds, 1, 60) || 60 % tickSeconds !== 0,
    message: ({ tickSeconds }) => `tickSeconds ${tickSeconds}: a whole number from 1 to 60 that divides 60`,
  },
  {
    broken: ({ policy }) =>
      Object.values(policy).some((value) => typeof value === 'number' && !(value >= 0 && value <= 86_400)),
    message: ({ policy }) => `policy ${JSON.stringify(policy)}: every number from 0 to 86400`,
  },
  {
    broken: ({ policy }) =>
      policy.kind !== 'threshold' &&
      !(
        policy.targetWaitSeconds > 0 &&
        policy.serviceSeconds > 0 &&
        policy.bootSeconds > 0 &&
        (policy.priceOfWaiting ?? 1) > 0
      ),
    message: ({ policy }) =>
      `policy ${JSON.stringify(policy)}: targetWaitSeconds, serviceSeconds, bootSeconds and priceOfWaiting above 0`,
  },
  {
    broken: ({ policy }) =>
      policy.kind === 'threshold' &&
      ![policy.scaleOutBacklog, policy.scaleOutStep, policy.scaleInStep].every((value) =>
        whole(value, 1, 100_000),
      ),
    message: ({ policy }) =>
      `policy ${JSON.stringify(policy)}: scaleOutBacklog, scaleOutStep and scaleInStep whole and at least 1`,
  },
  {
    broken: ({ maxMegapixels }) => !(maxMegapixels > 0 && maxMegapixels <= 178),
    message: ({ maxMegapixels }) =>
      `maxMegapixels ${maxMegapixels}: above 0 and at most 178, where ComfyUI's decoder refuses`,
  },
  {
    broken: ({ visibilityTimeoutSeconds }) => !whole(visibilityTimeoutSeconds, 10, MAX_VISIBILITY_SECONDS),
    message: ({ visibilityTimeoutSeconds }) =>
      `visibilityTimeoutSeconds ${visibilityTimeoutSeconds}: a whole number from 10 to ${MAX_VISIBILITY_SECONDS}`,
  },
  {
    broken: ({ maxReceiveCount }) => !whole(maxReceiveCount, 2, 1000),
    message: ({ maxReceiveCount }) => `maxReceiveCount ${maxReceiveCount}: a whole number from 2 to 1000`,
  },
  {
    broken: ({ noticePollSeconds }) => !(noticePollSeconds > 0 && noticePollSeconds <= 30),
    message: ({ noticePollSeconds }) =>
      `noticePollSeconds ${noticePollSeconds}: above 0 and at most 30, of the 120 that Spot gives`,
  },
  {
    broken: ({ photoRetentionDays, resultRetentionDays }) =>
      !whole(photoRetentionDays, 1, 3650) || !whole(resultRetentionDays, 1, 3650),
    message: ({ photoRetentionDays, resultRetentionDays }) =>
      `photoRetentionDays ${photoRetentionDays}, resultRetentionDays ${resultRetentionDays}: whole numbers from 1 to 3650`,
  },
];

/**
 * Fills in the defaults and checks the stage.
 *
 * @throws Error that names every broken rule, with the value given and what is allowed
 */
export function resolveStage(name: string, config: StageConfig): Stage {
  const stage: Stage = { ...defaults, ...config, name };
  const broken = RULES.filter((rule) => rule.broken(stage)).map((rule) => rule.message(stage));
  if (broken.length > 0) throw new Error(`stage '${name}' cannot be built:\n  ${broken.join('\n  ')}`);
  return stage;
}
