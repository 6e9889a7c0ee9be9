/** Photographs for measuring: as large as scans are, and as soft. */
import sharp from 'sharp';
import { randomNumbers } from '../../local/samples/noise.ts';
import { samplePicture } from '../../local/samples/samples.ts';

/** What a scene is drawn with; more pixels show no more of it, as with a scan of a small print. */
const DRAWN_MEGAPIXELS = 1.5;

/** Tones by which the grain of a camera's file goes up and down at most, beside that of a scene: some 0.5 bytes a pixel. */
const GRAIN = 14;

/** 4 by 3. */
function sizeOf(megapixels: number): [width: number, height: number] {
  const width = Math.round(Math.sqrt((megapixels * 4e6) / 3));
  return [width, Math.round((width * 3) / 4)];
}

/** A grey JPEG of so many megapixels. */
export async function photo(number: number, megapixels: number): Promise<Buffer> {
  const [width, height] = sizeOf(megapixels);
  const share = Math.min(1, Math.sqrt(DRAWN_MEGAPIXELS / megapixels));
  const drawn = await samplePicture(number, Math.round(width * share), Math.round(height * share));
  return sharp(drawn)
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('srgb')
    .jpeg({ quality: 88 })
    .toBuffer();
}

/** The same as large as a camera's file: sharp, with grain in each pixel, and of a higher quality. */
export async function cameraPhoto(number: number, megapixels: number): Promise<Buffer> {
  const [width, height] = sizeOf(megapixels);
  const tones = await sharp(await samplePicture(number, width, height))
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const random = randomNumbers(number);
  for (let i = 0; i < tones.length; i++) {
    tones[i] = Math.min(255, Math.max(0, Math.round(tones[i]! + (random() + random() - 1) * GRAIN)));
  }
  return sharp(tones, { raw: { width, height, channels: 1 } })
    .toColourspace('srgb')
    .jpeg({ quality: 92 })
    .toBuffer();
}
