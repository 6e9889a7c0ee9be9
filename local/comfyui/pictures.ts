/** LoadImage and SaveImage: what they do with real files, the traps included. */
import { writeFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import type { Pixels } from './colour.ts';
import { PythonError } from './graph.ts';

sharp.cache(false);

/** Twice Pillow's own limit: above it an error, where below it warns. */
const BOMB_PIXELS = 178_956_970;

/**
 * Reads a picture as ComfyUI 0.3.64 does: upright, without its alpha, 8 bit, the first page only.
 *
 * Gotchas kept: a truncated file is whole, with grey where it ends; 16-bit greyscale is clipped at 255.
 *
 * @throws PythonError as Pillow raises it
 */
export async function loadPicture(path: string): Promise<Pixels> {
  const open = () => sharp(path, { failOn: 'none', limitInputPixels: false });
  const unidentified = () =>
    new PythonError('PIL.UnidentifiedImageError', `cannot identify image file '${path}'\n`);
  const metadata = await open()
    .metadata()
    .catch(() => {
      throw unidentified();
    });
  const pixels = metadata.width * metadata.height;
  if (pixels > BOMB_PIXELS) {
    const text = `Image size (${pixels} pixels) exceeds limit of ${BOMB_PIXELS} pixels, could be decompression bomb DOS attack.\n`;
    throw new PythonError('PIL.Image.DecompressionBombError', text);
  }
  try {
    if (metadata.space === 'grey16') return await clipped(open());
    const { data, info } = await open()
      .autoOrient()
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch {
    throw unidentified();
  }
}

async function clipped(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .autoOrient()
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const out = new Uint8Array(info.width * info.height * 3);
  for (let i = 0; i < info.width * info.height; i++) {
    out.fill(Math.min(255, data.readUInt16LE(2 * info.channels * i)), 3 * i, 3 * i + 3);
  }
  return { width: info.width, height: info.height, data: out };
}

export async function savePicture({ width, height, data }: Pixels, path: string): Promise<void> {
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  writeFileSync(path, await image.png({ compressionLevel: 4 }).toBuffer());
}
