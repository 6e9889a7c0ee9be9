/**
 * What a photo costs the worker: CPU seconds beside those that sharp needs to decode the same file and to encode the same result, by
 * size and kind of file. Both sides in turn, the least of several rounds each.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { WorkerSettings } from '../../contract/worker.ts';
import { isPlanes } from '../../contract/workflow.ts';
import { bundle, bundleImageProcess } from '../../worker/bundle.ts';
import type { CostRatio } from './compare-costs.ts';
import type { CostTask } from './photo-cost-child.ts';
import type { PartsTask } from './photo-parts-child.ts';
import { PARTS, type Parts } from './photo-parts.ts';
import { watchMemory } from './process-usage.ts';
import { scan } from './scans.ts';
import { TaskProcess } from './task-process.ts';
import type { ScanKind } from './worker-options.ts';

export const COST_MEGAPIXELS = [1, 3, 12, 24, 100];

/** `cpuSeconds` are those of the worker and its image process, `floorSeconds` of sharp, to decode the file and to encode the result. */
export interface PhotoCost extends CostRatio {
  /** Bytes of the photo's file. */
  bytes: number;
  /** Most resident memory: the worker's process, and its image process. */
  peakMegabytes: { worker: number | undefined; imageProcess: number | undefined };
  /** CPU seconds by part; undefined for large files. */
  parts?: Parts;
}

/** What the codec takes for a megapixel, beside a JPEG's. */
const WEIGHTS: Record<ScanKind, number> = { 'jpeg-rgb': 1, 'jpeg-grey': 1, png: 6, tiff16: 9 };

/** How often a photo is taken, so that clocks of 10 ms are fine enough and the whole takes minutes. */
interface Repeats {
  /** Before anything is counted: they start a process and compile its code. */
  warmUps: number;
  rounds: number;
  /** Photos of a round. */
  times: number;
  parts: boolean;
}

function repeatsFor(kind: ScanKind, megapixels: number): Repeats {
  const work = WEIGHTS[kind] * megapixels;
  const times = Math.max(1, Math.round(24 / work));
  if (work <= 40) return { warmUps: 3, rounds: 5, times, parts: true };
  if (work <= 110) return { warmUps: 1, rounds: 2, times, parts: kind !== 'jpeg-grey' };
  return { warmUps: work <= 300 ? 1 : 0, rounds: work <= 300 ? 2 : 1, times, parts: false };
}

/** Smooth a and b, as a network gives them: as the workflow saves them. */
async function savedPicture({ workflow }: WorkerSettings): Promise<Buffer> {
  const { size = 512 } = workflow.chroma ?? {};
  const pixels = size * size;
  const planes = Buffer.alloc(2 * pixels);
  for (let i = 0; i < pixels; i++) {
    const [x, y] = [i % size, Math.floor(i / size)];
    planes[i] = Math.round(136 + 14 * Math.sin(x / 31 + 2 * Math.sin(y / 47)));
    planes[pixels + i] = Math.round(142 + 20 * Math.cos(y / 37 + 2 * Math.cos(x / 53)));
  }
  if (isPlanes(workflow)) return planes;
  const data = Buffer.alloc(3 * pixels, 128);
  for (let i = 0; i < pixels; i++) data.set([planes[i]!, planes[pixels + i]!], 3 * i);
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .png({ compressionLevel: 4 })
    .toBuffer();
}

/** Bundles the measured processes. @param folder inside of the repository, so that they find sharp */
export async function bundlePhotoCost(folder: string): Promise<void> {
  const entry = (name: string) =>
    bundle(join(import.meta.dirname, `${name}-child.ts`), join(folder, `${name}.mjs`));
  await Promise.all([entry('photo-cost'), entry('photo-parts'), bundleImageProcess(folder)]);
}

export interface CostRun {
  /** Folder of the bundles, which photos are written to. */
  folder: string;
  settings: WorkerSettings;
  megapixels: readonly number[];
  kinds: readonly ScanKind[];
  /** Whether the parts of a photo are measured too. @default true */
  parts?: boolean;
  say: (line: string) => void;
}

export async function measurePhotoCosts({
  folder,
  settings,
  megapixels,
  kinds,
  parts = true,
  say,
}: CostRun): Promise<PhotoCost[]> {
  const saved = join(folder, 'saved');
  writeFileSync(saved, await savedPicture(settings));
  const costs: PhotoCost[] = [];
  for (const size of megapixels) {
    for (const kind of kinds) {
      const photo = join(folder, `photo-${kind}`);
      const file = await scan(kind, 0, size);
      writeFileSync(photo, file);
      const files = { photo, saved, result: `${photo}-result` };
      const repeats = repeatsFor(kind, size);
      repeats.parts &&= parts;
      const cost = await measureOne(folder, settings, files, repeats);
      costs.push({ megapixels: size, kind, ...cost, bytes: file.length });
      const ratio = (cost.cpuSeconds / cost.floorSeconds).toFixed(2);
      say(`${kind} of ${size} megapixels: ${cost.cpuSeconds.toFixed(3)} CPU s, ${ratio} times the codec's`);
    }
  }
  return costs;
}

type Measured = Pick<PhotoCost, 'cpuSeconds' | 'floorSeconds' | 'peakMegabytes' | 'parts'>;

async function measureOne(
  folder: string,
  { maxMegapixels, path, workflow }: WorkerSettings,
  files: { photo: string; saved: string; result: string },
  { warmUps, rounds, times, parts: withParts }: Repeats,
): Promise<Measured> {
  const settings = { maxMegapixels, path, workflow };
  const started: TaskProcess[] = [];
  const start = (name: string) => {
    const process = new TaskProcess(join(folder, `${name}.mjs`));
    started.push(process);
    return process;
  };
  const take: CostTask = { do: 'take', times };
  const worker = start('photo-cost');
  const peaks = watchMemory(worker.pid);
  try {
    await worker.ask({ do: 'worker', settings, ...files, warmUps } satisfies CostTask);
    const own = [await worker.ask<number>(take)];
    // It encodes the worker's result, so it starts second.
    const floor = start('photo-cost');
    await floor.ask({ do: 'floor', photo: files.photo, result: files.result } satisfies CostTask);
    const codec = [await floor.ask<number>(take)];
    for (let round = 1; round < rounds; round++) {
      own.push(await worker.ask(take));
      codec.push(await floor.ask(take));
    }
    const { own: most, child } = peaks.stop();
    const cost = {
      cpuSeconds: Math.min(...own),
      floorSeconds: Math.min(...codec),
      peakMegabytes: { worker: most, imageProcess: child },
    };
    if (!withParts) return cost;
    const task: PartsTask = { settings, ...files, warmUps, rounds, times };
    const parts = await start('photo-parts').ask<Parts>(task);
    const inProcess = PARTS.reduce((sum, part) => sum + parts[part], 0);
    return { ...cost, parts: { ...parts, 'hand-over': Math.max(0, cost.cpuSeconds - inProcess) } };
  } finally {
    peaks.stop();
    for (const one of started) one.close();
  }
}
