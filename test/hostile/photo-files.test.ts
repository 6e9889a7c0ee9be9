/**
 * Changed files of the corpus: an outcome each, results of the right size, and no other photo changed. The full form (FULL=1) runs
 * in image processes.
 */
import { describe, expect, it } from 'vitest';
import { fuzzFiles, type FileFault, type FilesResult } from '../../tools/fuzz/files.ts';
import { fuzzFilesInProcesses } from '../../tools/fuzz/files-in-processes.ts';
import { sizesIn } from '../../tools/fuzz/sizes.ts';
import { contentOf, manifest } from '../../tools/corpus/manifest.ts';
import { settings } from '../../tools/corpus/worker-path.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';

const INPUTS = process.env.FULL ? 1000 : 24;
const SEED = 2;

it(`${INPUTS} changed files do no harm`, async () => {
  const here = { images: new LocalImageProcessor(settings), deaths: () => [] };
  const { outcomes, findings } = process.env.FULL
    ? await fuzzFilesInProcesses(SEED, INPUTS, () => undefined)
    : await fuzzFiles(here, SEED, 0, INPUTS);
  expect(findings.map(({ fault, number, why }) => `${fault}, input ${number}: ${why}`)).toEqual([]);
  expect([...outcomes.values()].reduce((a, b) => a + b, 0)).toBe(INPUTS);
  expect(outcomes.get('succeeded')).toBeGreaterThan(0);
});

/** Fuzzes one input, unchanged where it is, in a processor with a fault. */
async function faultsOf(images: LocalImageProcessor, deaths: string[] = []): Promise<FileFault[]> {
  let result: FilesResult | undefined;
  // Some of the first inputs succeed, whatever the seed.
  for (let number = 0; number < 30 && !result?.findings.length; number++)
    result = await fuzzFiles({ images, deaths: () => deaths.splice(0) }, SEED, number, number + 1);
  return [...new Set(result?.findings.map(({ fault }) => fault))];
}

class Faulty extends LocalImageProcessor {
  constructor(private readonly change: (id: string, result: Buffer) => Buffer) {
    super(settings);
  }
  override async finish(id: string, saved: Buffer, source: string) {
    const finished = await super.finish(id, saved, source);
    return { ...finished, file: this.change(id, finished.file) };
  }
}

describe('the fuzzer of files finds', () => {
  it('a result of another size', async () => {
    const other = contentOf(manifest().find(({ file }) => file === 'png/one-pixel.png')!);
    const images = new Faulty((id, result) => (id === 'neighbour' ? result : other));
    expect(await faultsOf(images)).toEqual(['wrong size']);
  });

  it('a neighbour whose result changes', async () => {
    let finished = 0;
    const images = new Faulty((id, result) =>
      id === 'neighbour' && ++finished > 1 ? result.subarray(1) : result,
    );
    expect(await faultsOf(images)).toContain('neighbour harmed');
  });

  it('processes that die or hang', async () => {
    const images = new LocalImageProcessor(settings);
    expect(await faultsOf(images, ['SIGSEGV', 'time'])).toEqual(['crash', 'hang']);
  });

  it('an error that is no outcome', async () => {
    const images = new LocalImageProcessor(settings);
    const prepare = images.prepare.bind(images);
    images.prepare = (id, ...photo) =>
      id === 'neighbour' ? prepare(id, ...photo) : Promise.reject(new Error('a bug'));
    expect(await faultsOf(images)).toEqual(['no outcome']);
  });
});

it('the size that a file says is found without a decoder', () => {
  const upright = manifest().filter((row) => row.outcome === 'succeeded');
  const missing = upright.filter((row) => {
    const { width, height } = row;
    return !sizesIn(contentOf(row)).some(
      ([w, h]) => (w === width && h === height) || (w === height && h === width),
    );
  });
  expect(missing.map(({ file }) => file)).toEqual([]);
});
