/**
 * `npm run bench -- worker`: what a photo costs the worker beside its codec alone (`photo-cost.ts`), then photos/s of a worker, and
 * how long ComfyUI is idle while photos wait.
 *
 * Compares ComfyUI alone, with prompts in its queue on small uploaded images, with the worker on its chroma path and on its plain
 * path. Without a URL, ComfyUI is the stand-in with a fixed GPU time and the measured CPU time of a real one.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bundle, bundleImageProcess } from '../../worker/bundle.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { onPath } from '../../worker/comfyui/workflow.ts';
import { localPath } from '../../common/environment.ts';
import { workflowAt } from '../../local/run/preflight.ts';
import { costLines } from './photo-cost-report.ts';
import { COST_MEGAPIXELS, measurePhotoCosts, type PhotoCost } from './photo-cost.ts';
import { photo } from './photos.ts';
import { BackToBack, RealComfyui, StandInComfyui, type MeasuredComfyui } from './measured-comfyui.ts';
import { measureWorker, type WorkerRate } from './measured-worker.ts';
import { settingsFor } from './settings.ts';
import { timelineSvg } from './timeline.ts';
import { SCAN_KINDS, type WorkerBenchOptions } from './worker-options.ts';

/** Measured CPU time of one thread for decoding, Lab conversions and PNG: 2.54 s for 12 megapixels. */
const CPU_SECONDS_PER_MEGAPIXEL = 2.54 / 12;
const ALONE = 60;
/** Megapixels, number of photos on the chroma path, number on the plain path. */
const SIZES: [megapixels: number, chroma: number, plain: number][] = [
  [1, 80, 14],
  [3, 80, 9],
  [12, 50, 6],
  [24, 30, 5],
];
/** Target duration of a measurement; with a ComfyUI slower than the stand-in the number of photos is reduced. */
const ABOUT_SECONDS = 18;
const FEWEST = 16;
/** Number of different photos, so that ComfyUI's cache does not apply. */
const DIFFERENT = 4;

interface Row {
  megapixels: number;
  alone: number;
  chroma: WorkerRate;
  plain: WorkerRate;
  /** Limit by CPU on the chroma path, photos/s. */
  allowed: number;
}

async function measure(
  comfyui: MeasuredComfyui,
  workflow: string,
  folder: string,
  sizes: readonly number[] | undefined,
  say: (line: string) => void,
): Promise<Row[]> {
  const chroma = settingsFor(comfyui.device, 'chroma', workflow);
  const images = new LocalImageProcessor(chroma);
  const small: Buffer[] = [];
  for (let k = 0; k < DIFFERENT; k++) {
    small.push((await images.prepare(String(k), await photo(k, 1))).upload);
    images.discard(String(k));
  }
  say('ComfyUI alone');
  const alone = await new BackToBack(comfyui.url, onPath(chroma.workflow, 'chroma')).rate(small, ALONE);
  const rows: Row[] = [];
  const enough = (count: number) => Math.min(count, Math.max(FEWEST, Math.round(ABOUT_SECONDS * alone)));
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
    const onPlain = await run(settingsFor(comfyui.device, 'plain', workflow), few);
    const both = onChroma.cpuSeconds + (onChroma.comfyuiCpuSeconds ?? 0);
    rows.push({
      megapixels,
      alone,
      chroma: onChroma,
      plain: onPlain,
      allowed: availableParallelism() / both,
    });
  }
  return rows;
}

const percent = (share: number | undefined) => (share === undefined ? '-' : `${(100 * share).toFixed(1)} %`);

function print(rows: Row[]): void {
  console.log('\nPhotos/s, and the share of time that ComfyUI was idle while photos waited:\n');
  const head = [
    'MP',
    'ComfyUI alone',
    'chroma path',
    'of alone',
    'idle',
    'CPU s',
    'CPU allows',
    'plain path',
    'chroma / plain',
  ];
  const cells = rows.map(({ megapixels, alone, chroma, plain, allowed }) => [
    String(megapixels),
    alone.toFixed(2),
    chroma.rate.toFixed(2),
    (chroma.rate / alone).toFixed(3),
    percent(chroma.idle),
    chroma.cpuSeconds.toFixed(2),
    allowed.toFixed(2),
    plain.rate.toFixed(2),
    (chroma.rate / plain.rate).toFixed(1),
  ]);
  const widths = head.map((title, k) => Math.max(title.length, ...cells.map((row) => row[k]!.length)));
  for (const row of [head, ...cells]) console.log(row.map((cell, k) => cell.padStart(widths[k]!)).join('  '));
}

