/** What a real ComfyUI spends on a prompt, for the stand-in to spend it too. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export interface ComfyuiLoad {
  /** GPU seconds of a photo. */
  gpuSeconds: number;
  /** CPU seconds of its one thread for a prompt on the chroma path, and for each photo in it. */
  perPrompt: number;
  perPhoto: number;
  /** CPU seconds of a megapixel on the plain path. */
  perMegapixel: number;
  /** Side of a photo on the chroma path. */
  size: number;
}

/** Measured for decoding, Lab conversions and PNG of the plain path: 2.54 s for 12 megapixels. */
const PER_MEGAPIXEL = 2.54 / 12;
const RESULTS = join(import.meta.dirname, 'results', 'comfyui.json');
const BATCH = 8;
const secondsSchema = z.object({ secondsPerPhoto: z.number().positive() });
/** Of `npm run bench -- comfyui --json`: a photo alone in its prompt, and one of eight. */
const resultsSchema = z.object({ single: secondsSchema, batch8: secondsSchema });

/** @returns of a prompt and of each of its photos, from what a photo takes alone and among eight */
export function shares(single: number, batch8: number): Pick<ComfyuiLoad, 'perPrompt' | 'perPhoto'> {
  const perPrompt = Math.max(0, ((single - batch8) * BATCH) / (BATCH - 1));
  return { perPrompt, perPhoto: Math.max(0, single - perPrompt) };
}

/** As the results that are checked in have it. */
export function measuredLoad(gpuSeconds: number, size: number, file = RESULTS): ComfyuiLoad {
  const { single, batch8 } = resultsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const measured = shares(single.secondsPerPhoto, batch8.secondsPerPhoto);
  return { gpuSeconds, ...measured, perMegapixel: PER_MEGAPIXEL, size };
}

/** CPU seconds of the prompt with a picture: photos from top to bottom on the chroma path, or any other picture. */
export function cpuSecondsOf(
  load: ComfyuiLoad,
  { width, height }: { width: number; height: number },
): number {
  const { size, perPrompt, perPhoto, perMegapixel } = load;
  const isStack = width === size && height % size === 0;
  return isStack ? perPrompt + (perPhoto * height) / size : (perMegapixel * width * height) / 1e6;
}
