/** Photographs for measuring: as large as scans are, and as soft. */
import sharp from 'sharp';
import { samplePicture } from '../samples/samples.ts';

/** What a scene is drawn with; more pixels show no more of it, as with a scan of a small print. */
const DRAWN_MEGAPIXELS = 1.5;

/** A grey JPEG of so many megapixels, 4 by 3. */
export async function photo(number: number, megapixels: number): Promise<Buffer> {
  const width = Math.round(Math.sqrt((megapixels * 4e6) / 3));
  const height = Math.round((width * 3) / 4);
  const share = Math.min(1, Math.sqrt(DRAWN_MEGAPIXELS / megapixels));
  const drawn = await samplePicture(number, Math.round(width * share), Math.round(height * share));
  return sharp(drawn)
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('srgb')
    .jpeg({ quality: 88 })
    .toBuffer();
}
