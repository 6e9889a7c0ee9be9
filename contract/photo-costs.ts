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
  machine: 'two cores of an AMD EPYC, busy with other work',
  date: '2026-11-28',
  command: 'npm run bench -- worker',
  photos: [
    { megapixels: 3, kind: 'jpeg-grey', cpuSeconds: 0.42 },
    { megapixels: 12, kind: 'jpeg-grey', cpuSeconds: 0.81 },
    { megapixels: 12, kind: 'jpeg-rgb', cpuSeconds: 1.07 },
    { megapixels: 24, kind: 'jpeg-rgb', cpuSeconds: 2.15 },
  ],
};

/** How photos reach the network: one in a prompt, or as many as wait, up to 8. */
export type Batching = 'single' | 'batch8';

export type ComfyuiCosts = Measurement & Readonly<Record<Batching, number>>;

/** Seconds of ComfyUI's one thread per photo, with the network replaced by a constant. */
export const COMFYUI_COSTS: ComfyuiCosts = {
  machine: 'two cores of an AMD EPYC; ComfyUI 0.3.64 with our node',
  date: '2026-11-28',
  command: 'npm run bench -- comfyui',
  single: 0.047,
  batch8: 0.047,
};

/** What the shipped workflow does on an instance that always has photos. */
export const SHIPPED_BATCHING: Batching = 'single';

/** How the network computes. */
export type Pass = 'float32' | 'bfloat16-autocast' | 'float16-lean';

export interface PassCost {
  /** Arithmetic and memory traffic of one photo, large size, 512 x 512. */
  readonly gigaflop: number;
  readonly gigabytes: number;
  /** Seconds per photo on the GPU that was measured. */
  readonly single: number;
  readonly batch8: number;
  /** TFLOP/s that this precision reaches there at most, measured. */
  readonly teraflops: number;
}

/** Forward passes of tools/bench/results/forward-h200.json, eager, weights in channels_last. */
export const PASSES: Measurement & Readonly<Record<Pass, PassCost>> = {
  machine: 'one NVIDIA H200, torch 2.11.0',
  date: '2026-11-28',
  command: 'npm run bench -- forward',
  float32: { gigaflop: 524, gigabytes: 11.6, single: 0.0271, batch8: 0.0201, teraflops: 51.3 },
  'bfloat16-autocast': { gigaflop: 524, gigabytes: 5.8, single: 0.0202, batch8: 0.006, teraflops: 792.6 },
  'float16-lean': { gigaflop: 505, gigabytes: 4.6, single: 0.0127, batch8: 0.0026, teraflops: 760.5 },
};

/** Share of a GPU's memory bandwidth that the network reaches: 4.6 GB in 2.64 ms, of 4.3 TB/s that a copy reaches. */
export const MEMORY_SHARE = 0.4;

/** Share of the slower limit that a worker reaches: 2.62 of 2.74 photos/s at 12 megapixels (docs/measurements.md). */
export const WORKER_SHARE = 0.95;
