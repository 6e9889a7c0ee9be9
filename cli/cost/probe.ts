/** What a probe adds to an idle stage: its function, its metric, and on a fleet that sleeps an instance for each photo. */
import { UNIT_PRICES } from '../../contract/prices.ts';
import type { Stage } from '../../lib/stage/stage.ts';
import { count, number } from '../shared/format.ts';
import { hourAtMost } from './instances.ts';
import { cents, HOURS_A_MONTH, PROBE, REQUESTS, SCALER, type CostLine } from './measured.ts';

const PHOTOS_A_MONTH = { off: 0, daily: HOURS_A_MONTH / 24, hourly: HOURS_A_MONTH };

/** @param imageGib of the image's snapshot */
export function probeLines(stage: Stage, imageGib: number): CostLine[] {
  const photos = PHOTOS_A_MONTH[stage.probePhoto];
  if (photos === 0) return [];
  const { functionSeconds, gets } = PROBE;
  const requests =
    REQUESTS.puts * UNIT_PRICES.storePut +
    (gets + REQUESTS.gets) * UNIT_PRICES.storeGet +
    REQUESTS.queue * UNIT_PRICES.queueRequest;
  const run =
    UNIT_PRICES.lambdaInvocation +
    UNIT_PRICES.scheduleInvocation +
    functionSeconds * SCALER.memoryGb * UNIT_PRICES.lambdaGigabyteSecond;
  const perPhoto = 2 * run + requests + UNIT_PRICES.metricPut;
  // A metric costs by the hour in which it has a value.
  const metric = (photos / HOURS_A_MONTH) * UNIT_PRICES.metricMonth;
  return [
    {
      what: 'probe',
      arithmetic: `${count(photos, 'photo')} x ${number(perPhoto * 1000, 2)} a thousand (2 runs of ${functionSeconds} s, requests), and 1 series x ${number(metric, 2)}`,
      usd: cents(photos * perPhoto + metric),
    },
    ...(stage.minCapacity > 0 ? [] : [wakingLine(stage, photos, imageGib)]),
  ];
}

/** An instance boots for the photo, and goes when the queue has been empty for long enough. */
function wakingLine(stage: Stage, photos: number, imageGib: number): CostLine {
  const { policy, volumeInitializationRate } = stage;
  // A stage by threshold does not sleep. One that learns keeps an instance for at most about a boot while it knows little.
  const seconds =
    policy.kind === 'threshold' ? 0 : policy.bootSeconds + (policy.sleepAfterSeconds ?? policy.bootSeconds);
  const hour = hourAtMost(stage, 1);
  const launch = volumeInitializationRate > 0 ? imageGib * UNIT_PRICES.volumeInitializationGibibyte : 0;
  return {
    what: 'probe, instances',
    arithmetic: `${count(photos, 'boot')} of a fleet at rest x (${number(launch, 2)} a launch + ${number(seconds, 3)} s of the most expensive type at ${number(hour, 4)} an hour)`,
    usd: cents(photos * (launch + (seconds / 3600) * hour)),
  };
}
