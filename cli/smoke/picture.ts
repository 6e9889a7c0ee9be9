/** Pictures as people see them: upright. By itself, since the library takes its time to load. */
import sharp from 'sharp';
import { UserError } from '../../common/errors.ts';
import { meanChroma, type Picture } from './seen.ts';

/** A small copy tells as much of the mean. */
const SIDE = 256;

/** @throws UserError when it is no picture. @param what for people */
export async function measurePicture(what: string, bytes: Buffer): Promise<Picture> {
  try {
    const { autoOrient } = await sharp(bytes).metadata();
    const small = sharp(bytes).autoOrient().resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true });
    const pixels = await small.removeAlpha().toColourspace('srgb').raw().toBuffer();
    return { width: autoOrient.width, height: autoOrient.height, chroma: meanChroma(pixels) };
  } catch (cause) {
    throw new UserError(`${what} is no picture that can be read: ${(cause as Error).message}`, { cause });
  }
}
