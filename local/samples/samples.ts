/** Generates sample photos that look like old prints, so that no real person or licence is involved. */
import sharp from 'sharp';
import { randomNumbers } from './noise.ts';
import { scene, SCENES, type Scene } from './scenes.ts';

export interface Sample {
  /** File name. */
  name: string;
  body: Buffer;
  /** Whether it is broken on purpose and cannot be coloured. */
  broken: boolean;
}

interface Size {
  width: number;
  height: number;
}

const SIZES: Size[] = [
  { width: 800, height: 600 },
  { width: 640, height: 860 },
  { width: 1024, height: 680 },
  { width: 720, height: 720 },
  { width: 900, height: 640 },
];
/** Scenes are computed at 1/3 of the size; grain and scratches at full size. */
const SCENE_SCALE = 3;
const TEXT = 'Dear grandmother,\nthe photographs are in the other envelope.\n';

/** @returns 8-bit tones of a print: scene, vignette, border, scratches and grain */
async function print(draw: Scene, { width, height }: Size, random: () => number): Promise<Buffer> {
  const w = Math.round(width / SCENE_SCALE);
  const h = Math.round(height / SCENE_SCALE);
  const small = Buffer.alloc(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const u = x / w;
      const v = y / h;
      const vignette = 1 - 0.55 * ((u - 0.5) ** 2 + (v - 0.5) ** 2);
      small[y * w + x] = Math.round(255 * Math.min(0.97, Math.max(0.03, draw(u, v) * vignette)));
    }
  }
  const tones = await sharp(small, { raw: { width: w, height: h, channels: 1 } })
    .resize(width, height, { kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  for (let i = 0; i < tones.length; i++) tones[i] = clamp(tones[i]! + (random() + random() - 1) * 16);
  for (let scratch = 0; scratch < 3; scratch++) {
    const x = Math.floor(random() * width);
    const to = Math.floor(random() * height);
    for (let y = 0; y < to; y++) if (random() < 0.8) tones[y * width + x] = 235;
  }
  const border = Math.round(width / 40);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const edge = Math.min(x, y, width - 1 - x, height - 1 - y);
      if (edge < border) tones[y * width + x] = 240;
    }
  }
  return tones;
}

const clamp = (value: number) => Math.min(255, Math.max(0, Math.round(value)));

type Encode = (tones: Buffer, size: Size) => Promise<Buffer>;

const grey = (tones: Buffer, { width, height }: Size) =>
  sharp(tones, { raw: { width, height, channels: 1 } }).toColourspace('b-w');

const PAPER = [1, 0.9, 0.74];

function yellowed(tones: Buffer, { width, height }: Size) {
  const pixels = Buffer.alloc(tones.length * 3);
  for (let i = 0; i < pixels.length; i++) pixels[i] = tones[Math.floor(i / 3)]! * PAPER[i % 3]!;
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Formats in turn, mostly JPEG. */
const FORMATS: { extension: string; encode: Encode }[] = [
  { extension: 'jpg', encode: (tones, size) => grey(tones, size).jpeg({ quality: 88 }).toBuffer() },
  { extension: 'png', encode: (tones, size) => grey(tones, size).png({ compressionLevel: 3 }).toBuffer() },
  // A colour scan of a yellowed print.
  {
    extension: 'jpg',
    encode: (tones, size) => yellowed(tones, size).jpeg({ quality: 88 }).toBuffer(),
  },
  {
    extension: 'webp',
    encode: (tones, size) => grey(tones, size).webp({ quality: 85, effort: 1 }).toBuffer(),
  },
  // Rotated, with the EXIF orientation that undoes it.
  {
    extension: 'jpg',
    encode: (tones, size) => grey(tones, size).rotate(270).jpeg().withMetadata({ orientation: 6 }).toBuffer(),
  },
  { extension: 'tif', encode: (tones, size) => grey(tones, size).tiff({ compression: 'lzw' }).toBuffer() },
  {
    extension: 'png',
    encode: (tones, size) =>
      grey(tones, size).toColourspace('grey16').png({ compressionLevel: 1 }).toBuffer(),
  },
];

/**
 * Generates sample photos, the same ones for the same seed.
 *
 * Of four or more, two in the middle are broken on purpose: a truncated JPEG and a text file with a JPEG's name.
 */
export async function* makeSamples(count: number, seed: number): AsyncIterable<Sample> {
  const middle = Math.floor(count / 2);
  for (let i = 0; i < count; i++) {
    const number = String(i + 1).padStart(String(count).length, '0');
    if (count >= 4 && i === middle) {
      yield { name: `sample-${number}-not-a-photo.jpg`, body: Buffer.from(TEXT), broken: true };
      continue;
    }
    const truncated = count >= 4 && i === middle - 1;
    const name = SCENES[i % SCENES.length] ?? 'hills';
    const size =
      name === 'lighthouse'
        ? { width: 640, height: 860 }
        : (SIZES[(i * 3) % SIZES.length] ?? { width: 800, height: 600 });
    const random = randomNumbers(seed * 1000 + i);
    const tones = await print(scene(name, seed * 1000 + i), size, random);
    const format = FORMATS[truncated ? 0 : i % FORMATS.length];
    if (!format) throw new Error('no format');
    const body = await format.encode(tones, size);
    if (truncated) {
      yield { name: `sample-${number}-truncated.jpg`, body: body.subarray(0, body.length / 2), broken: true };
    } else {
      yield { name: `sample-${number}-${name}.${format.extension}`, body, broken: false };
    }
  }
}

/** @returns one of the scenes as a grey PNG of any size, the same for the same number */
export async function samplePicture(number: number, width: number, height: number): Promise<Buffer> {
  const draw = scene(SCENES[number % SCENES.length] ?? 'hills', number);
  const tones = await print(draw, { width, height }, randomNumbers(number));
  return grey(tones, { width, height }).png({ compressionLevel: 1 }).toBuffer();
}
