/** Reads and writes image files as ComfyUI's LoadImage and SaveImage do. */
import { writeFileSync } from 'node:fs';
import sharp, { type Sharp } from 'sharp';
import type { Pixels } from './colour.ts';
import { PythonError } from './graph.ts';

sharp.cache(false);

/** Twice Pillow's MAX_IMAGE_PIXELS: Pillow warns above the limit and raises an error above twice the limit. */
const BOMB_PIXELS = 178_956_970;

/**
 * Reads an image as ComfyUI 0.3.64 does: upright, without alpha, 8 bit, first page only.
 *
 * As in ComfyUI, the missing part of a truncated file is grey, and 16-bit greyscale is clipped at 255.
 *
 * @throws PythonError with Pillow's type and text
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
