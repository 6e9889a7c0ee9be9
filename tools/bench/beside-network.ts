/**
 * `npm run bench -- comfyui --comfyui DIR --ddcolor DIR [--json FILE]`: what a photo costs ComfyUI beside the network.
 *
 * A real ComfyUI on the CPU, its network replaced by a constant, takes turns between prompts of one photo with the node of version
 * 0.2.0 (PNG in, both outputs of DDColor computed, `ab` saved as PNG), prompts of one photo, and prompts of eight. Photos are sent,
 * and colours fetched, as the worker does it.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { setup } from '../../cli/comfyui/setup.ts';
import { command } from '../../common/command.ts';
import { UserError } from '../../common/errors.ts';
import { checkWritable } from '../../local/run/preflight.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import type { Graph } from '../../worker/comfyui/workflow.ts';
import { CHECKPOINT, forgetPeak, startConstantComfyui, type ComfyuiProcess } from './comfyui-process.ts';
import { cpuSecondsOf, peakMegabytesOf } from './process-usage.ts';
import { cameraPhoto } from './photos.ts';
import { tableLines } from './table.ts';

const SIZE = 512;
const BATCH = 8;
/** Prompts that the worker keeps in ComfyUI: one runs, one waits. */
const IN_FLIGHT = 2;
/** The last ones that are checked in. */
const RESULTS = join(import.meta.dirname, 'results', 'comfyui.json');
const ALLOWED_LOSS = 0.1;
/** Other work on the computer makes a measurement worse, never better. */
const COMPARE_ATTEMPTS = 3;
const STEPS = ['20-tools', '30-comfyui', '40-python', '50-ddcolor'];

export interface BesideNetworkOptions {
  comfyui?: string;
  ddcolor?: string;
  photos: number;
  rounds: number;
  /** Whether to fail where a ratio is more than a tenth above the one that is checked in. @default false */
  compare?: boolean;
  json?: string;
}

/** One way to have photos coloured. */
interface Way {
  name: 'version020' | 'single' | 'batch8';
  label: string;
  photosPerPrompt: number;
  picture: (copies: Buffer[]) => Buffer | Promise<Buffer>;
  graph: (picture: string, prefix: string) => Graph;
}

const model = { model_input_size: SIZE, checkpoint: CHECKPOINT };

const stack = (copies: Buffer[]) =>
  Buffer.concat([Buffer.from(`P5\n${SIZE} ${SIZE * copies.length}\n255\n`), ...copies]);

const chromaGraph = (picture: string, prefix: string): Graph => ({
  1: { class_type: 'LoadGrey', inputs: { image: picture } },
  2: { class_type: 'DDColorChroma', inputs: { image: ['1', 0], ...model, precision: 'auto' } },
  3: { class_type: 'SaveChroma', inputs: { ab: ['2', 0], filename_prefix: prefix } },
});

const WAYS: Way[] = [
  {
    name: 'version020',
    label: 'version 0.2.0, one photo',
    photosPerPrompt: 1,
    picture: ([copy]) =>
      sharp(copy, { raw: { width: SIZE, height: SIZE, channels: 1 } })
        .toColourspace('b-w')
        .png({ compressionLevel: 1 })
        .toBuffer(),
    graph: (picture, prefix) => ({
      1: { class_type: 'LoadImage', inputs: { image: picture } },
      2: { class_type: 'DDColor', inputs: { image: ['1', 0], ...model } },
      3: { class_type: 'SaveImage', inputs: { images: ['2', 1], filename_prefix: prefix } },
    }),
  },
  { name: 'single', label: 'one photo', photosPerPrompt: 1, picture: stack, graph: chromaGraph },
  { name: 'batch8', label: 'eight photos', photosPerPrompt: BATCH, picture: stack, graph: chromaGraph },
];

export interface Cost {
  /** CPU seconds of ComfyUI's process per photo, of the best round. */
  secondsPerPhoto: number;
  /** By the clock, from the first upload to the last answer, of the best round; other processes make it longer. */
  wallSecondsPerPhoto: number;
  /** Most resident memory. */
  peakMegabytes: number;
}

/** Sends one prompt and takes its colours. @throws Error when it failed */
async function prompt({ url, folder }: ComfyuiProcess, way: Way, picture: Buffer): Promise<void> {
  const client = new ComfyuiClient(url);
  const id = randomUUID();
  const refused = await client.submit(way.graph(await client.upload(picture, id), `${id}/out`), id);
  if ('error' in refused) throw new Error(`ComfyUI refused a prompt: ${JSON.stringify(refused)}`);
  let entry = await client.history(id);
  for (; !entry; entry = await client.history(id)) await sleep(10);
  const [saved] = Object.values(entry.outputs).flatMap((output) => output.images ?? []);
  if (!saved) throw new Error(`a prompt ended without a picture: ${JSON.stringify(entry.status)}`);
  await client.view(saved);
  await client.forget(id);
  for (const name of ['input', 'output']) rmSync(join(folder, name, id), { recursive: true });
}

async function round(comfyui: ComfyuiProcess, way: Way, pictures: Buffer[]): Promise<Cost> {
  forgetPeak(comfyui.pid);
  const photos = pictures.length * way.photosPerPrompt;
  const cpuBefore = cpuSecondsOf(comfyui.pid);
  const startMs = performance.now();
  const waiting = [...pictures];
  const lane = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await prompt(comfyui, way, next);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return {
    secondsPerPhoto: (cpuSecondsOf(comfyui.pid) - cpuBefore) / photos,
    wallSecondsPerPhoto: (performance.now() - startMs) / 1000 / photos,
    peakMegabytes: peakMegabytesOf(comfyui.pid) ?? NaN,
  };
}

