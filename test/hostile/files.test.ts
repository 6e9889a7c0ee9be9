/**
 * Files that were made to harm what reads them, through real image processes: each has its outcome within bounds of time and
 * memory, no process dies of it, and a neighbour's photo that is processed at the same time has its result.
 */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POISON } from '../../tools/hostile/poison.ts';
import { PermanentFault } from '../../worker/photo/faults.ts';
import type { ImageSettings } from '../../worker/imaging/image-processor.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { memoryLog } from '../worker/support/memory.ts';
import { workflow } from '../worker/support/stand-in-comfyui.ts';
import { forgetPeaks, isKnown, usage } from './support/image-process-usage.ts';

/** Processor time of one file and of the photo beside it. */
const LIMIT_CPU_SECONDS = 2;
/** Resident memory of a process that reads one file, the process itself included. */
const LIMIT_MEGABYTES = 500;
/** Ends a test that hangs. */
const HANG_MS = 60_000;

/** Small, so that the neighbour's photo costs little. */
const SIZE = 64;
const small = { ...workflow, chroma: { ...workflow.chroma!, size: SIZE } };
const settings: ImageSettings = { maxMegapixels: 100, path: 'chroma', workflow: small };
const log = memoryLog();
const images = new ImageProcesses(settings, 2, log);
afterAll(() => images.close());

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#a66' } })
    .png()
    .toBuffer();
let neighbour: Buffer;
let saved: Buffer;
let expected: Buffer;
/** As the pipeline does, which reserves memory. */
const prepare = (id: string, file: Buffer) =>
  images.prepare(id, file, 'photo', undefined, 'recolour', async () => undefined);
const colour = async (id: string) => {
  await prepare(id, neighbour);
  return (await images.finish(id, saved, 'v')).file;
};

/** @returns the code of the failure, or `harmless` */
async function outcomeOf(id: string, file: Buffer): Promise<string> {
  try {
    await prepare(id, file);
    await images.finish(id, saved, 'v');
    return 'harmless';
  } catch (error) {
    if (error instanceof PermanentFault) return error.code;
    throw error;
  } finally {
    images.discard(id);
  }
}

describe(`${POISON.length} hostile files`, () => {
  const figures: string[] = [];
  beforeAll(async () => {
    [neighbour, saved] = await Promise.all([picture(80, 60), picture(SIZE, SIZE)]);
    expected = await colour('before');
  });

  it.each(POISON.map((poison, k) => [poison.name, poison.outcome, poison, k] as const))(
    '%s: %s',
    async (name, outcome, { make }, k) => {
      const file = await make();
      if (isKnown) forgetPeaks();
      const before = isKnown ? usage().cpuSeconds : 0;
      const [found, beside] = await Promise.all([outcomeOf(`poison-${k}`, file), colour(`beside-${k}`)]);
      expect(found).toBe(outcome);
      if (isKnown) {
        const { cpuSeconds, megabytes } = usage();
        figures.push(`| ${name} | ${(cpuSeconds - before).toFixed(2)} | ${Math.round(megabytes)} |`);
        expect(cpuSeconds - before).toBeLessThan(LIMIT_CPU_SECONDS);
        expect(megabytes).toBeLessThan(LIMIT_MEGABYTES);
      }
      expect(beside.equals(expected)).toBe(true);
    },
    HANG_MS,
  );

  it('end no process: each is refused by its head, or decoded within the limits', () => {
    expect(log.lines.filter(({ event }) => event === 'image-process-died')).toEqual([]);
    if (process.env.FIGURES) console.log(figures.join('\n'));
  });
});