/** @returns a sentence for each missed limit, with the stand-in */
function missed(rows: Row[]): string[] {
  const found: string[] = [];
  for (const { megapixels, alone, chroma, plain, allowed } of rows) {
    const small = megapixels <= 3;
    const wanted = small ? 0.97 * alone : 0.9 * Math.min(alone, allowed);
    if (chroma.rate < wanted)
      found.push(
        `${megapixels} megapixels: ${chroma.rate.toFixed(2)} photos/s, expected ${wanted.toFixed(2)}`,
      );
    if (small && (chroma.idle ?? 0) > 0.03)
      found.push(`${megapixels} megapixels: ComfyUI idle for ${percent(chroma.idle)}, expected at most 3 %`);
    if (megapixels === 12 && chroma.rate < 5 * plain.rate)
      found.push(`12 megapixels: ${(chroma.rate / plain.rate).toFixed(1)} times the plain path, expected 5`);
  }
  return found;
}

/** Draws some seconds of the worker at 3 megapixels, or at the first size. */
function writePicture(file: string, rows: Row[]): void {
  const { megapixels, chroma } = rows.find((row) => row.megapixels === 3) ?? rows[0]!;
  const title = `Photos of ${megapixels} megapixels in a worker, ${availableParallelism()} cores`;
  writeFileSync(file, timelineSvg(chroma.passed, title));
}

const withoutPhotos = (key: string, value: unknown) => (key === 'passed' ? undefined : value);

export async function bench(values: WorkerBenchOptions): Promise<number> {
  const gpuSeconds = values.gpuMs / 1000;
  // Inside of the repository, so that the bundles find sharp.
  const folder = mkdtempSync(localPath('bench-'));
  const began = Date.now();
  const say = (line: string) =>
    console.error(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${line}`);
  let comfyui: MeasuredComfyui | undefined;
  try {
    const here = import.meta.dirname;
    await Promise.all([
      bundle(join(here, 'comfyui.ts'), join(folder, 'comfyui.mjs')),
      bundle(join(here, 'photo-cost-child.ts'), join(folder, 'photo-cost.mjs')),
      bundle(join(here, 'photo-parts-child.ts'), join(folder, 'photo-parts.mjs')),
      bundle(join(here, 'worker-child.ts'), join(folder, 'worker.mjs')),
      bundleImageProcess(folder),
    ]);
    const workflow = values.comfyui ? await workflowAt(values.comfyui) : 'ddcolor';
    let photos: PhotoCost[] = [];
    if (values.only !== 'rate') {
      const { megapixels = COST_MEGAPIXELS, kinds = SCAN_KINDS } = values;
      const settings = settingsFor('cpu', 'chroma', workflow);
      photos = await measurePhotoCosts({ folder, settings, megapixels, kinds, say });
      for (const line of costLines(photos)) console.log(line);
    }
    let rows: Row[] = [];
    if (values.only !== 'cost') {
      comfyui = values.comfyui
        ? await RealComfyui.at(values.comfyui)
        : await StandInComfyui.start(join(folder, 'comfyui.mjs'), gpuSeconds, CPU_SECONDS_PER_MEGAPIXEL);
      rows = await measure(comfyui, workflow, folder, values.megapixels, say);
      print(rows);
    }
    const cores = availableParallelism();
    if (values.picture && rows.length > 0) writePicture(values.picture, rows);
    if (values.json)
      writeFileSync(
        values.json,
        `${JSON.stringify({ photos, cores, comfyui: values.comfyui ?? 'stand-in', gpuSeconds, rows }, withoutPhotos, 2)}\n`,
      );
    if (values.comfyui) return 0;
    const misses = missed(rows);
    for (const miss of misses) console.error(`missed: ${miss}`);
    return misses.length > 0 ? 1 : 0;
  } finally {
    comfyui?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
