/** GPUs of the instance types, their public peaks, and the time of the network that follows from what was measured elsewhere. */
import { MEMORY_SHARE, PASSES, type Batching, type Pass } from './photo-costs.ts';

export interface Gpu {
  readonly name: string;
  /** CUDA compute capability. */
  readonly capability: number;
  /** Dense peaks, TFLOP/s: of float32, and of float16 or bfloat16 on tensor cores. */
  readonly float32: number;
  readonly half: number;
  /** Memory bandwidth, GB/s. */
  readonly bandwidth: number;
  /** Where the peaks are published. */
  readonly source: string;
}

/** By the family of an EC2 instance type. */
export const GPUS: Readonly<Record<string, Gpu>> = {
  g4dn: {
    name: 'T4',
    capability: 7.5,
    float32: 8.1,
    half: 65,
    bandwidth: 320,
    source: 'https://www.nvidia.com/en-us/data-center/tesla-t4/',
  },
  g5: {
    name: 'A10G',
    capability: 8.6,
    float32: 35,
    half: 70,
    bandwidth: 600,
    source: 'https://www.baseten.co/blog/nvidia-a10-vs-a10g-for-ml-model-inference/',
  },
  g6: {
    name: 'L4',
    capability: 8.9,
    float32: 30.3,
    half: 121,
    bandwidth: 300,
    source: 'https://www.nvidia.com/en-us/data-center/l4/',
  },
  g6e: {
    name: 'L40S',
    capability: 8.9,
    float32: 91.6,
    half: 362,
    bandwidth: 864,
    source: 'https://www.nvidia.com/en-us/data-center/l40s/',
  },
};

/** vCPUs by size: the sizes of these families that have one GPU. */
const VCPUS: Readonly<Record<string, number>> = {
  xlarge: 4,
  '2xlarge': 8,
  '4xlarge': 16,
  '8xlarge': 32,
  '16xlarge': 64,
};

/** Types that the model has. */
export const KNOWN_TYPES: readonly string[] = Object.keys(GPUS).flatMap((family) =>
  Object.keys(VCPUS).map((size) => `${family}.${size}`),
);

const partsOf = (type: string) => (KNOWN_TYPES.includes(type) ? type.split('.') : []);

export const gpuOf = (type: string): Gpu | undefined => GPUS[partsOf(type)[0] ?? ''];
export const vcpusOf = (type: string): number | undefined => VCPUS[partsOf(type)[1] ?? ''];

/** What our node computes in by itself: bfloat16 from compute capability 8.0 on, float16 from 7.0 on, else float32. */
export const passOf = ({ capability }: Pick<Gpu, 'capability'>): Pass =>
  capability >= 8 ? 'bfloat16' : capability >= 7 ? 'float16' : 'float32';

/** The two estimates that {@link gpuSeconds} takes the longer of. */
export function estimatedSeconds(gpu: Gpu, pass: Pass): { arithmetic: number; memory: number } {
  const { gigabytes, batch8, teraflops } = PASSES[pass];
  const peak = pass === 'float32' ? gpu.float32 : gpu.half;
  return { arithmetic: batch8 * (teraflops / peak), memory: gigabytes / (MEMORY_SHARE * gpu.bandwidth) };
}

/**
 * Seconds of the network per photo, estimated: the longer of its arithmetic, at the share of the peak that the same pass reached on the GPU
 * that was measured, and its memory traffic, at {@link MEMORY_SHARE} of the bandwidth. Never shorter than there.
 */
export function gpuSeconds(gpu: Gpu, pass: Pass, batching: Batching): number {
  const { [batching]: measured } = PASSES[pass];
  const { arithmetic, memory } = estimatedSeconds(gpu, pass);
  // A small GPU is full with one photo: there only the launches of kernels, which the CPU does, take as long as measured.
  return Math.max(arithmetic, memory, measured);
}
