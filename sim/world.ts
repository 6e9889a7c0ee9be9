/** Settings of the simulated world: unit, value in the clean and the real world, range and source of each. */

import { UsageError } from '../common/errors.ts';
import { DEFAULT_POLICY } from '../contract/policy.ts';
import { INSTANCE_PRICES } from '../contract/prices.ts';
import { bulkArrivalsOf, MOST_SECONDS, periodOf } from './times.ts';
import {
  DEFAULT_MIX,
  DEFAULT_TYPE,
  mixOf,
  photosAtFullRate,
  workerModelOf,
  type WorkerModel,
} from './worker-model.ts';

interface Setting {
  unit: string;
  clean: number;
  real: number;
  min: number;
  max: number;
  /** Only whole numbers are valid. */
  whole?: true;
  description: string;
  source: string;
}

const setting = (
  unit: string,
  clean: number,
  real: number,
  [min, max]: [number, number],
  description: string,
  source: string,
): Setting => ({ unit, clean, real, min, max, description, source });
const count = (...all: Parameters<typeof setting>): Setting => ({ ...setting(...all), whole: true });

/**
 * Seconds of a job in the world `article`: the rates of the traces are such that jobs of this length, one at a time, need a fleet of several
 * instances. A photo takes an instance of this project a tenth of it or less.
 */
export const TRACE_SERVICE_SECONDS = 6;

const OURS = 'this project';
const MEASURED = 'boot of a GPU image: driver, imports, model';
const GUESS = 'no published figure: vary it';

