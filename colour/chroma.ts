/** Chroma: a and b of CIE Lab (CIE 15:2004, 8.2.1) at D65, of 8-bit sRGB pixels and as bytes. */
import { linear, type Bytes, type Pixels } from './srgb.ts';

export const [WHITE_X, WHITE_Z] = [0.95047, 1.08883];
/** Range of a and b in 8 bits. */
const [MIN, MAX] = [-128, 127];

/** {@link f} is a line below the cube of this and a cube root above it; the line's slope is its inverse's. */
export const EPSILON = 6 / 29;
export const SLOPE = 3 * EPSILON * EPSILON;
export const f = (t: number) => (t > EPSILON ** 3 ? Math.cbrt(t) : t / SLOPE + 4 / 29);

/** Linear value of each stored one. */
export const LINEAR = Float64Array.from({ length: 256 }, (_, v) => linear(v / 255));

/** Chroma of a picture as `fx - fy` and `fz - fy` of Lab: a / 500 and -b / 200. */
export interface Chroma {
  width: number;
  height: number;
  x: Float32Array;
  z: Float32Array;
}

/** Lab's a and b of an sRGB pixel. */
export function abOf(red: number, green: number, blue: number): [a: number, b: number] {
  const [r, g, b] = [LINEAR[red]!, LINEAR[green]!, LINEAR[blue]!];
  const fx = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE_X);
  const fy = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const fz = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE_Z);
  return [500 * (fx - fy), 200 * (fy - fz)];
}

const clamped = (value: number) => Math.min(MAX, Math.max(MIN, value));

/** Chroma of a picture in colour; its lightness is ignored. */
export function chromaOfPicture({ width, height, data, channels = 3 }: Pixels): Chroma {
  const count = data.length / channels;
  const [x, z] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0, p = 0; i < count; i++, p += channels) {
    const [a, b] = abOf(data[p]!, data[p + 1]!, data[p + 2]!);
    x[i] = clamped(a) / 500;
    z[i] = -clamped(b) / 200;
  }
  return { width, height, x, z };
}

/** Chroma of a picture that has a + 128 as red and b + 128 as green. */
export function chromaOfAb({ width, height, data, channels = 3 }: Pixels): Chroma {
  const count = data.length / channels;
  const [x, z] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0, p = 0; i < count; i++, p += channels) {
    x[i] = (data[p]! + MIN) / 500;
    z[i] = -(data[p + 1]! + MIN) / 200;
  }
  return { width, height, x, z };
}

/** `x` and `z` of each byte: a division takes as long as all else. */
const [X_OF_BYTE, Z_OF_BYTE] = [500, -200].map((unit) =>
  Float32Array.from({ length: 256 }, (_, byte) => (byte + MIN) / unit),
) as [Float32Array, Float32Array];

/** Chroma of the planes of a square picture: a + 128, then b + 128. */
export function chromaOfPlanes(planes: Bytes, size: number): Chroma {
  const count = size * size;
  const [x, z] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0; i < count; i++) {
    x[i] = X_OF_BYTE[planes[i]!]!;
    z[i] = Z_OF_BYTE[planes[count + i]!]!;
  }
  return { width: size, height: size, x, z };
}

/** Those planes as {@link chromaOfAb} takes them. */
export function abOfPlanes(planes: Bytes): Uint8Array {
  const count = planes.length / 2;
  const data = new Uint8Array(3 * count).fill(ZERO);
  for (let i = 0, p = 0; i < count; i++, p += 3) {
    data[p] = planes[i]!;
    data[p + 1] = planes[count + i]!;
  }
  return data;
}

/** The byte of a = 0 or b = 0; blue always has this value. */
export const ZERO = -MIN;

/** Of a picture without colour, of any size. */
export const NO_CHROMA: Chroma = { width: 1, height: 1, x: new Float32Array(1), z: new Float32Array(1) };

/** a + 128 as red and b + 128 as green of a picture in colour, three channels: the input of {@link chromaOfAb}. */
export function abOfPicture(picture: Pixels): Uint8Array {
  const { x, z } = chromaOfPicture(picture);
  const data = new Uint8Array(3 * x.length).fill(ZERO);
  for (let i = 0, p = 0; i < x.length; i++, p += 3) {
    data[p] = Math.round(500 * x[i]!) + ZERO;
    data[p + 1] = Math.round(-200 * z[i]!) + ZERO;
  }
  return data;
}

/**
 * Chroma of which only a part is merged: between the photo's own tones and the network's colours.
 *
 * @param percent 0 to 100; at 100 it is the chroma itself, to the last bit
 */
export function withStrength(chroma: Chroma, percent: number): Chroma {
  if (percent === 100) return chroma;
  const part = percent / 100;
  return { ...chroma, x: chroma.x.map((value) => part * value), z: chroma.z.map((value) => part * value) };
}

/** Whether a and b as bytes, three channels, are zero everywhere. */
export function isWithoutColour(ab: Bytes): boolean {
  for (let p = 0; p < ab.length; p += 3) if (ab[p] !== ZERO || ab[p + 1] !== ZERO) return false;
  return true;
}
