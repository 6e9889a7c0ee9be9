/** Photos for benchmarks, with the size and sharpness of scans or of camera files. */
import sharp from 'sharp';
import { randomNumbers } from '../../local/samples/noise.ts';
import { samplePicture } from '../../local/samples/samples.ts';

/** Size at which scenes are drawn; larger photos are scaled up, as soft as a scan of a small print. */
const DRAWN_MEGAPIXELS = 1.5;

/** Amplitude of the grain of a camera file in tones, in addition to the scene's: about 0.5 bytes/pixel as JPEG. */
const GRAIN = 14;

/** 4 by 3. */
function sizeOf(megapixels: number): [width: number, height: number] {
  const width = Math.round(Math.sqrt((megapixels * 4e6) / 3));
  return [width, Math.round((width * 3) / 4)];
}

/** @returns a grey JPEG like a scan */
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

/** @returns a grey JPEG like a camera file: sharp, with grain in each pixel and a higher quality */
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
