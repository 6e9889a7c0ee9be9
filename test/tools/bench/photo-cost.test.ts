/** Ratios are compared with those that are checked in, a profile becomes parts, and prompts cost what was measured. */
import { describe, expect, it } from 'vitest';
import { CommandLine } from '../../../common/command-line.ts';
import { cpuSecondsOf, measuredLoad, shares } from '../../../tools/bench/comfyui-load.ts';
import { COMPARED, losses, readCosts, WORKER_RESULTS } from '../../../tools/bench/compare-costs.ts';
import { PARTS, partOf, sharesOf, type Profile } from '../../../tools/bench/photo-parts.ts';
import { defineWorker, SCAN_KINDS, type WorkerBenchOptions } from '../../../tools/bench/worker-options.ts';

const photo = (cpuSeconds: number, floorSeconds = 0.1) =>
  ({ kind: 'jpeg-rgb', megapixels: 12, cpuSeconds, floorSeconds }) as const;

describe('ratios of photo costs', () => {
  it('may be a tenth larger than before, on a machine of any speed', () => {
    expect(losses([photo(0.2)], [photo(0.8, 0.4), photo(0.219)], 'worker.json')).toEqual([]);
  });

  it('are a loss beyond it, with the file, kind and size, now and before', () => {
    expect(losses([photo(0.2)], [photo(0.224), photo(0.221)], 'worker.json')).toEqual([
      'jpeg-rgb of 12 megapixels: 2.21 times its codec, 2.00 in worker.json',
    ]);
  });

  it('are a loss where no earlier one is known', () => {
    expect(losses([], [photo(0.1)], 'worker.json')).toEqual([
      'jpeg-rgb of 12 megapixels: not in worker.json',
    ]);
  });

  it('are checked in for every photo that the long tests measure', () => {
    const known = readCosts(WORKER_RESULTS).map(({ kind, megapixels }) => `${kind} ${megapixels}`);
    const all = SCAN_KINDS.flatMap((kind) => COMPARED[kind].map((size) => `${kind} ${size}`));
    expect(known).toEqual(expect.arrayContaining(all));
  });
});

describe('parts of a photo', () => {
  const frame = (functionName: string, url: string) => ({
    functionName,
    url,
    lineNumber: 0,
    columnNumber: 0,
  });
  const MERGE = '../../colour/simd/merge.ts';

  it('are those of the innermost function that belongs to one', () => {
    const kernel = { source: '', name: 'mergeRows' };
    const caller = { source: MERGE, name: 'merge' };
    const finish = { source: '../../worker/imaging/paths.ts', name: 'finish' };
    expect(partOf([kernel, caller, finish])).toBe('merge');
    expect(partOf([{ source: '../../colour/depth16.ts', name: 'lightness16' }])).toBe('lightness');
    expect(partOf([{ source: '../../colour/depth16.ts', name: 'mergeChroma16' }])).toBe('merge');
    expect(partOf([{ source: '', name: '(garbage collector)' }])).toBe('other');
  });

  it('share the time in which the thread was not idle', () => {
    const profile: Profile = {
      nodes: [
        { id: 1, callFrame: frame('(root)', ''), children: [2, 4] },
        { id: 2, callFrame: frame('merge', MERGE), children: [3] },
        { id: 3, callFrame: frame('kernel', '') },
        { id: 4, callFrame: frame('(idle)', '') },
      ],
      samples: [3, 3, 2, 4, 4, 1],
    };
    const found = sharesOf(profile, ({ url }) => url);
    expect(found).toMatchObject({ merge: 0.75, other: 0.25 });
    expect(PARTS.reduce((sum, part) => sum + found[part], 0)).toBe(1);
  });
});

describe("ComfyUI's share", () => {
  const load = { gpuSeconds: 0, ...shares(0.01, 0.0065), perMegapixel: 0.2, size: 512 };

  it('is, for one photo and for eight, what was measured', () => {
    expect(cpuSecondsOf(load, { width: 512, height: 512 })).toBeCloseTo(0.01, 9);
    expect(cpuSecondsOf(load, { width: 512, height: 8 * 512 }) / 8).toBeCloseTo(0.0065, 9);
  });

  it('is by megapixels for a whole photo', () => {
    expect(cpuSecondsOf(load, { width: 4000, height: 3000 })).toBeCloseTo(2.4, 9);
  });

  it('is checked in, and less in a batch', () => {
    const { perPrompt, perPhoto } = measuredLoad(0.025, 512);
    expect(perPrompt).toBeGreaterThan(0);
    expect(perPhoto).toBeGreaterThan(0);
  });
});

describe('options of the bench', () => {
  const optionsOf = async (args: string[]) => {
    const program = new CommandLine('bench');
    let found: WorkerBenchOptions | undefined;
    defineWorker(program).runs(async (options: WorkerBenchOptions) => {
      found = options;
      return 0;
    });
    return { code: await program.run(['worker', ...args]), found };
  };

  it('choose sizes and kinds', async () => {
    const { found } = await optionsOf(['--megapixels', '3,12', '--kinds', 'png, tiff16', '--only', 'cost']);
    expect(found).toMatchObject({ megapixels: [3, 12], kinds: ['png', 'tiff16'], only: 'cost', gpuMs: 150 });
  });

  it.each([
    ['--kinds', 'gif'],
    ['--megapixels', '0'],
    ['--only', 'speed'],
  ])('refuse %s %s', async (option, value) => {
    expect((await optionsOf([option, value])).code).toBe(2);
  });
});
