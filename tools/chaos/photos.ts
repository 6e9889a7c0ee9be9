/** Photos of a chaos run: small, in every format, each with its number as a watermark, some of them broken. */
import sharp from 'sharp';
import { FOLDERS, type QueueName } from '../../contract/lanes.ts';
import { Noise } from '../../local/samples/noise.ts';
import { draw } from './watermark.ts';

const SIZES = [
  [160, 120],
  [240, 180],
  [180, 260],
  [320, 200],
  [200, 200],
] as const;
/** One in 41 photos is large, so that photos overtake each other. */
const LARGE_EVERY = 41;
const LARGE = [1600, 1200] as const;
const BROKEN_EVERY = 49;
const FORMATS = ['jpeg', 'png', 'webp', 'tiff'] as const;
/** Maximum number of versions of a photo. */
export const VERSIONS = 16;

export interface ChaosPhoto {
  queue: QueueName;
  /** Of the photo in the bucket. */
  key: string;
  /** Number in the picture, unique for photo and version. */
  watermark: number;
  /** Undefined for a broken file. */
  picture: { format: (typeof FORMATS)[number]; width: number; height: number } | undefined;
  make: () => Promise<Buffer>;
}

const noise = new Noise(11);

async function encode({ picture, watermark }: Pick<ChaosPhoto, 'picture' | 'watermark'>): Promise<Buffer> {
  const { format, width, height } = picture!;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      data[y * width + x] = 60 + 130 * noise.at((x * 9) / width + watermark, (y * 7) / height);
  draw({ width, height, data, channels: 1 }, watermark);
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .toFormat(format)
    .toBuffer();
}

/** @returns a version of a photo; each version has another picture and size */
export function chaosPhoto(number: number, version: number, queue: QueueName = 'interactive'): ChaosPhoto {
  const watermark = number * VERSIONS + version;
  const format = FORMATS[number % FORMATS.length]!;
  const [width, height] =
    number % LARGE_EVERY === LARGE_EVERY - 1 ? LARGE : SIZES[(number + version) % SIZES.length]!;
  // In folders, with spaces and umlauts.
  const key = `${FOLDERS[queue].photos}album ${number % 7}/photo-${String(number).padStart(5, '0')} ü.${format}`;
  const picture = { format, width, height };
  if (number % BROKEN_EVERY !== BROKEN_EVERY - 1)
    return { queue, key, watermark, picture, make: () => encode({ picture, watermark }) };
  const make = async () => {
    if (version % 2 === 1) return Buffer.from(`no photo, ${watermark}`);
    const whole = await encode({ picture, watermark });
    return whole.subarray(0, Math.floor(whole.length / 2));
  };
  return { queue, key, watermark, picture: undefined, make };
}
