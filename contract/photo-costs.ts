/**
 * What a photo costs an instance, as measured: the one place for newer figures. `npm run bench -- adopt` puts those of the benches here and
 * writes the tables that follow; after a change by hand `node tools/run.mjs reference` does. A test names each page that is behind.
 */

/** A measurement, and how to repeat it. */
export interface Measurement {
  readonly machine: string;
  readonly date: string;
  readonly command: string;
}

export type PhotoKind = 'jpeg-rgb' | 'jpeg-grey' | 'png' | 'tiff16';

export interface WorkerCost {
  readonly megapixels: number;
  readonly kind: PhotoKind;
  /** CPU seconds of the worker and its image processes, chroma path, result in the photo's own format. */
  readonly cpuSeconds: number;
}

export interface WorkerCosts extends Measurement {
  readonly photos: readonly WorkerCost[];
}

export const WORKER_COSTS: WorkerCosts = {
  machine: 'two cores of an Intel Xeon (Emerald Rapids)',
  date: '2026-11-28',
  command: 'npm run bench -- worker',
  photos: [
    { megapixels: 1, kind: 'jpeg-rgb', cpuSeconds: 0.0444 },
    { megapixels: 1, kind: 'jpeg-grey', cpuSeconds: 0.0396 },
    { megapixels: 1, kind: 'png', cpuSeconds: 0.146 },
    { megapixels: 1, kind: 'tiff16', cpuSeconds: 0.238 },
    { megapixels: 3, kind: 'jpeg-rgb', cpuSeconds: 0.0976 },
    { megapixels: 3, kind: 'jpeg-grey', cpuSeconds: 0.0851 },
    { megapixels: 3, kind: 'png', cpuSeconds: 0.398 },
    { megapixels: 3, kind: 'tiff16', cpuSeconds: 0.668 },
    { megapixels: 12, kind: 'jpeg-rgb', cpuSeconds: 0.272 },
    { megapixels: 12, kind: 'jpeg-grey', cpuSeconds: 0.261 },
    { megapixels: 12, kind: 'png', cpuSeconds: 1.32 },
    { megapixels: 12, kind: 'tiff16', cpuSeconds: 2.69 },
    { megapixels: 24, kind: 'jpeg-rgb', cpuSeconds: 0.508 },
    { megapixels: 24, kind: 'jpeg-grey', cpuSeconds: 0.444 },
    { megapixels: 24, kind: 'png', cpuSeconds: 2.65 },
    { megapixels: 24, kind: 'tiff16', cpuSeconds: 5.12 },
    { megapixels: 100, kind: 'jpeg-rgb', cpuSeconds: 2.15 },
    { megapixels: 100, kind: 'jpeg-grey', cpuSeconds: 1.87 },
    { megapixels: 100, kind: 'png', cpuSeconds: 11.7 },
    { megapixels: 100, kind: 'tiff16', cpuSeconds: 22.5 },
  ],
};

/** How photos reach the network: one in a prompt, or as many as wait, up to 8. */
export type Batching = 'single' | 'batch8';

export interface ComfyuiCost {
  /** CPU seconds of ComfyUI's process. */
  readonly cpuSeconds: number;
  /** Seconds between two prompts' ends, of which the network gets none. */
  readonly seconds: number;
}

export type ComfyuiCosts = Measurement & Readonly<Record<Batching, ComfyuiCost>>;

/** Of ComfyUI per photo, with the network replaced by a constant. */
export const COMFYUI_COSTS: ComfyuiCosts = {
  machine: 'two cores of an Intel Xeon (Emerald Rapids), shared with other work',
  date: '2026-11-28',
  command: 'npm run bench -- comfyui',
  single: { cpuSeconds: 0.0119, seconds: 0.0249 },
  batch8: { cpuSeconds: 0.005, seconds: 0.00914 },
};

/** What the shipped workflow does on an instance that always has photos. */
export const SHIPPED_BATCHING: Batching = 'batch8';

/** The type that the network computes in. */
export type Pass = 'float32' | 'float16' | 'bfloat16';

export interface PassCost {
  /** Memory traffic of one photo, large size, 512 x 512. */
  readonly gigabytes: number;
  /** Seconds per photo on the GPU that was measured. */
  readonly single: number;
  readonly batch8: number;
  /** TFLOP/s that this type reaches there at most, measured. */
  readonly teraflops: number;
}

/** Forward passes of our node's network in tools/bench/results/forward-h200.json ("lean"): eager, weights in channels_last. */
export const PASSES: Measurement & Readonly<Record<Pass, PassCost>> = {
  machine: 'one NVIDIA H200, torch 2.11.0',
  date: '2026-11-28',
  command: 'npm run bench -- forward',
  float32: { gigabytes: 7.7, single: 0.0267, batch8: 0.0174, teraflops: 51.3 },
  float16: { gigabytes: 4.6, single: 0.0196, batch8: 0.0027, teraflops: 760.5 },
  bfloat16: { gigabytes: 4.6, single: 0.0127, batch8: 0.00274, teraflops: 792.6 },
};

/**
 * CPU seconds of the calls to S3, SQS and DynamoDB, TLS included, which the bench does not make: the AWS SDK for JavaScript against a server on the same
 * machine (a get of 3.4 MB 10 ms, a put 6 ms, another call 1.3 to 1.7 ms; AES-GCM at 1.2 GB/s), for files of 0.28 MB per megapixel.
 */
export const TRANSFER_SECONDS = { perPhoto: 0.015, perMegapixel: 0.0015 } as const;

/** Share of a GPU's memory bandwidth that the network reaches: 4.6 GB in 2.64 ms, of 4.3 TB/s that a copy reaches. */
export const MEMORY_SHARE = 0.4;

/** Share of the slower limit that a worker reaches: at least, of 0.86 to 0.96 from 1 to 24 megapixels (docs/measurements.md#the-lanes-of-a-worker). */
export const WORKER_SHARE = 0.85;
