/** Made-up scans of black-and-white prints, of the kinds that people send, with the grain that makes a codec's work realistic. */
import sharp from 'sharp';
import { randomNumbers } from '../../local/samples/noise.ts';
import { samplePicture } from '../../local/samples/samples.ts';
import type { ScanKind } from './worker-options.ts';

/** Size at which scenes are drawn; larger scans show the same print at more dots per inch. */
const DRAWN_MEGAPIXELS = 3;
/** Grain of print and scanner in levels of 255: a JPEG of quality 90 has 0.3 bytes per pixel with it. */
const GRAIN = 16;
/** Number of different values of grain; a power of two. */
const GRAINS = 2 ** 18;
/** A prime, so that rows do not repeat each other's grain. */
const ROW_SHIFT = 7919;
const PAPER = [1, 0.92, 0.78] as const;

/** 4 by 3, and never above the size. */
export function scanSize(megapixels: number): [width: number, height: number] {
  const width = Math.floor(Math.sqrt((megapixels * 4e6) / 3));
  return [width, Math.floor((width * 3) / 4)];
}

/** Grain has a size: neighbours are alike. */
function grains(seed: number): Float32Array {
  const random = randomNumbers(seed);
  const raw = Float32Array.from({ length: GRAINS }, () => (random() + random() + random() - 1.5) * GRAIN);
  return raw.map((value, i) => 0.7 * value + 0.5 * raw[(i + 1) % GRAINS]!);
}

async function tonesOf(number: number, width: number, height: number): Promise<Buffer> {
  const share = Math.min(1, Math.sqrt((DRAWN_MEGAPIXELS * 1e6) / (width * height)));
  return sharp(await samplePicture(number, Math.round(width * share), Math.round(height * share)))
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
}

/**
 * @param number of the scene; the same file for the same number
 * @param megapixels at most
 */
export async function scan(kind: ScanKind, number: number, megapixels: number): Promise<Buffer> {
  const [width, height] = scanSize(megapixels);
  const tones = await tonesOf(number, width, height);
  const grain = grains(number);
  const at = (i: number) => grain[(i + ROW_SHIFT * Math.floor(i / width)) & (GRAINS - 1)]!;
  if (kind === 'tiff16') {
    const deep = Uint16Array.from(tones, (tone, i) => 257 * Math.min(255, Math.max(0, tone + at(i))));
    const raw = { width, height, channels: 1 } as const;
    return sharp(deep, { raw }).toColourspace('grey16').tiff({ compression: 'none' }).toBuffer();
  }
  if (kind === 'jpeg-grey') {
    for (let i = 0; i < tones.length; i++) tones[i] = clamped(tones[i]! + at(i));
    const raw = { width, height, channels: 1 } as const;
    return sharp(tones, { raw }).toColourspace('b-w').jpeg({ quality: 90 }).toBuffer();
  }
  const pixels = Buffer.alloc(3 * tones.length);
  for (let i = 0, p = 0; i < tones.length; i++, p += 3) {
    const tone = tones[i]! + at(i);
    // Each channel of a scanner has noise of its own.
    for (let c = 0; c < 3; c++)
      pixels[p + c] = clamped(tone * PAPER[c]! + 0.25 * grain[(p + c) & (GRAINS - 1)]!);
  }
  const image = sharp(pixels, { raw: { width, height, channels: 3 } });
  return kind === 'png'
    ? image.png({ compressionLevel: 3 }).toBuffer()
    : image.jpeg({ quality: 90 }).toBuffer();
}

const clamped = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