/** Every number that `--with` takes. Faults differ between the two worlds; sizes do not. */
export const SETTINGS = {
  boot: setting('s', 90, 165, [0, 3600], 'from requesting an instance to its first job, mean', MEASURED),
  service: setting(
    's',
    DEFAULT_POLICY.serviceSeconds,
    DEFAULT_POLICY.serviceSeconds,
    [0.001, 3600],
    `seconds of a job, one at a time (or slots); ${TRACE_SERVICE_SECONDS} in article; without it clean and real have the lanes of the worker`,
    'the model of an instance: docs/cost.md',
  ),
  tick: setting('s', 30, 30, [1, 3600], 'between two ticks of the scaler', OURS),
  min: count('instances', 1, 1, [0, 10_000], 'least desired capacity; ready instances at the start', OURS),
  max: count('instances', 40, 40, [1, 10_000], 'greatest desired capacity', OURS),
  slots: count('jobs', 1, 1, [1, 64], 'concurrent jobs of an instance', OURS),
  photos: count(
    'photos',
    1,
    1,
    [1, 10_000],
    'for each arrival of the trace, at random instants of its bucket',
    OURS,
  ),
  slo: setting('s', 10, 10, [0.001, 86_400], 'target wait, and mean wait of the lower bound', OURS),
  price: setting('USD', 0.526, 0.526, [0, 1000], 'of an instance-hour', 'g4dn.xlarge on demand, us-east-1'),
  billingMin: setting('s', 60, 60, [0, 3600], 'least billed time of an instance', 'EC2 per-second billing'),
  bootSigma: setting(
    '',
    0,
    0.3,
    [0, 2],
    'spread of boot times (sigma of their logarithm)',
    '75 to 420 s seen',
  ),
  serviceSigma: setting('', 0, 0.3, [0, 2], 'spread of service times (sigma of their logarithm)', OURS),
  reaction: setting('s', 0, 5, [0, 120], 'from a change of desired capacity to the request', GUESS),
  shutdown: setting('s', 0, 45, [0, 600], 'billed after the last job of an instance', GUESS),
  countLag: setting('s', 0, 10, [0, 60], 'age of the queue counts', 'SQS: counts settle within a minute'),
  countNoise: setting('', 0, 0.02, [0, 0.5], 'relative error of the counts', 'SQS: "approximate"'),
  falseZero: setting('', 0, 0.001, [0, 0.1], 'share of reads that see an empty queue', 'SQS: "approximate"'),
  metricLag: setting('s', 0, 60, [0, 900], 'age of the CloudWatch data points in alarms', 'SQS: one minute'),
  tickPhase: setting('s', 0, 30, [0, 60], 'largest delay of the first tick', 'Scheduler: within its minute'),
  tickJitter: setting('s', 0, 3, [0, 59], 'largest delay of each tick', 'Scheduler, cold starts'),
  wakeDelay: setting(
    's',
    0,
    2,
    [0, 60],
    'from the message to the tick that it calls for a fleet at zero',
    GUESS,
  ),
  missedTick: setting('', 0, 0.0005, [0, 0.5], 'share of missed ticks', GUESS),
  doubledTick: setting('', 0, 0.0005, [0, 0.5], 'share of doubled ticks', 'EventBridge: at least once'),
  notification: setting(
    's',
    0,
    2.5,
    [0, 90],
    'from the upload to the message, mean',
    'S3: typically seconds',
  ),
  notificationSigma: setting(
    '',
    0,
    1.1,
    [0, 3],
    'spread of that time (sigma of its logarithm)',
    'median 1.5 s, 99 % within 20 s',
  ),
  duplicate: setting('', 0, 0.0005, [0, 0.5], 'share of doubled messages', 'S3, SQS: at least once'),
  visibility: setting('s', 120, 120, [10, 43_200], 'visibility timeout of a message', OURS),
  heartbeat: setting('s', 45, 45, [5, 3600], 'between two renewals of that timeout', OURS),
  bootFailure: setting('', 0, 0.01, [0, 0.9], 'share of failed boots', GUESS),
  badImageShare: setting('', 1, 1, [0, 1], 'share of failed boots while badImage lasts', OURS),
  hookTimeout: setting('s', 600, 600, [30, 7200], 'until an instance with a failed boot is replaced', OURS),
  noCapacity: setting('', 0, 0.03, [0, 1], 'share of launches that are refused', GUESS),
  types: count('types', 3, 3, [1, 20], 'instance types of the group', OURS),
  zones: count('zones', 2, 2, [1, 6], 'Availability Zones of the group', OURS),
  shortage: setting('s', 0, 2400, [0, 86_400], 'time without capacity of a type in a zone, mean', GUESS),
  shortageGap: setting('s', 172_800, 172_800, [60, 1e9], 'between two such shortages, mean', GUESS),
  retry: setting(
    's',
    30,
    30,
    [1, 900],
    'until a refused launch is retried; grows by half up to 600 s',
    GUESS,
  ),
  spotShare: setting('', 0, 0.5, [0, 1], 'share of Spot instances', OURS),
  interruptions: setting(
    'per h',
    0,
    0.0002,
    [0, 10],
    'of a Spot instance',
    'Spot advisor: 5 to 20 % a month',
  ),
  notice: setting('s', 120, 120, [0, 120], 'warning before a Spot interruption', 'EC2'),
  noNotice: setting('', 0, 0.05, [0, 1], 'share of interruptions without warning', 'EC2: best effort'),
  warmPool: count('instances', 0, 0, [0, 1000], 'stopped and prepared', OURS),
  warmBoot: setting(
    's',
    50,
    50,
    [0, 3600],
    'from requesting a warm-pool instance to its first job',
    MEASURED,
  ),
  fastTier: count(
    'instances',
    0,
    0,
    [0, 1000],
    'stopped in the on-demand pool, resumed as warmBoot says and stopped again; two pools',
    OURS,
  ),
  fastTierLimit: count('instances', 0, 0, [0, 1000], 'the same at most: bursts say how many are kept', OURS),
  bulkDeadline: setting(
    's',
    3600,
    3600,
    [600, 604_800],
    'from the arrival of a bulk photo to its outcome, at most',
    OURS,
  ),
} satisfies Record<string, Setting>;

export const WORLDS = ['article', 'clean', 'real'] as const;
/** `article`: jobs of {@link TRACE_SERVICE_SECONDS}, one at a time, without faults. `clean` and `real`: the project's own worker. */
export type WorldName = (typeof WORLDS)[number];
/** Which instances a scale-in removes: idle ones first, or random ones, as Auto Scaling does. */
export type Victims = 'idle' | 'random';
export const VICTIMS: readonly Victims[] = ['idle', 'random'];

export type World = { [Key in keyof typeof SETTINGS]: number } & {
  victims: Victims;
  /** Instance type of the worker. */
  type: string;
  /** Sizes of photos with their shares. */
  megapixels: string;
  /** Lanes of the worker. @default - an instance works on `slots` jobs at a time, each for `service` seconds */
  worker?: WorkerModel;
  /** FROM:TO, seconds: boots that begin then fail, as `badImageShare` says. @default none */
  badImage?: string;
  /** FROM:TO, seconds: every Spot launch is refused then, of every type in every zone; two pools. @default none */
  spotShortage?: string;
  /** COUNT@SECONDS, several joined by +: albums in the bulk lane. @default there is no bulk lane */
  bulk?: string;
  /** Billing covers at least the time until then, seconds. @default the end of the trace */
  horizon?: number;
};

