/** Measures a picture, upright, and compares a result with its photo. */
import { abOf } from '../../colour/chroma.ts';
import { UserError } from '../../common/errors.ts';

/** Mean chroma in Lab from which a picture counts as in colour: grey has 0, DDColor's results of photos 10 to 25. */
export const MIN_CHROMA = 3;
/** Pixels; a small copy has the same mean. */
const MAX_SIDE = 256;

export interface Picture {
  width: number;
  height: number;
  /** Mean chroma in Lab over all pixels. */
  chroma: number;
}

/** @param name for messages. @throws UserError when the bytes are not a picture */
export async function measurePicture(name: string, bytes: Buffer): Promise<Picture> {
  // Slow to load, and not in the npm package.
  const { default: sharp } = await import('sharp');
  try {
    const { autoOrient } = await sharp(bytes).metadata();
    const small = sharp(bytes)
      .autoOrient()
      .resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true });
    const pixels = await small.removeAlpha().toColourspace('srgb').raw().toBuffer();
    return { width: autoOrient.width, height: autoOrient.height, chroma: meanChroma(pixels) };
  } catch (cause) {
    throw new UserError(`${name} is not a picture that can be read: ${(cause as Error).message}`, { cause });
  }
}

/** @param pixels sRGB, three bytes each */
export function meanChroma(pixels: Uint8Array): number {
  let sum = 0;
  for (let p = 0; p + 2 < pixels.length; p += 3) {
    sum += Math.hypot(...abOf(pixels[p]!, pixels[p + 1]!, pixels[p + 2]!));
  }
  return sum / (pixels.length / 3);
}

/** @returns what is wrong with a result; undefined when it is the photo in colour */
export function defectOf(photo: Picture, result: Picture): string | undefined {
  if (result.width !== photo.width || result.height !== photo.height) {
    return `The result has ${result.width} x ${result.height} pixels, the photo ${photo.width} x ${photo.height}.`;
  }
  if (result.chroma >= MIN_CHROMA) return undefined;
  return `The result is not in colour: its mean chroma is ${result.chroma.toFixed(1)}, below ${MIN_CHROMA}.`;
}
