/** Made-up surges onto a fleet at zero, where the wait of a photo is hardest to know. */
import { DEFAULT_POLICY, type PolicySettings } from '../../contract/policy.ts';
import { draws } from '../random.ts';
import type { Scenario } from '../scenario.ts';
import { worldOf, type WorldChanges, type WorldName } from '../world.ts';

const PHOTOS = [10, 100, 1000, 10_000];
const WITHIN_SECONDS = [1, 10, 60, 600];
const MOST_INSTANCES = [4, 12, 40];
const BOOT_SECONDS = [90, 165];
/** Seconds of a job, and the stage's first guess: that of photos, or what the operator of other jobs states. */
const SERVICE = [
  { service: 0.3, guess: DEFAULT_POLICY.serviceSeconds },
  { service: 6, guess: 6 },
];
/** Photos of an earlier hour, from which the scaler has learned what a photo and a boot take. */
const EARLIER = { photos: 60, everySeconds: 20 };
/** From those to the surge: the fleet has been at zero for hours. */
const ASLEEP_SECONDS = 4 * 3600;
/** Photos of each surge whose waits are estimated: each surge counts alike. */
const SAMPLED = 10;

export interface Surge {
  scenario: Scenario;
  /** Those of the default policy, with the stage's first guess of a service time. */
  settings: PolicySettings;
  isSampled: (job: number) => boolean;
}

const pick = <T>(values: readonly T[], draw: number): T => values[Math.floor(draw * values.length)] as T;

/**
 * Photos, their time, the maximum, service and boot differ from seed to seed. Half of the fleets have never worked before; the others did
 * some hours earlier.
 */
export function surgeOf(seed: number, worldName: WorldName, given: WorldChanges): Surge {
  const draw = draws(seed, 'surge');
  const photos = pick(PHOTOS, draw(0));
  const within = pick(WITHIN_SECONDS, draw(1));
  const max = pick(MOST_INSTANCES, draw(2));
  const { service, guess } = pick(SERVICE, draw(3));
  const boot = pick(BOOT_SECONDS, draw(4));
  const earlier = Array.from(
    { length: draw(5) < 0.5 ? EARLIER.photos : 0 },
    (_, k) => (1 + k) * EARLIER.everySeconds,
  );
  const from = (earlier.at(-1) ?? 0) + ASLEEP_SECONDS + 600 * draw(6);
  const surge = Array.from({ length: photos }, (_, k) => from + within * draw(7 + k)).sort((a, b) => a - b);
  const changes = { min: 0, max, service, boot, ...given };
  const sampleOf = (job: number) => Math.floor(((job - earlier.length) * SAMPLED) / photos);
  return {
    scenario: {
      trace: 'surges',
      worldName,
      changes,
      world: worldOf(worldName, changes),
      seed,
      arrivals: Float64Array.from([...earlier, ...surge]),
      horizon: from + within,
    },
    settings: { ...DEFAULT_POLICY, serviceSeconds: guess },
    isSampled: (job) => job >= earlier.length && sampleOf(job) > sampleOf(job - 1),
  };
}
