/** Small files of other programs, and how the worker's image processor reads them. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { LocalImageProcessor } from '../../../worker/imaging/image-processor.ts';
import { workflow } from './stand-in-comfyui.ts';

/** A file of `test/fixtures/photos`. */
export const fixture = (name: string): Buffer => readFileSync(`test/fixtures/photos/${name}`);

/** What ComfyUI gets of a photo on the plain path: all of its pixels in grey. */
export async function decoded(file: Buffer) {
  const images = new LocalImageProcessor({ maxMegapixels: 100, path: 'plain', workflow });
  const { upload } = await images.prepare('one', file);
  const { data, info } = await sharp(upload).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** What the uploader is told of a file, `code: message`; the size of its picture where it is accepted. */
export const outcomeOf = (file: Buffer): Promise<string> =>
  decoded(file).then(
    ({ width, height }) => `${width} x ${height}`,
    (error: unknown) => {
      const { code, message } = error as { code?: string; message: string };
      return `${code}: ${message}`;
    },
  );
