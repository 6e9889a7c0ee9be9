/** Computes what a stage costs from its values and list prices: idle, at work and at its maximum. */
import { ASSUMED_IMAGE_GIB, ROOT_VOLUME_GIB } from '../../contract/image.ts';
import { basisOf, type Basis } from '../../contract/assumptions.ts';
import type { PhotoKind } from '../../contract/photo-costs.ts';
import { PRICES_AS_OF, PRICES_REGION, SPOT_SHARE, UNIT_PRICES, sharesOf } from '../../contract/prices.ts';
import { ASSUMED_PHOTOS, type PhotoSize } from '../../contract/throughput.ts';
import type { Stage } from '../../lib/stage/stage.ts';
import { onDemandPrice } from '../../lib/stage/spending.ts';
import { UserError } from '../../common/errors.ts';
import { idleLines } from './idle.ts';
import { VOLUME_AND_ADDRESS_HOUR } from './instances.ts';
import { cents, type CostLine } from './measured.ts';
import { choiceOf, requestsThousand, rounded, workCost, type Choice, type WorkCost } from './work.ts';

export interface TypeCost extends WorkCost {
  /** USD for an hour of the instance alone. */
  onDemandHour: number;
  spotHour: number;
  /** USD for a day at the maximum, all of this type, with the stage's Spot share. */
  dayAtMaximum: number;
  /** USD for the same day without any Spot capacity, all on demand; null without a fallback. */
  dayOnFallback: number | null;
}

export interface ImageSize {
  id: string | null;
  gib: number;
}

/** What is known of the photos and the image; each has an estimate in its place. */
export interface Measured {
  /** Instance-seconds per photo on every type. @default - the model's, by type */
  serviceSeconds?: number | undefined;
  /** @default - photos of 12 megapixels */
  photos?: readonly PhotoSize[] | undefined;
  /** @default - an assumed size */
  image?: ImageSize | undefined;
}

const ASSUMED: ImageSize = { id: null, gib: ASSUMED_IMAGE_GIB };

export interface Cost {
  stage: string;
  pricesAsOf: string;
  region: string;
  /** USD for a month of 30 days without a photo. */
  idle: { lines: CostLine[]; total: number };
  /** USD for an hour of an instance's volume and public address. */
  perInstanceHour: number;
  /** The image in service, GiB of its snapshot; the id is null for an assumed size. */
  image: ImageSize;
  /** USD per launch, for copying the image to the volume at the stage's rate. */
  launch: number;
  /** The photos, their shares adding up to 1. */
  photos: { megapixels: number; kind: PhotoKind; share: number }[];
  /** Instance-seconds per photo that the caller has measured; null: each type's own, by the model. */
  serviceSeconds: number | null;
  /** USD per 1,000 photos, for requests and, with a minimum of 0, for events. */
  requestsThousand: number;
  maximum: { instances: number; onDemand: number; spot: number };
  types: TypeCost[];
  /** The cheapest type for these photos; null with a measured time, or where the model has no type. */
  cheapest: Choice | null;
  /** What the photos per hour follow from, measured or assumed; empty with a measured time. */
  basis: Basis[];
  assumptions: string[];
}

/** @throws UserError for an instance type without a price */
export function costOf(stage: Stage, measured: Measured = {}): Cost {
  const { maxCapacity, onDemandFallback, volumeInitializationRate } = stage;
  const { image = ASSUMED, serviceSeconds, photos = ASSUMED_PHOTOS } = measured;
  const lines = idleLines(stage, image.gib);
  const maximum = sharesOf(stage, maxCapacity);
  const types = stage.instanceTypes.map((type): TypeCost => {
    const onDemand = priceOf(stage, type);
    const spot = onDemand * SPOT_SHARE;
    const day = (parts: typeof maximum) =>
      cents(
        24 *
          (parts.onDemand * (onDemand + VOLUME_AND_ADDRESS_HOUR) +
            parts.spot * (spot + VOLUME_AND_ADDRESS_HOUR)),
      );
    return {
      ...workCost(stage, type, onDemand, photos, serviceSeconds),
      onDemandHour: rounded(onDemand),
      spotHour: rounded(spot),
      dayAtMaximum: day(maximum),
      dayOnFallback: onDemandFallback ? day({ onDemand: maxCapacity, spot: 0 }) : null,
    };
  });
  const isModelled = serviceSeconds === undefined;
  const weight = photos.reduce((sum, { share = 1 }) => sum + share, 0);
  return {
    stage: stage.name,
    pricesAsOf: PRICES_AS_OF,
    region: PRICES_REGION,
    idle: { lines, total: cents(lines.reduce((sum, { usd }) => sum + usd, 0)) },
    perInstanceHour: rounded(VOLUME_AND_ADDRESS_HOUR),
    image,
    launch: volumeInitializationRate > 0 ? cents(image.gib * UNIT_PRICES.volumeInitializationGibibyte) : 0,
    photos: photos.map(({ megapixels, kind = 'jpeg-rgb', share = 1 }) => ({
      ...{ megapixels, kind, share: share / weight },
    })),
    serviceSeconds: serviceSeconds ?? null,
    requestsThousand: rounded(requestsThousand(stage)),
    maximum: { instances: maxCapacity, ...maximum },
    types,
    cheapest: isModelled ? choiceOf(stage, photos) : null,
    basis: isModelled ? basisOf(stage.instanceTypes) : [],
    assumptions: assumptionsOf(stage, image),
  };
}

function priceOf(stage: Stage, type: string): number {
  const price = onDemandPrice(stage, type);
  if (price !== undefined) return price;
  throw new UserError(
    `stage '${stage.name}': ${type} has no price; give it one in instancePrices of bin/stages.ts.`,
  );
}

function assumptionsOf({ volumeInitializationRate }: Stage, { id, gib }: ImageSize): string[] {
  return [
    `List prices of ${PRICES_REGION} in ${PRICES_AS_OF}, without tax; free tiers are not counted.`,
    `Spot at ${SPOT_SHARE * 100} % of on demand; Spot prices change.`,
    'A month has 30 days. 1,000 photos: instances that are always busy, without boots and idle minutes.',
    `Each instance has ${ROOT_VOLUME_GIB} GiB of gp3 and one public IPv4 address.`,
    id === null
      ? `An image of ${gib} GiB, a guess: --deployed reads the size that the bake has recorded.`
      : `An image of ${gib} GiB, as the bake of ${id} has recorded.`,
    ...(volumeInitializationRate > 0
      ? ['The image is copied to each new volume at the price of the highest rate.']
      : []),
    'Not included: photos and results until they expire (S3), traffic out of AWS, metrics of workers, the gateway. Logs of instances: some 2 kB a photo and 0.5 MB a boot, USD 0.001 per 1,000 photos.',
  ];
}
