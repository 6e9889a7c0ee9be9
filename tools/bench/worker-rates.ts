/**
 * Photos/s of a worker by size of photo, beside its two lanes: ComfyUI, with prompts back to back on pictures that are in place, and the
 * processors, by the CPU seconds that worker and ComfyUI take for a photo. The slower lane is the most that a worker can do.
 */
import { availableParallelism } from 'node:os';
import type { WorkerSettings } from '../../contract/worker.ts';
import { stackPlanes } from '../../worker/comfyui/planes.ts';
import { maxBatch, onPath } from '../../worker/comfyui/workflow.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { BackToBack, type MeasuredComfyui } from './measured-comfyui.ts';
import { measureWorker, type WorkerRate } from './measured-worker.ts';
import { photo } from './photos.ts';
import { settingsFor } from './settings.ts';
import { tableLines } from './table.ts';

export interface Row {
  megapixels: number;
  /** The lane of ComfyUI, photos/s: GPU and thread. */
  alone: number;
  chroma: WorkerRate;
  plain: WorkerRate;
  /** The lane of the processors on the chroma path, photos/s. */
  allowed: number;
}

/** Megapixels, most photos on the chroma path, number on the plain path. */
const SIZES: [megapixels: number, chroma: number, plain: number][] = [
  [1, 300, 8],
  [3, 240, 5],
  [12, 80, 4],
  [24, 40, 3],
];
/** Of ComfyUI alone. */
const ALONE_PHOTOS = 64;
/** Target duration of a measurement. */
const ABOUT_SECONDS = 12;
const FEWEST = 16;
/** Number of different photos, so that ComfyUI's cache does not apply. */
const DIFFERENT = 4;

export interface RateRun {
  comfyui: MeasuredComfyui;
  /** Name of the workflow. */
  workflow: string;
  /** Of the bundles. */
  folder: string;
  /** @default all */
  sizes: readonly number[] | undefined;
  say: (line: string) => void;
}

export async function measureRates({ comfyui, workflow, folder, sizes, say }: RateRun): Promise<Row[]> {
  const chroma = settingsFor(comfyui.device, 'chroma', workflow);
  const plain = settingsFor(comfyui.device, 'plain', workflow);
  say('ComfyUI alone');
  const alone = await rateAlone(comfyui, chroma);
  const rows: Row[] = [];
  const enough = (most: number) => Math.min(most, Math.max(FEWEST, Math.round(ABOUT_SECONDS * alone)));
  for (const [megapixels, many, few] of SIZES) {
    if (sizes && !sizes.includes(megapixels)) continue;
    say(`photos of ${megapixels} megapixels`);
    const photos: Buffer[] = [];
    for (let k = 0; k < DIFFERENT; k++) photos.push(await photo(k, megapixels));
    const run = (settings: WorkerSettings, count: number) => {
      say(`${megapixels} megapixels, ${settings.path} path, ${count} photos`);
      return measureWorker({ folder, comfyui, settings, photos, count });
    };
    const onChroma = await run(chroma, enough(many));
    const onPlain = await run(plain, few);
    const both = onChroma.cpuSeconds + (onChroma.comfyuiCpuSeconds ?? 0);
    const allowed = availableParallelism() / both;
    rows.push({ megapixels, alone, chroma: onChroma, plain: onPlain, allowed });
  }
  return rows;
}

/** Photos/s of ComfyUI without a worker, in prompts of as many photos as the worker's at most. */
async function rateAlone(comfyui: MeasuredComfyui, settings: WorkerSettings): Promise<number> {
  const { workflow } = settings;
  const images = new LocalImageProcessor(settings);
  const photosPerPrompt = maxBatch(settings);
  const pictures: Buffer[] = [];
  for (let k = 0; k < DIFFERENT; k++) {
    const { upload, isPlane } = await images.prepare(String(k), await photo(k, 1));
    images.discard(String(k));
    const size = workflow.chroma?.size ?? 0;
    pictures.push(isPlane ? stackPlanes(Array<Buffer>(photosPerPrompt).fill(upload), size) : upload);
  }
  const prompts = new BackToBack(comfyui.url, onPath(workflow, 'chroma'));
  return photosPerPrompt * (await prompts.rate(pictures, Math.ceil(ALONE_PHOTOS / photosPerPrompt)));
}

/** What the slower lane allows, photos/s. */
const limitOf = ({ alone, allowed }: Row) => Math.min(alone, Number.isNaN(allowed) ? alone : allowed);

const percent = (share: number | undefined) => (share === undefined ? '-' : `${(100 * share).toFixed(1)} %`);

export function rateLines(rows: readonly Row[]): string[] {
  const head = [
    'MP',
    'lane: ComfyUI',
    'lane: CPU',
    'slower',
    'chroma path',
    'share',
    'ComfyUI idle',
    'photos/prompt',
    'worker CPU s',
    'ComfyUI CPU s',
    'plain path',
    'chroma / plain',
  ];
  const cells = rows.map((row) => [
    String(row.megapixels),
    row.alone.toFixed(2),
    row.allowed.toFixed(2),
    row.alone <= row.allowed ? 'ComfyUI' : 'CPU',
    row.chroma.rate.toFixed(2),
    (row.chroma.rate / limitOf(row)).toFixed(3),
    percent(row.chroma.idle),
    row.chroma.photosPerPrompt.toFixed(1),
    row.chroma.cpuSeconds.toFixed(3),
    row.chroma.comfyuiCpuSeconds?.toFixed(3) ?? '-',
    row.plain.rate.toFixed(2),
    (row.chroma.rate / row.plain.rate).toFixed(1),
  ]);
  return [
    '',
    'Photos/s of a worker beside what its lanes allow, and the share of time that ComfyUI was idle while photos waited:',
    '',
    ...tableLines(head, cells),
  ];
}

/** Share of the slower lane that a worker has to reach, and of small photos. */
const WANTED = 0.9;
const WANTED_SMALL = 0.95;
const SMALL_MEGAPIXELS = 3;

/** @returns a sentence for each missed limit, with the stand-in */
export function lanesMissed(rows: readonly Row[]): string[] {
  return rows.flatMap((row) => {
    const { megapixels, chroma } = row;
    const wanted = (megapixels <= SMALL_MEGAPIXELS ? WANTED_SMALL : WANTED) * limitOf(row);
    if (chroma.rate >= wanted) return [];
    return [
      `${megapixels} megapixels: ${chroma.rate.toFixed(2)} photos/s, expected ${wanted.toFixed(2)}: ${(chroma.rate / limitOf(row)).toFixed(3)} of the slower lane`,
    ];
  });
}