const best = (costs: Cost[]): Cost => ({
  secondsPerPhoto: Math.min(...costs.map((cost) => cost.secondsPerPhoto)),
  wallSecondsPerPhoto: Math.min(...costs.map((cost) => cost.wallSecondsPerPhoto)),
  peakMegabytes: Math.max(...costs.map((cost) => cost.peakMegabytes)),
});

/** Grey copies of different photos. */
async function greyCopies(count: number): Promise<Buffer[]> {
  const different = await Promise.all(
    Array.from({ length: BATCH }, async (_, number) =>
      sharp(await cameraPhoto(number, 0.5))
        .resize(SIZE, SIZE, { fit: 'fill' })
        .toColourspace('b-w')
        .raw()
        .toBuffer(),
    ),
  );
  return Array.from({ length: count }, (_, k) => different[k % BATCH]!);
}

export interface Report extends Record<Way['name'], Cost> {
  /** To version 0.2.0's CPU seconds, or by the clock. */
  ratios: { single: number; batch8: number; wallSingle: number; wallBatch8: number };
}

/** Measures each way in turn; the first round warms up. */
async function measure(
  comfyui: ComfyuiProcess,
  photos: number,
  rounds: number,
  abort: AbortSignal,
): Promise<Report> {
  const copies = await greyCopies(Math.ceil(photos / BATCH) * BATCH);
  const pictures = new Map<Way, Buffer[]>();
  for (const way of WAYS) {
    const parts = Array.from({ length: copies.length / way.photosPerPrompt }, (_, k) =>
      copies.slice(k * way.photosPerPrompt, (k + 1) * way.photosPerPrompt),
    );
    pictures.set(way, await Promise.all(parts.map(async (part) => way.picture(part))));
  }
  const costs = new Map(WAYS.map((way) => [way, [] as Cost[]]));
  for (let k = 0; k <= rounds; k++)
    for (const way of WAYS) {
      abort.throwIfAborted();
      const cost = await round(comfyui, way, pictures.get(way)!);
      if (k > 0) costs.get(way)!.push(cost);
    }
  const found = Object.fromEntries(WAYS.map((way) => [way.name, best(costs.get(way)!)])) as Record<
    Way['name'],
    Cost
  >;
  const { version020, single, batch8 } = found;
  return {
    ...found,
    ratios: {
      single: single.secondsPerPhoto / version020.secondsPerPhoto,
      batch8: batch8.secondsPerPhoto / version020.secondsPerPhoto,
      wallSingle: single.wallSecondsPerPhoto / version020.wallSecondsPerPhoto,
      wallBatch8: batch8.wallSecondsPerPhoto / version020.wallSecondsPerPhoto,
    },
  };
}

const milliseconds = (seconds: number) => (1000 * seconds).toFixed(1);

const reportLines = (report: Report) =>
  tableLines(
    ['a prompt of', 'CPU ms/photo', 'ratio', 'ms/photo by the clock', 'ratio', 'peak MB'],
    WAYS.map(({ name, label }) => {
      const { secondsPerPhoto, wallSecondsPerPhoto, peakMegabytes: peak } = report[name];
      const to = report.version020;
      return [
        label,
        milliseconds(secondsPerPhoto),
        (secondsPerPhoto / to.secondsPerPhoto).toFixed(2),
        milliseconds(wallSecondsPerPhoto),
        (wallSecondsPerPhoto / to.wallSecondsPerPhoto).toFixed(2),
        peak.toFixed(0),
      ];
    }),
  );

/** @returns a sentence for each ratio that is more than a tenth above the checked-in one */
export function ratioLosses(found: Pick<Report, 'ratios'>, before: Pick<Report, 'ratios'>): string[] {
  return (['single', 'batch8'] as const).flatMap((name) => {
    const [now, was] = [found.ratios[name], before.ratios[name]];
    return now <= was * (1 + ALLOWED_LOSS)
      ? []
      : [`${name}: ${now.toFixed(3)} of version 0.2.0's CPU seconds, ${was.toFixed(3)} in ${RESULTS}`];
  });
}

export const bench = (options: BesideNetworkOptions): Promise<number> =>
  command('npm run bench -- comfyui', async ({ abort, scope, progress }) => {
    const { photos, rounds, json, compare, comfyui: source, ddcolor } = options;
    if (process.platform !== 'linux')
      throw new UserError('CPU seconds of ComfyUI are read from /proc: run it on Linux.');
    if (json !== undefined) await checkWritable(json);
    await setup({ comfyui: source, ddcolor, steps: STEPS }, abort, (line) => progress.print(line));
    const comfyui = await startConstantComfyui(scope, abort);
    for (let attempt = 1; ; attempt++) {
      const report = await measure(comfyui, photos, rounds, abort);
      if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
      for (const line of ['', ...reportLines(report)]) progress.print(line);
      if (!compare) return 0;
      const losses = ratioLosses(report, JSON.parse(readFileSync(RESULTS, 'utf8')) as Report);
      for (const loss of losses) progress.print(loss);
      if (losses.length === 0) return 0;
      if (attempt === COMPARE_ATTEMPTS) return 1;
    }
  });
