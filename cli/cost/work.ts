/** What photos cost by instance type, and the type that colours a mix of photos for the least. */
import { KNOWN_TYPES } from '../../contract/gpus.ts';
import { INSTANCE_PRICES, SPOT_SHARE, UNIT_PRICES } from '../../contract/prices.ts';
import { throughputOf, type PhotoSize, type Throughput } from '../../contract/throughput.ts';
import type { Stage } from '../../lib/stage/stage.ts';
import { onDemandPrice } from '../../lib/stage/spending.ts';
import { VOLUME_AND_ADDRESS_HOUR } from './instances.ts';
import { REQUESTS, SCALER, WAKE } from './measured.ts';

/** USD for the S3, SQS and DynamoDB requests of a photo. */
const REQUESTS_PHOTO =
  REQUESTS.puts * UNIT_PRICES.storePut +
  REQUESTS.gets * UNIT_PRICES.storeGet +
  REQUESTS.queue * UNIT_PRICES.queueRequest +
  REQUESTS.tableWrites * UNIT_PRICES.tableWriteUnit;

/** USD for what could wake a fleet at zero, of a photo that did not: a strongly consistent read counts each 4 KiB. */
const WAKE_PHOTO =
  WAKE.events * UNIT_PRICES.serviceEvent +
  UNIT_PRICES.lambdaInvocation +
  WAKE.functionSeconds * SCALER.memoryGb * UNIT_PRICES.lambdaGigabyteSecond +
  Math.ceil(SCALER.itemKib / 4) * UNIT_PRICES.tableReadUnit +
  (SCALER.logBytesPerRun / 1e9) * (UNIT_PRICES.logGigabyte + UNIT_PRICES.logGigabyteMonth);

/** USD for the requests of 1,000 photos, and in a stage with a minimum of 0 for their events. */
export const requestsThousand = ({ minCapacity }: Pick<Stage, 'minCapacity'>): number =>
  1000 * (REQUESTS_PHOTO + (minCapacity === 0 ? WAKE_PHOTO : 0));

/** What photos cost on instances of one type. */
export interface WorkCost {
  type: string;
  /** Instance-seconds per photo; null for a type that the model does not know, without a measured time. */
  serviceSeconds: number | null;
  /** Photos per hour of an instance that always has photos; null likewise. */
  photosPerHour: number | null;
  /** How the model arrives at it; null with a measured time. */
  throughput: Throughput | null;
  /** USD per 1,000 photos, with the instance's volume and address and all requests; null likewise. */
  thousandOnDemand: number | null;
  thousandSpot: number | null;
}

/** The cheapest type for the photos, of those with a price, and by how much. */
export interface Choice {
  type: string;
  /** Whether the stage uses it. */
  isInStage: boolean;
  thousandOnDemand: number;
  photosPerHour: number;
  /** The other types, cheapest first. */
  others: {
    type: string;
    isInStage: boolean;
    thousandOnDemand: number;
    /** By how much the cheapest one is cheaper than this one, per cent of this one. */
    cheaperPercent: number;
  }[];
}

/** Rounds to a hundredth of a cent. */
export const rounded = (usd: number) => Math.round(usd * 10_000) / 10_000;

/** USD per 1,000 photos. @param hour USD for an hour of the instance alone @param requests USD per 1,000 photos */
const thousandOf = (serviceSeconds: number, hour: number, requests: number) =>
  rounded(((1000 * serviceSeconds) / 3600) * (hour + VOLUME_AND_ADDRESS_HOUR) + requests);

/**
 * @param onDemand USD an hour
 * @param measured instance-seconds per photo, instead of the model's
 */
export function workCost(
  stage: Stage,
  type: string,
  onDemand: number,
  photos: readonly PhotoSize[],
  measured?: number,
): WorkCost {
  const throughput = measured === undefined ? (throughputOf(type, photos) ?? null) : null;
  const serviceSeconds = measured ?? throughput?.serviceSeconds ?? null;
  const known = serviceSeconds !== null;
  const requests = requestsThousand(stage);
  return {
    type,
    serviceSeconds,
    photosPerHour: known ? Math.round(3600 / serviceSeconds) : null,
    throughput,
    thousandOnDemand: known ? thousandOf(serviceSeconds, onDemand, requests) : null,
    thousandSpot: known ? thousandOf(serviceSeconds, onDemand * SPOT_SHARE, requests) : null,
  };
}

/** The cheapest of all types that have a price and that the model has. Spot is half of it for each, which changes no order. */
export function choiceOf(stage: Stage, photos: readonly PhotoSize[]): Choice | null {
  const priced = new Set([...stage.instanceTypes, ...Object.keys(INSTANCE_PRICES), ...KNOWN_TYPES]);
  const all = [...priced].flatMap((type) => {
    const onDemand = onDemandPrice(stage, type);
    const { thousandOnDemand, photosPerHour } =
      onDemand === undefined ? ({} as Partial<WorkCost>) : workCost(stage, type, onDemand, photos);
    if (thousandOnDemand == null || photosPerHour == null) return [];
    return { type, isInStage: stage.instanceTypes.includes(type), thousandOnDemand, photosPerHour };
  });
  const [best, ...others] = all.toSorted((a, b) => a.thousandOnDemand - b.thousandOnDemand);
  if (!best) return null;
  return {
    ...best,
    others: others.map(({ type, isInStage, thousandOnDemand }) => ({
      ...{ type, isInStage, thousandOnDemand },
      cheaperPercent: Math.round(1000 * (1 - best.thousandOnDemand / thousandOnDemand)) / 10,
    })),
  };
}
