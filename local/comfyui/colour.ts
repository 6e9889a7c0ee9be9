/**
 * Colours pictures as the DDColor node does, with made-up colours.
 *
 * As in the public node, the lightness (CIE L*, D65, sRGB) of the picture is kept; a and b are computed from it at a small
 * square size, scaled to full size by nearest neighbour, and merged with it. Only the mapping from lightness to a and b, the
 * palette, is made up. CIE 15:2004, 8.2.1 for Lab; IEC 61966-2-1 for sRGB.
 */
import { setImmediate } from 'node:timers/promises';
import { patches, type Palette } from './palettes.ts';

/** Interleaved 8-bit sRGB. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array;
}

/** Pixels between two yields to the event loop. */
const STRIP_PIXELS = 500_000;

const LINEAR = Float32Array.from({ length: 256 }, (_, v) => {
  const c = v / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
});
const STEPS = 16_384;
const GAMMA = Uint8Array.from({ length: STEPS + 1 }, (_, i) => {
  const y = i / STEPS;
  return Math.round(255 * (y <= 0.0031308 ? y * 12.92 : 1.055 * y ** (1 / 2.4) - 0.055));
});
/** Table of Lab's f over luminance, fine enough for 8 bits at the dark end. */
const F_STEPS = 65_535;
const F = Float32Array.from({ length: F_STEPS + 1 }, (_, i) => {
  const y = i / F_STEPS;
  return y > 216 / 24389 ? Math.cbrt(y) : ((24389 / 27) * y + 16) / 116;
});
/** L* of grey values. */
const LIGHTNESS = LINEAR.map((y) => 116 * F[Math.round(y * F_STEPS)]! - 16);
const inverse = (f: number) => (f > 6 / 29 ? f * f * f : (f - 4 / 29) * 3 * (6 / 29) ** 2);
const [WHITE_X, WHITE_Z] = [0.95047, 1.08883];

/** @returns f of the luminance of each pixel; L* is 116 f - 16 */
function fOfLuminance({ data }: Pixels): Float32Array {
  const f = new Float32Array(data.length / 3);
  for (let i = 0, p = 0; i < f.length; i++, p += 3) {
    const y = 0.2126 * LINEAR[data[p]!]! + 0.7152 * LINEAR[data[p + 1]!]! + 0.0722 * LINEAR[data[p + 2]!]!;
    f[i] = F[Math.round(y * F_STEPS)]!;
  }
  return f;
}

/** Resizes to a square bilinearly, without a filter for shrinking, as OpenCV does by default. */
export function resize(values: Float32Array, width: number, height: number, size: number): Float32Array {
  const out = new Float32Array(size * size);
  const columns = taps(width, size);
  const rows = taps(height, size);
  for (let y = 0, i = 0; y < size; y++) {
    const upper = rows.low[y]! * width;
    const lower = rows.high[y]! * width;
    const down = rows.part[y]!;
    for (let x = 0; x < size; x++, i++) {
      const left = columns.low[x]!;
      const right = columns.high[x]!;
      const across = columns.part[x]!;
      const top = values[upper + left]! * (1 - across) + values[upper + right]! * across;
      const bottom = values[lower + left]! * (1 - across) + values[lower + right]! * across;
      out[i] = top * (1 - down) + bottom * down;
    }
  }
  return out;
}

/** @returns for each position of an axis of `size`, its two neighbours on one of `length` and the weight of the upper */
function taps(length: number, size: number): { low: Uint32Array; high: Uint32Array; part: Float32Array } {
  const low = new Uint32Array(size);
  const high = new Uint32Array(size);
  const part = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const position = Math.min(Math.max(((i + 0.5) * length) / size - 0.5, 0), length - 1);
    low[i] = Math.floor(position);
    high[i] = Math.min(low[i]! + 1, length - 1);
    part[i] = position - low[i]!;
  }
  return { low, high, part };
}

/** f of luminance at full size, a and b at the model's size. */
interface Chroma {
  f: Float32Array;
  a: Float32Array;
  b: Float32Array;
}

