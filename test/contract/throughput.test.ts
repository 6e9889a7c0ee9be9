/** The model of an instance: cases to compute by hand, and what must hold for any. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { basisOf } from '../../contract/assumptions.ts';
import { GPUS, gpuSeconds, KNOWN_TYPES, passOf } from '../../contract/gpus.ts';
import { PASSES, SHIPPED_BATCHING, WORKER_SHARE, type WorkerCost } from '../../contract/photo-costs.ts';
import { DEFAULT_POLICY, DEFAULT_TYPES, defaultPolicy } from '../../contract/policy.ts';
import { INSTANCE_PRICES } from '../../contract/prices.ts';
import {
  firstServiceSeconds,
  throughputOf,
  VCPU_SHARE,
  workerSecondsOf,
  type PhotoSize,
} from '../../contract/throughput.ts';
import workflow from '../../ami/workflow/ddcolor.json' with { type: 'json' };
import { LEAST_SERVICE_SECONDS } from '../../lambda/scaler/policy/plausible.ts';

const rgb = (...rows: [megapixels: number, cpuSeconds: number][]): WorkerCost[] =>
  rows.map(([megapixels, cpuSeconds]) => ({ megapixels, kind: 'jpeg-rgb', cpuSeconds }));

describe('CPU seconds of a photo', () => {
  it.each<[string, WorkerCost[], number, number]>([
    ['between two sizes', rgb([10, 0.5], [30, 1.1]), 20, 0.8],
    ['beyond them, and below', rgb([10, 0.5], [30, 1.1]), 50, 1.7],
    ['of a small photo, the constant', rgb([10, 0.5], [30, 1.1]), 1e-9, 0.2],
    ['of one size, in proportion', rgb([10, 0.5]), 20, 1],
    ['of a line from below 0, in proportion', rgb([10, 0.5], [20, 1.1]), 1e-9, 0],
    ['that fall with the size, the same for each', rgb([10, 1], [20, 1], [30, 0.9999]), 100, 1],
  ])('%s', (_name, rows, megapixels, seconds) => {
    expect(workerSecondsOf(megapixels, 'jpeg-rgb', rows)).toBeCloseTo(seconds, 3);
  });

  it('of a kind that was not measured are those of the most expensive one', () => {
    const rows: WorkerCost[] = [
      ...rgb([10, 0.5], [20, 1]),
      { megapixels: 10, kind: 'jpeg-grey', cpuSeconds: 0.7 },
    ];
    expect(workerSecondsOf(10, 'png', rows)).toBeCloseTo(0.7, 9);
    expect(workerSecondsOf(10, 'jpeg-grey', rows)).toBeCloseTo(0.7, 9);
    expect(workerSecondsOf(10, 'jpeg-rgb', rows)).toBeCloseTo(0.5, 9);
  });
});

describe('photos per second', () => {
  const worker = rgb([1, 0.1], [11, 1.1]);
  const at = (type: string, photos: PhotoSize[]) => throughputOf(type, photos, { worker })!;

  it('are the smaller of what GPU and processors allow, less what a worker does not reach', () => {
    const one = at('g4dn.xlarge', [{ megapixels: 10 }]);
    const gpu = 1 / (one.comfyuiSeconds / VCPU_SHARE + one.gpuSeconds);
    const cpu = 4 / ((1 + 0.03 + one.comfyuiCpuSeconds) / VCPU_SHARE + one.gpuSeconds);
    expect(one).toMatchObject({ type: 'g4dn.xlarge', gpu: 'T4', vcpus: 4, limit: 'cpu' });
    expect(one.workerSeconds).toBeCloseTo(1, 9);
    expect(one.gpuPhotosPerSecond).toBeCloseTo(gpu, 9);
    expect(one.cpuPhotosPerSecond).toBeCloseTo(cpu, 9);
    expect(one.photosPerSecond).toBeCloseTo(WORKER_SHARE * cpu, 9);
    expect(one.serviceSeconds).toBeCloseTo(1 / one.photosPerSecond, 9);
    // Small photos: the processors wait for the GPU.
    expect(at('g4dn.2xlarge', [{ megapixels: 0.1 }]).limit).toBe('gpu');
  });

  it('of a mix are those of its mean photo', () => {
    const mix = at('g5.xlarge', [
      { megapixels: 2, share: 3 },
      { megapixels: 10, share: 1 },
    ]);
    expect(mix.workerSeconds).toBeCloseTo((3 * 0.2 + 1) / 4, 9);
    expect(at('g5.xlarge', [{ megapixels: 4 }]).photosPerSecond).toBeCloseTo(mix.photosPerSecond, 9);
  });

  it.each<PhotoSize[][]>([
    [[]],
    [[{ megapixels: 0 }]],
    [[{ megapixels: 12, share: 0 }]],
    [[{ megapixels: NaN }]],
  ])('of %j are refused', (photos) => {
    expect(() => throughputOf('g5.xlarge', photos)).toThrow(RangeError);
  });

  it.each(['g4dn.12xlarge', 'p4d.24xlarge', 'g4dn', 'constructor.xlarge', ''])(
    'of %j are not known',
    (type) => {
      expect(throughputOf(type)).toBeUndefined();
    },
  );

  it('grow with vCPUs and fall with megapixels', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(GPUS)),
        fc.double({ min: 0.1, max: 170, noNaN: true }),
        (family, megapixels) => {
          const of = (size: string, more = 0) =>
            throughputOf(`${family}.${size}`, [{ megapixels: megapixels + more }])!.photosPerSecond;
          expect(of('2xlarge')).toBeGreaterThanOrEqual(of('xlarge'));
          expect(of('16xlarge')).toBeGreaterThanOrEqual(of('8xlarge'));
          expect(of('xlarge', 5)).toBeLessThanOrEqual(of('xlarge'));
        },
      ),
    );
  });

  it('are known of every type that has a price, with its vCPUs', () => {
    for (const [type, { vcpus }] of Object.entries(INSTANCE_PRICES)) {
      expect(KNOWN_TYPES).toContain(type);
      expect(throughputOf(type)?.vcpus).toBe(vcpus);
    }
  });
});

describe('GPU seconds', () => {
  it('are never shorter than on the GPU that was measured', () => {
    for (const gpu of Object.values(GPUS)) {
      const pass = passOf(gpu);
      for (const batching of ['single', 'batch8'] as const)
        expect(gpuSeconds(gpu, pass, batching)).toBeGreaterThanOrEqual(PASSES[pass][batching]);
    }
  });

  it('follow the arithmetic or the memory, whichever takes longer', () => {
    const gpu = { ...GPUS.g6!, half: 100, bandwidth: 1e6 };
    const { batch8, teraflops, gigabytes } = PASSES.float16;
    expect(gpuSeconds(gpu, 'float16', 'batch8')).toBeCloseTo((batch8 * teraflops) / 100, 6);
    const slow = { ...gpu, bandwidth: 100 };
    expect(gpuSeconds(slow, 'float16', 'batch8')).toBeCloseTo(gigabytes / 40, 6);
  });
});

it('the network computes in the type that the node chooses for a GPU', () => {
  expect([7.5, 8.6, 6.1].map((capability) => passOf({ capability }))).toEqual([
    'float16',
    'bfloat16',
    'float32',
  ]);
});

it('photos are in batches where the shipped workflow has them', () => {
  expect(SHIPPED_BATCHING).toBe((workflow.chroma.batch ?? 1) >= 8 ? 'batch8' : 'single');
});

describe('what follows from the model', () => {
  it('is the first service time of a policy: the slowest type’s, rounded up', () => {
    const slowest = Math.max(...DEFAULT_TYPES.map((type) => throughputOf(type)!.serviceSeconds));
    expect(DEFAULT_POLICY.serviceSeconds).toBeGreaterThanOrEqual(slowest);
    expect(DEFAULT_POLICY.serviceSeconds).toBeLessThan(1.1 * slowest);
    const fast = defaultPolicy(['g6.2xlarge']).serviceSeconds;
    expect(fast).toBeLessThan(DEFAULT_POLICY.serviceSeconds);
    expect(firstServiceSeconds(['p9.huge'])).toBeUndefined();
    expect(defaultPolicy(['p9.huge'])).toEqual(DEFAULT_POLICY);
  });

  it('is the least busy time of a photo that the scaler believes: a quarter of the fastest instance’s', () => {
    const fastest = Math.min(
      ...KNOWN_TYPES.map((type) => throughputOf(type, [{ megapixels: 0.1 }])!.serviceSeconds),
    );
    expect(LEAST_SERVICE_SECONDS).toBeLessThan(fastest / 4);
  });
});

it('each figure is measured or assumed, with a source', () => {
  const basis = basisOf([...DEFAULT_TYPES, 'p9.huge']);
  for (const { what, value, source } of basis)
    expect([what, value, source].map(Boolean)).toEqual([true, true, true]);
  expect(basis.filter(({ kind }) => kind === 'measured').length).toBeGreaterThan(0);
  const assumed = basis.filter(({ kind }) => kind === 'assumed').map(({ what }) => what);
  for (const gpu of ['T4', 'A10G', 'L4']) expect(assumed.join()).toContain(gpu);
});
