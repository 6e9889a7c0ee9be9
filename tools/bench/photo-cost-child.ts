/**
 * One side of the comparison as a process: `worker` takes a photo through image processes as the worker does, `floor` decodes the
 * same file and encodes the same result by sharp, and nothing else. Tasks and answers over IPC; files by their paths.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import type { ImageSettings } from '../../worker/imaging/image-processor.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { cpuSecondsWithChildren, ownCpuSeconds } from './process-usage.ts';
import { answerTasks } from './task-process.ts';

export type CostTask =
  /** The first task of each side. */
  | { do: 'worker'; settings: ImageSettings; photo: string; saved: string; result: string; warmUps: number }
  | { do: 'floor'; photo: string; result: string }
  /** Takes the photo of the first task so many times. */
  | { do: 'take'; times: number };

// A photo is decoded once, as in the worker.
sharp.cache(false);

type Take = () => Promise<unknown>;
interface Side {
  take: Take;
  cpuSeconds: () => number;
}

/** Of output, signal, and what becomes of coloured photos. */
const DEFAULTS = [undefined, undefined, undefined] as const;

async function workerSide(task: CostTask & { do: 'worker' }): Promise<Side> {
  const images = new ImageProcesses(task.settings, 1, (level, event, fields) => {
    if (level !== 'info') console.error(JSON.stringify({ event, ...fields }));
  });
  const saved = readFileSync(task.saved);
  let count = 0;
  const take = async () => {
    // A photo comes from S3 into a buffer of its own.
    const photo = readFileSync(task.photo);
    const id = String(count++);
    await images.prepare(id, photo, ...DEFAULTS, async () => undefined);
    const { file } = await images.finish(id, saved, 'bench');
    return file;
  };
  // The first photos start the process and compile its code.
  for (let k = 0; k < task.warmUps; k++) await take();
  return { take, cpuSeconds: cpuSecondsWithChildren };
}

/** The encoders' settings are those of `worker/imaging/encode.ts`. */
async function floorSide({ photo, result }: CostTask & { do: 'floor' }): Promise<Side> {
  const large = { limitInputPixels: false } as const;
  const { space = 'srgb', depth, format } = await sharp(photo, large).metadata();
  const own = space === 'b-w' || space === 'grey16' || space === 'rgb16' ? space : 'srgb';
  const deep = depth === 'ushort';
  const decode = (file: Buffer, to: string) =>
    sharp(file, large)
      .toColourspace(to)
      .raw({ depth: deep ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
  const { data, info } = await decode(readFileSync(result), deep ? 'rgb16' : 'srgb');
  const pixels = deep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  const raw = { width: info.width, height: info.height, channels: info.channels };
  const encode = () => {
    const image = sharp(pixels, { raw, ...large });
    if (format === 'tiff')
      return image
        .toColourspace(deep ? 'rgb16' : 'srgb')
        .tiff({ compression: 'lzw', predictor: 'horizontal' });
    if (format === 'png') return image.png({ compressionLevel: 6 });
    return image.jpeg({ quality: 92, chromaSubsampling: '4:4:4', optimiseCoding: false });
  };
  const take = async () => {
    await decode(readFileSync(photo), own);
    return encode().toBuffer();
  };
  return { take, cpuSeconds: ownCpuSeconds };
}

let side: Side | undefined;
let resultFile: string | undefined;

/** @returns CPU seconds of each time; 0 for the first task */
answerTasks(async (task: CostTask): Promise<number> => {
  if (task.do === 'worker') {
    side = await workerSide(task);
    resultFile = task.result;
    return 0;
  }
  if (task.do === 'floor') {
    side = await floorSide(task);
    return 0;
  }
  if (!side) throw new Error('the first task must be a side');
  const before = side.cpuSeconds();
  let last: unknown;
  for (let k = 0; k < task.times; k++) last = await side.take();
  const cpuSeconds = (side.cpuSeconds() - before) / task.times;
  if (resultFile !== undefined) writeFileSync(resultFile, last as Buffer);
  resultFile = undefined;
  return cpuSeconds;
});
