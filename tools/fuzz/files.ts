/**
 * Fuzzes the way of a photo's file: changed files of the corpus through an image process that holds another photo meanwhile.
 * Whatever the file is, it gets an outcome, its result has its size, and the other photo's result is the one that it always has.
 */
import sharp from 'sharp';
import { contentOf, manifest } from '../corpus/manifest.ts';
import { saved, throughWorker } from '../corpus/worker-path.ts';
import type { Outcome } from '../corpus/measure.ts';
import type { ImageProcessor } from '../../worker/imaging/image-processor.ts';
import { mutatedFile, numbers } from './mutate.ts';
import { sizesIn } from './sizes.ts';

export const FAULTS = ['crash', 'hang', 'wrong size', 'neighbour harmed', 'no outcome'] as const;
export type FileFault = (typeof FAULTS)[number];

export interface FileFinding {
  fault: FileFault;
  why: string;
  /** Which input of the seed. */
  number: number;
  input: Buffer;
}

export interface FilesResult {
  /** Inputs by outcome: `succeeded`, or the failure's code. */
  outcomes: Map<string, number>;
  findings: FileFinding[];
  slowestSeconds: number;
}

/** Far beyond what a small file takes, on a busy machine too. */
const MAX_SECONDS = 30;
const NEIGHBOUR = 'jpeg/rgb-420.jpg';
const SOURCE = 'etag-of-the-neighbour';

/** An image processor, and why its processes died since the last call. */
export interface FuzzedImages {
  images: ImageProcessor;
  deaths: () => string[];
}

/**
 * @param from number of the first input; inputs of one seed are the same whatever the range
 * @param onDone called after each input
 */
export async function fuzzFiles(
  { images, deaths }: FuzzedImages,
  seed: number,
  from: number,
  to: number,
  onDone: () => void = () => undefined,
): Promise<FilesResult> {
  const rows = manifest();
  const files = rows.map(contentOf);
  const neighbour = await Neighbour.of(images, files[rows.findIndex(({ file }) => file === NEIGHBOUR)]!);
  const result: FilesResult = { outcomes: new Map(), findings: [], slowestSeconds: 0 };
  for (let number = from; number < to; number++) {
    const input = mutatedFile(files, numbers(mixed(seed, number)));
    const fault = (fault: FileFault, why: string) => result.findings.push({ fault, why, number, input });
    await neighbour.prepare();
    const started = performance.now();
    const outcome = await throughWorker(images, input).catch((error: unknown) => error as Error);
    const seconds = (performance.now() - started) / 1000;
    if (outcome instanceof Error) fault('no outcome', String(outcome));
    else {
      const name = 'code' in outcome ? outcome.code : 'succeeded';
      result.outcomes.set(name, (result.outcomes.get(name) ?? 0) + 1);
      const size = await wrongSize(input, outcome);
      if (size !== undefined) fault('wrong size', size);
    }
    if (!(await neighbour.isUnharmed())) fault('neighbour harmed', 'its result is another one');
    for (const death of deaths()) fault(death === 'time' ? 'hang' : 'crash', death);
    if (seconds > MAX_SECONDS) fault('hang', `${Math.round(seconds)} s`);
    result.slowestSeconds = Math.max(result.slowestSeconds, seconds);
    onDone();
  }
  return result;
}

/** Another photo of the same process, whose result must stay what it is without the input. */
class Neighbour {
  private constructor(
    private readonly images: ImageProcessor,
    private readonly file: Buffer,
    private readonly picture: Buffer,
    private readonly undisturbed: Buffer,
  ) {}

  static async of(images: ImageProcessor, file: Buffer): Promise<Neighbour> {
    const { upload } = await images.prepare('neighbour', file);
    const picture = await saved(upload);
    const { file: undisturbed } = await images.finish('neighbour', picture, SOURCE);
    return new Neighbour(images, file, picture, undisturbed);
  }

  prepare = () => this.images.prepare('neighbour', this.file);

  async isUnharmed(): Promise<boolean> {
    const { file } = await this.images.finish('neighbour', this.picture, SOURCE);
    return this.undisturbed.equals(file);
  }
}

async function wrongSize(input: Buffer, outcome: Outcome): Promise<string | undefined> {
  if ('code' in outcome) return undefined;
  const { info } = await sharp(outcome.result, { failOn: 'error' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  const sizes = sizesIn(input);
  const is = (width: number, height: number) => sizes.some(([w, h]) => w === width && h === height);
  if (is(info.width, info.height) || is(info.height, info.width)) return undefined;
  return `${info.width} x ${info.height}; the file says ${sizes.map((size) => size.join(' x ')).join(', ')}`;
}

/** A seed for each input, far from its neighbours' (a step of MurmurHash3). */
function mixed(seed: number, number: number): number {
  let value = Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 16), 0xc2b2ae35);
  return value ^ (value >>> 13);
}
