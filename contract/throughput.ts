/**
 * Photos per second of an instance: the smaller of what its GPU and its processors allow.
 *
 * The GPU's limit is ComfyUI's one thread: its own seconds, then those of the network. The processors' limit is the CPU seconds of
 * worker and ComfyUI for a photo over the instance's vCPUs. What was measured is in photo-costs.ts; assumptions.ts names each figure's
 * source.
 */
import { gpuOf, gpuSeconds, passOf, vcpusOf } from './gpus.ts';
import {
  COMFYUI_COSTS,
  SHIPPED_BATCHING,
  TRANSFER_SECONDS,
  WORKER_COSTS,
  WORKER_SHARE,
  type Batching,
  type PhotoKind,
  type WorkerCost,
} from './photo-costs.ts';

/**
 * CPU seconds, as measured, that a vCPU does in a second while all are busy: a vCPU is one of a core's two hyperthreads, which together
 * do 1.25 times the work of one.
 */
export const VCPU_SHARE = 0.625;

/** A size of photo, and its share of a mix. */
export interface PhotoSize {
  readonly megapixels: number;
  /** @default jpeg-rgb */
  readonly kind?: PhotoKind;
  /** Weight among the photos of a mix. @default 1 */
  readonly share?: number;
}

/** What defaults are computed for: a scan or a camera's file. */
export const ASSUMED_PHOTOS: readonly PhotoSize[] = [{ megapixels: 12 }];

/** Measurements that replace the shipped ones. */
export interface Costs {
  /** @default {@link WORKER_COSTS} */
  readonly worker?: readonly WorkerCost[];
  /** @default {@link SHIPPED_BATCHING} */
  readonly batching?: Batching;
}

export interface Throughput {
  readonly type: string;
  readonly gpu: string;
  readonly vcpus: number;
  /** CPU seconds of the worker for a photo, as measured. */
  readonly workerSeconds: number;
  /** CPU seconds of its calls to AWS. */
  readonly transferSeconds: number;
  /** Of ComfyUI for a photo beside the network, as measured: CPU seconds, and those from prompt to prompt. */
  readonly comfyuiCpuSeconds: number;
  readonly comfyuiSeconds: number;
  /** Of the network on this GPU. */
  readonly gpuSeconds: number;
  /** Photos per second that the GPU with ComfyUI's one thread allows, and the processors. */
  readonly gpuPhotosPerSecond: number;
  readonly cpuPhotosPerSecond: number;
  readonly limit: 'gpu' | 'cpu';
  /** Photos per second of an instance that always has photos. */
  readonly photosPerSecond: number;
  /** Seconds of an instance per photo: what the policy calls its service time. */
  readonly serviceSeconds: number;
}

/**
 * CPU seconds of a photo: a line through what was measured of its kind, a constant and a slope by megapixels, both at least 0. A kind that
 * was not measured costs what the most expensive one does.
 *
 * @param megapixels above 0
 */
export function workerSecondsOf(
  megapixels: number,
  kind: PhotoKind = 'jpeg-rgb',
  measured: readonly WorkerCost[] = WORKER_COSTS.photos,
): number {
  const of = (one: PhotoKind) => measured.filter((row) => row.kind === one);
  const kinds = of(kind).length > 0 ? [kind] : [...new Set(measured.map((row) => row.kind))];
  return Math.max(...kinds.map((one) => lineAt(of(one), megapixels)));
}

/** Least squares of relative errors, so that small photos count as much as large ones. */
function lineAt(rows: readonly WorkerCost[], megapixels: number): number {
  let [w, x, y, xx, xy] = [0, 0, 0, 0, 0];
  for (const { megapixels: at, cpuSeconds } of rows) {
    const weight = 1 / cpuSeconds ** 2;
    w += weight;
    x += weight * at;
    y += weight * cpuSeconds;
    xx += weight * at * at;
    xy += weight * at * cpuSeconds;
  }
  const spread = w * xx - x * x;
  const slope = spread > 1e-9 * w * xx ? (w * xy - x * y) / spread : 0;
  const constant = (y - slope * x) / w;
  // One size, or a line that cuts the axis below 0: in proportion to the megapixels. One that falls: the mean.
  if (spread <= 1e-9 * w * xx || constant < 0) return (xy / xx) * megapixels;
  if (slope < 0) return y / w;
  return constant + slope * megapixels;
}

