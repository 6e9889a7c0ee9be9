/** The worker's way of a file: head, pixels, a ComfyUI that stands in, merge and encoding, in image processes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { workflowSchema } from '../../contract/workflow.ts';
import { colourise } from '../../local/comfyui/colour.ts';
import type { ImageProcessor, ImageSettings } from '../../worker/imaging/image-processor.ts';
import type { Outcome } from './measure.ts';

/** Small, for speed: tones come from the photo. */
const CHROMA_SIZE = 64;
const workflow = workflowSchema.parse(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../ami/workflow/ddcolor-public-node.json'), 'utf8')),
);
export const settings: ImageSettings = {
  maxMegapixels: 100,
  path: 'chroma',
  workflow: { ...workflow, chroma: { encoding: 'picture', size: CHROMA_SIZE } },
};

/** What the workflow saves for an upload. */
export async function saved(upload: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(upload)
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const coloured = await colourise({ width, height, data }, CHROMA_SIZE);
  return sharp(coloured.data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

/** Of output, signal, and what becomes of coloured photos. */
const DEFAULTS = [undefined, undefined, undefined] as const;

let last = 0;

/** @returns the result, or the failure; any other error is thrown */
export async function throughWorker(images: ImageProcessor, file: Buffer): Promise<Outcome> {
  const id = `photo-${++last}`;
  try {
    const { upload, isUnchanged } = await images.prepare(id, file, ...DEFAULTS, async () => undefined);
    const picture = isUnchanged ? Buffer.alloc(0) : await saved(upload);
    const { file: result, remarks } = await images.finish(id, picture, 'etag-of-the-corpus');
    return { result, remarks };
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    if (name === 'PermanentFault' && code !== undefined) return { code, message };
    throw error;
  }
}
