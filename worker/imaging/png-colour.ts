/**
 * What a PNG says of its tones without a profile. The first of cICP, iCCP, sRGB, and gAMA with cHRM counts. PNG third edition, 4.3
 * and 11.3.2; ITU-T H.273. Where these leave a choice it is Chromium's, so that a browser shows the photo as its result has it.
 */
import { chunksOf } from '../../colour/metadata/png.ts';
import { linear } from '../../colour/srgb.ts';
import type { ColourModel } from './bands.ts';
import { curve, matrix, NONE, type Conversion } from './conversion.ts';
import { D65, SRGB, toSrgbFrom, type Chromaticity, type Primaries } from './primaries.ts';

type ToLinear = (value: number) => number;

const BT2020: Primaries = { white: D65, red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046] };
const P3: Primaries = { white: D65, red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] };
const BT601_525: Primaries = { white: D65, red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07] };
/** By H.273's ColourPrimaries. */
const PRIMARIES: Record<number, Primaries | undefined> = {
  1: SRGB,
  4: { white: [0.31, 0.316], red: [0.67, 0.33], green: [0.21, 0.71], blue: [0.14, 0.08] },
  5: { white: D65, red: [0.64, 0.33], green: [0.29, 0.6], blue: [0.15, 0.06] },
  6: BT601_525,
  7: BT601_525,
  9: BT2020,
  11: { ...P3, white: [0.314, 0.351] },
  12: P3,
};

const power =
  (exponent: number): ToLinear =>
  (value) =>
    value ** exponent;
/** ITU-R BT.1886: the display for which video of BT.709, BT.601 and BT.2020 is made. */
const video = power(2.4);
/** ITU-R BT.2408: a diffuse white of 203 cd/m2 is the white of sRGB; what is brighter is clipped. */
const DIFFUSE_WHITE = 203;
/** SMPTE ST 2084. */
const pq: ToLinear = (value) => {
  const [m1, m2, c1, c2, c3] = [2610 / 16_384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128];
  const root = value ** (1 / m2);
  return (Math.max(0, root - c1) / (c2 - c3 * root)) ** (1 / m1) * (10_000 / DIFFUSE_WHITE);
};
/** ITU-R BT.2100, on a display of 1,000 cd/m2. */
const hlg: ToLinear = (value) => {
  const [a, b, c] = [0.178_832_77, 0.284_668_92, 0.559_910_73];
  const scene = value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - c) / a) + b) / 12;
  return scene ** 1.2 * (1000 / DIFFUSE_WHITE);
};
/** By H.273's TransferCharacteristics. */
const TRANSFERS: Record<number, ToLinear | undefined> = {
  1: video,
  4: power(2.2),
  5: power(2.8),
  6: video,
  8: (value) => value,
  13: linear,
  14: video,
  15: video,
  16: pq,
  18: hlg,
};

/** Chunks before the pixels, by type. */
function headOf(file: Buffer): Map<string, Buffer> {
  const chunks = new Map<string, Buffer>();
  for (const { type, data } of chunksOf(file)) {
    if (type === 'IDAT' || type === 'IEND') break;
    if (!chunks.has(type)) chunks.set(type, Buffer.from(data.buffer, data.byteOffset, data.length));
  }
  return chunks;
}

/** @returns undefined where its profile counts, if it has one, or where it says nothing */
export function conversionOfPng(file: Buffer, model: ColourModel, depth: 8 | 16): Conversion | undefined {
  const chunks = headOf(file);
  const cicp = chunks.get('cICP');
  if (cicp?.length === 4) {
    const [primaries, transfer, matrixCode, isFull] = [cicp[0]!, cicp[1]!, cicp[2]!, cicp[3]!];
    const [from, toLinear] = [PRIMARIES[primaries], TRANSFERS[transfer]];
    if (from && toLinear && matrixCode === 0 && isFull === 1) return conversion(from, toLinear, model, depth);
  }
  if (chunks.has('iCCP')) return undefined;
  if (chunks.has('sRGB')) return NONE;
  const gamma = gammaOf(chunks.get('gAMA'));
  if (gamma === undefined) return undefined;
  const primaries = primariesOf(chunks.get('cHRM'));
  if (!primaries && Math.abs(2.2 * gamma - 1) < SAME_GAMMA) return NONE;
  return conversion(primaries ?? SRGB, power(1 / gamma), model, depth);
}

/** Writers that mean sRGB state 1 / 2.2. libpng, PNG_GAMMA_THRESHOLD. */
const SAME_GAMMA = 0.05;
const UNIT = 100_000;

function gammaOf(chunk: Buffer | undefined): number | undefined {
  const gamma = chunk?.length === 4 ? chunk.readUInt32BE(0) / UNIT : 0;
  return gamma > 0 ? gamma : undefined;
}

function primariesOf(chunk: Buffer | undefined): Primaries | undefined {
  if (chunk?.length !== 32) return undefined;
  const point = (k: number): Chromaticity => [
    chunk.readUInt32BE(8 * k) / UNIT,
    chunk.readUInt32BE(8 * k + 4) / UNIT,
  ];
  return { white: point(0), red: point(1), green: point(2), blue: point(3) };
}

function conversion(
  primaries: Primaries,
  toLinear: ToLinear,
  model: ColourModel,
  depth: 8 | 16,
): Conversion | undefined {
  const max = depth === 16 ? 65_535 : 255;
  const values = Float64Array.from({ length: max + 1 }, (_, v) => toLinear(v / max));
  if (model === 'grey') return curve(values);
  const toSrgb = toSrgbFrom(primaries);
  return toSrgb && matrix(values, toSrgb);
}
