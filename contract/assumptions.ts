/** What the model of an instance (throughput.ts) rests on: each figure, whether it was measured, and where it comes from. */
import { gpuOf, gpuSeconds, passOf } from './gpus.ts';
import {
  COMFYUI_COSTS,
  MEMORY_SHARE,
  PASSES,
  SHIPPED_BATCHING,
  TRANSFER_SECONDS,
  WORKER_COSTS,
  WORKER_SHARE,
  type Measurement,
} from './photo-costs.ts';
import { VCPU_SHARE } from './throughput.ts';

/** A figure that results follow from. */
export interface Basis {
  readonly what: string;
  readonly value: string;
  /** `measured`: here, by the command of the source. `assumed`: not measured on such an instance. */
  readonly kind: 'measured' | 'assumed';
  readonly source: string;
}

/** By kind: `jpeg-rgb 0.1 (3 MP), 0.3 (12 MP); png ...`. */
function workerText(): string {
  const kinds = new Set(WORKER_COSTS.photos.map(({ kind }) => kind));
  const of = (one: string) =>
    WORKER_COSTS.photos
      .filter(({ kind }) => kind === one)
      .map(({ megapixels, cpuSeconds }) => `${cpuSeconds} (${megapixels} MP)`);
  return [...kinds].map((kind) => `${kind} ${of(kind).join(', ')}`).join('; ');
}

const sourceOf = ({ command, machine, date }: Measurement) => `${command}; ${machine}, ${date}`;
const ms = (seconds: number) => `${Number((seconds * 1000).toPrecision(3))} ms`;

/** @param types of which the GPUs are listed; others are left out */
export function basisOf(types: readonly string[]): Basis[] {
  const { seconds, cpuSeconds } = COMFYUI_COSTS[SHIPPED_BATCHING];
  const gpus = new Map(types.flatMap((type) => gpuOf(type) ?? []).map((gpu) => [gpu.name, gpu]));
  return [
    {
      what: 'CPU seconds of the worker per photo',
      value: workerText(),
      kind: 'measured',
      source: sourceOf(WORKER_COSTS),
    },
    {
      what: 'seconds of ComfyUI per photo, without the network',
      value: `${ms(seconds)} from prompt to prompt, ${ms(cpuSeconds)} of CPU (${SHIPPED_BATCHING === 'single' ? 'one photo in a prompt' : 'eight photos in a prompt'})`,
      kind: 'measured',
      source: sourceOf(COMFYUI_COSTS),
    },
    {
      what: 'CPU seconds of calls to S3, SQS and DynamoDB per photo',
      value: `${ms(TRANSFER_SECONDS.perPhoto)} and ${ms(TRANSFER_SECONDS.perMegapixel)} per megapixel`,
      kind: 'assumed',
      source: 'the AWS SDK for JavaScript against a server on the same machine: contract/photo-costs.ts',
    },
    {
      what: 'share of the slower limit that a worker reaches',
      value: String(WORKER_SHARE),
      kind: 'measured',
      source: sourceOf(WORKER_COSTS),
    },
    ...[...gpus.values()].map((gpu): Basis => {
      const pass = passOf(gpu);
      return {
        what: `seconds of the network per photo, ${gpu.name}`,
        value: `${ms(gpuSeconds(gpu, pass, SHIPPED_BATCHING))} (${pass}), scaled from ${ms(PASSES[pass].batch8)} on an H200 by TFLOP/s or by memory bandwidth at ${MEMORY_SHARE * 100} %, the longer one`,
        kind: 'assumed',
        source: `${sourceOf(PASSES)}; peaks: ${gpu.source}`,
      };
    }),
    {
      what: 'work of a vCPU while all are busy, of a CPU second as measured',
      value: `${VCPU_SHARE}: two hyperthreads of a core do 1.25 times the work of one`,
      kind: 'assumed',
      source:
        'two threads per core: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-optimize-cpu.html; up to 30 % more by two: https://www.dasher.com/will-hyper-threading-improve-processing-performance/',
    },
    {
      what: "speed of the instance's cores",
      value: 'that of the machine where CPU seconds were measured',
      kind: 'assumed',
      source: 'not compared: pass --service-seconds once ServiceTime was measured',
    },
    {
      what: "ComfyUI's thread while the GPU computes",
      value: 'takes a vCPU: CUDA polls where there are more processors than contexts',
      kind: 'assumed',
      source:
        'cudaDeviceScheduleAuto: https://docs.nvidia.com/cuda/cuda-runtime-api/group__CUDART__DEVICE.html',
    },
  ];
}