/**
 * Photos per second of a type for a mix of photos.
 *
 * @returns undefined for a type that the model does not know: {@link KNOWN_TYPES}
 * @throws RangeError for a mix that is empty, or a size or share that is not above 0
 */
export function throughputOf(
  type: string,
  photos: readonly PhotoSize[] = ASSUMED_PHOTOS,
  { worker = WORKER_COSTS.photos, batching = SHIPPED_BATCHING }: Costs = {},
): Throughput | undefined {
  const gpu = gpuOf(type);
  const vcpus = vcpusOf(type);
  if (!gpu || vcpus === undefined) return undefined;
  const workerSeconds = meanOf(photos, ({ megapixels, kind }) => workerSecondsOf(megapixels, kind, worker));
  const { perPhoto, perMegapixel } = TRANSFER_SECONDS;
  const transferSeconds = meanOf(photos, ({ megapixels }) => perPhoto + perMegapixel * megapixels);
  const { cpuSeconds: comfyuiCpuSeconds, seconds: comfyuiSeconds } = COMFYUI_COSTS[batching];
  const network = gpuSeconds(gpu, passOf(gpu), batching);
  const gpuPhotosPerSecond = 1 / (comfyuiSeconds / VCPU_SHARE + network);
  // ComfyUI's thread polls while the GPU computes, which takes a vCPU.
  const cpuPhotosPerSecond =
    vcpus / ((workerSeconds + transferSeconds + comfyuiCpuSeconds) / VCPU_SHARE + network);
  const photosPerSecond = WORKER_SHARE * Math.min(gpuPhotosPerSecond, cpuPhotosPerSecond);
  return {
    type,
    gpu: gpu.name,
    vcpus,
    workerSeconds,
    transferSeconds,
    comfyuiCpuSeconds,
    comfyuiSeconds,
    gpuSeconds: network,
    gpuPhotosPerSecond,
    cpuPhotosPerSecond,
    limit: gpuPhotosPerSecond < cpuPhotosPerSecond ? 'gpu' : 'cpu',
    photosPerSecond,
    serviceSeconds: 1 / photosPerSecond,
  };
}

function meanOf(photos: readonly PhotoSize[], of: (photo: PhotoSize) => number): number {
  const isValid = ({ megapixels, share = 1 }: PhotoSize) =>
    megapixels > 0 && megapixels < Infinity && share > 0 && share < Infinity;
  if (photos.length === 0 || !photos.every(isValid)) {
    throw new RangeError(
      `photos ${JSON.stringify(photos)}: at least one, each with megapixels and a share above 0`,
    );
  }
  const total = photos.reduce((sum, { share = 1 }) => sum + share, 0);
  return photos.reduce((sum, photo) => sum + (of(photo) * (photo.share ?? 1)) / total, 0);
}

/**
 * Seconds per photo to begin with, of a fleet of these types: the slowest one's, rounded up to two digits, so that a first burst does not meet
 * too few instances.
 *
 * @returns undefined where the model has none of them
 */
export function firstServiceSeconds(types: readonly string[], photos = ASSUMED_PHOTOS): number | undefined {
  const known = types.flatMap((type) => throughputOf(type, photos)?.serviceSeconds ?? []);
  if (known.length === 0) return undefined;
  const slowest = Math.max(...known);
  const digit = 10 ** (Math.floor(Math.log10(slowest)) - 1);
  return Number((Math.ceil(slowest / digit - 1e-9) * digit).toPrecision(2));
}