function chromaOf(picture: Pixels, modelSize: number, palette: Palette): Chroma {
  const f = fOfLuminance(picture);
  const lightness = resize(f, picture.width, picture.height, modelSize).map((value) => 116 * value - 16);
  return { f, ...palette(lightness, modelSize) };
}

/**
 * Colours a picture.
 *
 * @param modelSize side in pixels at which a and b are computed
 * @param random makes a and b noise, as a network with random weights does
 * @returns a picture of the same size
 */
export async function colourise(
  picture: Pixels,
  modelSize: number,
  { palette = patches, random = false }: { palette?: Palette; random?: boolean } = {},
): Promise<Pixels> {
  const made = chromaOf(picture, modelSize, palette);
  const { a, b } = made;
  if (random)
    // oxlint-disable-next-line no-restricted-properties -- noise, not an id
    for (let i = 0; i < a.length; i++) [a[i], b[i]] = [Math.random() * 120 - 60, Math.random() * 120 - 60];
  return painted(picture, modelSize, made);
}

/**
 * @returns both outputs of our node: the picture in colour, drawn when it is asked for; a + 128 as red and b + 128 as green at
 * the model's size
 */
export function colouriseBoth(
  picture: Pixels,
  modelSize: number,
  palette: Palette,
): { coloured: () => Promise<Pixels>; ab: Pixels } {
  const made = chromaOf(picture, modelSize, palette);
  const data = new Uint8Array(3 * made.a.length).fill(128);
  for (let i = 0, p = 0; i < made.a.length; i++, p += 3) {
    data[p] = Math.round(made.a[i]! + 128);
    data[p + 1] = Math.round(made.b[i]! + 128);
  }
  const ab = { width: modelSize, height: modelSize, data };
  return { coloured: () => painted(picture, modelSize, made), ab };
}

/** `Uint8Array.from` with a function takes ten times as long. */
function bytesOf(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) bytes[i] = Math.round(values[i]! + 128);
  return bytes;
}

/** @returns a + 128 and b + 128 of a grey square of the model's size */
export function planesOfGrey(
  grey: Uint8Array,
  modelSize: number,
  palette: Palette,
): [a: Uint8Array, b: Uint8Array] {
  const lightness = new Float32Array(grey.length);
  for (let i = 0; i < grey.length; i++) lightness[i] = LIGHTNESS[grey[i]!]!;
  const { a, b } = palette(lightness, modelSize);
  return [bytesOf(a), bytesOf(b)];
}

async function painted(
  { width, height, data }: Pixels,
  modelSize: number,
  { f, a, b }: Chroma,
): Promise<Pixels> {
  const out = new Uint8Array(data.length);
  const columns = Uint32Array.from({ length: width }, (_, x) => Math.floor((x * modelSize) / width));
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / width));
  for (let from = 0; from < height; from += rows) {
    for (let y = from; y < Math.min(from + rows, height); y++) {
      const row = Math.floor((y * modelSize) / height) * modelSize;
      for (let x = 0, i = y * width, p = 3 * i; x < width; x++, i++, p += 3) {
        const from = row + columns[x]!;
        writePixel(out, p, f[i]!, a[from]!, b[from]!);
      }
    }
    await setImmediate();
  }
  return { width, height, data: out };
}

const encoded = (linear: number) => GAMMA[Math.round(Math.min(Math.max(linear, 0), 1) * STEPS)]!;

function writePixel(out: Uint8Array, p: number, fy: number, a: number, b: number): void {
  const x = WHITE_X * inverse(fy + a / 500);
  const y = inverse(fy);
  const z = WHITE_Z * inverse(fy - b / 200);
  out[p] = encoded(3.2404542 * x - 1.5371385 * y - 0.4985314 * z);
  out[p + 1] = encoded(-0.969266 * x + 1.8760108 * y + 0.041556 * z);
  out[p + 2] = encoded(0.0556434 * x - 0.2040259 * y + 1.0572252 * z);
}
