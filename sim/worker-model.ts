/** What the worker of an instance does with a photo, and for how long: its lanes, by the model of an instance. */
import { UsageError } from '../common/errors.ts';
import { gpuOf, gpuSeconds, KNOWN_TYPES, passOf, vcpusOf, type Gpu } from '../contract/gpus.ts';
import { COMFYUI_COSTS, WORKER_SHARE } from '../contract/photo-costs.ts';
import { throughputOf, VCPU_SHARE, type PhotoSize } from '../contract/throughput.ts';

/** Seconds of a photo on an image process. */
export interface ProcessSeconds {
  prepare: number;
  finish: number;
}

export interface WorkerModel {
  type: string;
  /** Photos that image processes work on at a time; the two processes more that a worker has only fill the pauses of these. */
  processes: number;
  /** Most photos in a prompt. */
  batch: number;
  /** Seconds of a prompt on the GPU: `gpuFirst`, and `gpuEach` for each of its photos. */
  gpuFirst: number;
  gpuEach: number;
  /** The mix: photos below each cumulated share are of that size. */
  sizes: (ProcessSeconds & { upTo: number })[];
  /** Messages that are received and not on the GPU yet, and in flight in all: at most. */
  prefetched: number;
  inFlight: number;
  /** Busy seconds of the instance per photo of the mix while it always has photos. */
  serviceSeconds: number;
  /** The lane that sets them. */
  bottleneck: 'processes' | 'gpu';
}

/** Share of a photo's seconds in an image process before the GPU: decoding, lightness, copy (`bench -- worker`, RGB JPEG of 3 to 24 megapixels). */
const PREPARE_SHARE = 0.46;
/** The worker's own limits: `worker/photo-handler.ts`, `worker/photo/prefetch.ts`. */
const BATCH = 8;
const PREFETCH_SECONDS = 2;
const PROMPTS = 2;

/** A picture of the web, two sizes of scans and a camera's file; 12 megapixels on average, for which the first service time is computed. */
export const DEFAULT_MIX = '1:10+3:20+12:45+24:25';
export const DEFAULT_TYPE = 'g4dn.xlarge';

/**
 * Parses a mix of photos: megapixels with their shares, `3:70+24:30`; a size without a share has 1.
 *
 * @throws UsageError for a size or a share that is not above 0
 */
export function mixOf(text: string): PhotoSize[] {
  return text.split('+').map((part) => {
    const [megapixels = NaN, share = 1, ...more] = part
      .split(':')
      .map((value) => (value.trim() === '' ? NaN : Number(value)));
    const isPositive = (value: number) => value > 0 && value <= 1000;
    if (more.length === 0 && isPositive(megapixels) && isPositive(share)) return { megapixels, share };
    throw new UsageError(
      `megapixels is '${text}': expected sizes with their shares, each above 0 and at most 1000, such as 12 or 3:70+24:30`,
    );
  });
}

/**
 * The lanes of a worker, such that an instance with enough photos does as many per second as `cost` says.
 *
 * @throws UsageError for a type that the model of an instance does not have
 */
export function workerModelOf(type: string, mix: readonly PhotoSize[]): WorkerModel {
  const gpu = gpuOf(type);
  const vcpus = vcpusOf(type);
  if (!gpu || vcpus === undefined)
    throw new UsageError(`type is '${type}': expected one of ${KNOWN_TYPES.join(', ')}`);
  const processes = Math.max(2, vcpus - 1);
  const total = mix.reduce((sum, { share = 1 }) => sum + share, 0);
  let upTo = 0;
  let mean = 0;
  const sizes = mix.map((size) => {
    const share = (size.share ?? 1) / total;
    upTo += share;
    const seconds = processes * secondsOnCpu(type, size);
    mean += share * seconds;
    return { upTo, prepare: PREPARE_SHARE * seconds, finish: (1 - PREPARE_SHARE) * seconds };
  });
  const { gpuFirst, gpuEach } = promptSeconds(gpu);
  const perPhoto = gpuFirst / BATCH + gpuEach;
  const serviceSeconds = Math.max(mean / processes, perPhoto);
  const startSoon = (seconds: number) => Math.floor(PREFETCH_SECONDS / seconds);
  const byProcesses = Math.max(processes, startSoon(mean / processes));
  const prefetched = Math.max(1, Math.min(startSoon(gpuFirst + gpuEach), byProcesses, processes + BATCH + 1));
  return {
    ...{ type, processes, batch: BATCH, gpuFirst, gpuEach, sizes, prefetched, serviceSeconds },
    inFlight: prefetched + PROMPTS * BATCH + processes,
    bottleneck: serviceSeconds > perPhoto ? 'processes' : 'gpu',
  };
}

/** Seconds of the instance for a photo if only its processors were a limit. */
function secondsOnCpu(type: string, { megapixels, kind }: PhotoSize): number {
  const throughput = throughputOf(type, [{ megapixels, ...(kind ? { kind } : {}) }]);
  return 1 / (WORKER_SHARE * (throughput?.cpuPhotosPerSecond ?? NaN));
}

/** A line through what a prompt of one photo and one of eight take, each with ComfyUI's own seconds. */
function promptSeconds(gpu: Gpu): { gpuFirst: number; gpuEach: number } {
  const pass = passOf(gpu);
  const perPhoto = (batching: 'single' | 'batch8') =>
    (COMFYUI_COSTS[batching].seconds / VCPU_SHARE + gpuSeconds(gpu, pass, batching)) / WORKER_SHARE;
  const one = perPhoto('single');
  const gpuEach = (BATCH * perPhoto('batch8') - one) / (BATCH - 1);
  return { gpuFirst: one - gpuEach, gpuEach };
}

/** Seconds of a photo that has the instance to itself, by its size. */
export const aloneSeconds = (
  { gpuFirst, gpuEach }: WorkerModel,
  { prepare, finish }: ProcessSeconds,
): number => prepare + gpuFirst + gpuEach + finish;

/** Photos that an instance has in flight at its full rate, by Little's law. */
export function photosAtFullRate(model: WorkerModel): number {
  let from = 0;
  let seconds = 0;
  for (const size of model.sizes) {
    seconds += (size.upTo - from) * aloneSeconds(model, size);
    from = size.upTo;
  }
  return Math.ceil(seconds / model.serviceSeconds);
}
