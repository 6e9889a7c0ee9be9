/** What a stage is made of. */
import type { PolicySettings } from '../contract/policy.ts';
import type { Access } from '../contract/gateway.ts';

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
   * Who may send photos over HTTP: `none`, without a gateway (the bucket is there for whoever has AWS credentials); `open`,
   * where anybody may, within the limits below, and a photo's id is the only right to it; `jwt`, whoever has a token of
   * `jwtIssuer`; `iam`, whoever signs with AWS credentials that may `execute-api:Invoke`.
   *
   * @default none
   */
  readonly access?: 'none' | Access;

  /**
   * OpenID issuer of the tokens, with `access` `jwt`: an address below which `.well-known/openid-configuration` is found.
   *
   * @default - none
   */
  readonly jwtIssuer?: string;

  /**
   * What tokens have to be for (`aud`, or `client_id`). The first is the client as which the page signs its users in.
   *
   * @default - none
   */
  readonly jwtAudience?: string[];

  /**
   * Largest file that the gateway takes, MB (of a million bytes).
   *
   * @default 25
   */
  readonly maxUploadMegabytes?: number;

  /**
   * Photos that the gateway takes from one caller in an hour: an address (of IPv6, a /64) where access is `open`, else
   * whoever signed in.
   *
   * @default 100
   */
  readonly photosPerHour?: number;

  /**
   * Photos that the gateway lets be announced by all callers in a day (UTC). What strangers can make an open stage cost is
   * in docs/gateway.md: the fleet's maximum, not this, is the limit of its instances.
   *
   * @default 2000
   */
  readonly photosPerDay?: number;

  /**
   * Requests that the gateway answers in a second, with bursts of twice as many; more are refused with 429.
   *
   * @default 20 - accounts that are new have 10 runs of functions at a time, for the scaler's too
   */
  readonly requestsPerSecond?: number;

  /**
   * Seconds for which the gateway's links work.
   *
   * @default 900
   */
  readonly linkSeconds?: number;

  /**
   * Seconds that a photo may wait before somebody is woken, the boot of a first instance included.
   *
   * @default 900
   */
  readonly promisedWaitSeconds?: number;

  /**
   * USD that instances may cost between two midnights UTC before somebody is told, by list prices.
   *
   * @default - what the maximum costs in 12 hours on demand, of the dearest type
   */
  readonly dailySpendLimit?: number;

  /**
   * Whether the fleet stops growing for the rest of the day (UTC) once `dailySpendLimit` is reached. What is there works on.
   *
   * @default false - somebody is told, and decides
   */
  readonly spendBrake?: boolean;

  /**
   * USD an hour on demand of instance types, for regions and types other than `contract/prices.ts` knows.
   *
   * @default - its prices, of us-east-1
   */
  readonly instancePrices?: Record<string, number>;

  /**
   * E-mail address that alarms go to, beside the topic; its owner has to confirm once.
   *
   * @default - nobody: subscribe to the topic, the output AlarmTopicArn
   */
  readonly alarmEmail?: string;

  /**
   * Address of `docs/runbook.md` where your team reads it; alarms carry it with the section's name behind a #.
   *
   * @default docs/runbook.md - the file in the repository
   */
  readonly runbookUrl?: string;

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