/** Values of `--with`, except those of the trace itself. */
export type WorldChanges = Partial<Omit<World, 'worker'>>;

/** Settings that are texts. */
const TEXTS = ['victims', 'type', 'megapixels', 'badImage', 'spotShortage', 'bulk'];

const isKey = (key: string): key is keyof typeof SETTINGS => Object.hasOwn(SETTINGS, key);

/**
 * @returns the number in a text
 * @throws UsageError when it is not a number in the range
 */
export function parseNumber(name: string, text: string, min: number, max: number, whole = false): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(
    `${name} is '${text}': expected a ${whole ? 'whole number' : 'number'} from ${min} to ${max}`,
  );
}

/** Splits `a=1,b=2` into pairs. @throws UsageError with the part that is not `name=value` */
export function parsePairs(text: string): [name: string, value: string][] {
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const at = part.indexOf('=');
      if (at < 1) throw new UsageError(`'${part}' is not of the form name=value`);
      return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    });
}

/** Whether instances have the worker's lanes: neither the world nor a change says what a job takes. */
export const hasLanes = (name: WorldName, { service, slots }: WorldChanges): boolean =>
  name !== 'article' && service === undefined && slots === undefined;

/** Whether the fleet has the pools Spot and on-demand, instead of one group of both markets. */
export const hasPools = (world: World): boolean => mostStopped(world) > 0 || world.spotShortage !== undefined;
export const mostStopped = ({ fastTier, fastTierLimit }: World): number => Math.max(fastTier, fastTierLimit);

/** @throws UsageError when min is above max, or for a type or sizes that the model of an instance does not have */
export function worldOf(name: WorldName, changes: WorldChanges = {}): World {
  const column = name === 'article' ? 'clean' : name;
  const values = Object.fromEntries(Object.entries(SETTINGS).map(([key, one]) => [key, one[column]]));
  const world = {
    ...{ victims: 'idle', type: DEFAULT_TYPE, megapixels: DEFAULT_MIX },
    ...values,
    ...(name === 'article' ? { service: TRACE_SERVICE_SECONDS } : {}),
    ...changes,
  } as World;
  if (world.min > world.max) throw new UsageError(`min is ${world.min}: expected at most max, ${world.max}`);
  if (!hasLanes(name, changes)) {
    for (const key of ['type', 'megapixels'] as const) {
      if (changes[key] === undefined) continue;
      throw new UsageError(
        `${key} is of the worker's lanes: expected --world clean or real, and no service or slots`,
      );
    }
    return world;
  }
  const worker = workerModelOf(world.type, mixOf(world.megapixels));
  // For policies that count jobs per instance: as many at a time as an instance works on at its full rate.
  const slots = photosAtFullRate(worker);
  const price = changes.price ?? INSTANCE_PRICES[world.type]?.hour ?? world.price;
  return { ...world, price, worker, slots, service: slots * worker.serviceSeconds };
}

/** Parses `--with`. @throws UsageError with the setting, the value and the valid range */
export function parseChanges(text: string): WorldChanges & { bucket?: number } {
  const changes: Record<string, number | string> = {};
  for (const [key, value] of parsePairs(text)) {
    if (key === 'victims') {
      if (!VICTIMS.some((one) => one === value)) {
        throw new UsageError(`victims is '${value}': expected one of ${VICTIMS.join(', ')}`);
      }
      changes.victims = value;
    } else if (key === 'badImage' || key === 'spotShortage') {
      periodOf(key, value);
      changes[key] = value;
    } else if (key === 'bulk') {
      bulkArrivalsOf(value);
      // Each one more is another album.
      changes.bulk = changes.bulk === undefined ? value : `${changes.bulk}+${value}`;
    } else if (key === 'type') {
      workerModelOf(value, mixOf(DEFAULT_MIX));
      changes.type = value;
    } else if (key === 'megapixels') {
      mixOf(value);
      changes.megapixels = value;
    } else if (key === 'horizon') changes.horizon = parseNumber(key, value, 0, MOST_SECONDS);
    else if (key === 'bucket') changes.bucket = parseNumber(key, value, 0.001, 1e7);
    else if (isKey(key)) {
      const one: Setting = SETTINGS[key];
      changes[key] = parseNumber(key, value, one.min, one.max, one.whole);
    } else {
      const known = [...Object.keys(SETTINGS), ...TEXTS, 'horizon', 'bucket'];
      throw new UsageError(`--with does not know '${key}': expected one of ${known.join(', ')}`);
    }
  }
  return changes;
}
