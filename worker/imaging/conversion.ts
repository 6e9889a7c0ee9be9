/**
 * How stored values become linear sRGB: by a profile, by what a PNG says of its tones, or as they are. The intent is relative
 * colorimetric, without compensation for black points.
 */
import { encoded } from '../../colour/srgb.ts';
import type { ColourModel } from './bands.ts';
import { withProfile, type Profile, type Strip } from './lcms.ts';
import { times, XYZ_TO_SRGB, type Matrix } from './primaries.ts';

/** Linear red, green and blue that a value of one band adds, by value; from 0 to 1 where sRGB has them. */
export type Contribution = Float64Array;

export type Conversion =
  /** Stored values are sRGB. */
  | { kind: 'none' }
  /** Grey: its value in sRGB by the stored one, of the same depth. */
  | { kind: 'curve'; stored: Uint8Array | Uint16Array }
  | { kind: 'matrix'; bands: readonly [Contribution, Contribution, Contribution] }
  | { kind: 'profile'; icc: Uint8Array };

export const NONE: Conversion = { kind: 'none' };

const maxOf = (depth: 8 | 16) => (depth === 16 ? 65_535 : 255);

/** @returns undefined for a profile that is damaged, or that is not for such a photo */
export function conversionBy(
  icc: Uint8Array,
  model: ColourModel,
  depth: 8 | 16,
): Promise<Conversion | undefined> {
  return withProfile(icc, (profile): Conversion | undefined => {
    if (model === 'grey') return profile.space === 'cmyk' ? undefined : curveOf(profile, depth);
    if (profile.space !== model) return undefined;
    return (model === 'rgb' && matrixOf(profile, depth)) || { kind: 'profile', icc };
  });
}

/** Greys with an RGB profile are its greys, as browsers show them. */
function curveOf(profile: Profile, depth: 8 | 16): Conversion | undefined {
  const max = maxOf(depth);
  const channels = profile.space === 'grey' ? 1 : 3;
  const values = Float32Array.from(
    { length: (max + 1) * channels },
    (_, i) => Math.floor(i / channels) / max,
  );
  const xyz = profile.toXyz(values);
  if (!xyz) return undefined;
  return curve(Float64Array.from({ length: max + 1 }, (_, v) => xyz[3 * v + 1]!));
}

/** @param luminance by stored value */
export function curve(luminance: Float64Array): Conversion {
  const max = luminance.length - 1;
  if (isSrgb(luminance, 1, 0, max)) return NONE;
  const value = (y: number) => Math.round(max * encoded(clamped(y)));
  const stored = max === 255 ? Uint8Array.from(luminance, value) : Uint16Array.from(luminance, value);
  return { kind: 'curve', stored };
}

const clamped = (value: number) => (value > 0 ? Math.min(value, 1) : 0);

/** How far the sum of what each band adds may be from what they make together. */
const ADDITIVE = 1e-4;
/** Far from each other and from the corners. */
const PROBES: readonly (readonly number[])[] = [
  [0.9, 0.5, 0.2],
  [0.1, 0.7, 0.4],
  [0.3, 0.2, 0.8],
  [0.6, 0.6, 0.6],
  [1, 1, 1],
  [0.05, 0.02, 0.08],
  [1, 0.4, 0],
  [0.45, 1, 0.95],
];

/**
 * A profile of curves and a matrix as the linear values that each band adds.
 *
 * @returns undefined for a profile with tables, where bands do not add up
 */
function matrixOf(profile: Profile, depth: 8 | 16): Conversion | undefined {
  const max = maxOf(depth);
  const linearOf = (values: Float32Array): Float64Array | undefined => {
    const xyz = profile.toXyz(values);
    if (!xyz) return undefined;
    const all = new Float64Array(xyz.length);
    for (let p = 0; p < xyz.length; p += 3)
      all.set(times(XYZ_TO_SRGB, [xyz[p]!, xyz[p + 1]!, xyz[p + 2]!]), p);
    return all;
  };
  const rounded = PROBES.map((probe) => probe.map((value) => Math.round(value * max)));
  const together = linearOf(Float32Array.from(rounded.flat(), (value) => value / max));
  if (!together) return undefined;
  const addedBy = (band: number) => {
    const values = new Float32Array(3 * (max + 1));
    for (let v = 0; v <= max; v++) values[3 * v + band] = v / max;
    return linearOf(values)!;
  };
  const bands = [addedBy(0), addedBy(1), addedBy(2)] as const;
  // Each has the black of all: two of three are too many.
  const black = bands[0].slice(0, 3);
  for (const band of bands.slice(1)) for (let i = 0; i < band.length; i++) band[i]! -= black[i % 3]!;
  const isAdditive = rounded.every((values, k) =>
    [0, 1, 2].every((c) => {
      const sum = bands.reduce((total, band, b) => total + band[3 * values[b]! + c]!, 0);
      return Math.abs(sum - together[3 * k + c]!) < ADDITIVE;
    }),
  );
  if (!isAdditive) return undefined;
  return orNone(bands);
}

type Bands = (Conversion & { kind: 'matrix' })['bands'];

/** @param values linear ones, by stored value */
export function matrix(values: Float64Array, toSrgb: Matrix): Conversion {
  const addedBy = (band: number) => {
    const added = new Float64Array(3 * values.length);
    for (const [v, value] of values.entries())
      for (let c = 0; c < 3; c++) added[3 * v + c] = value * toSrgb[c]![band]!;
    return added;
  };
  return orNone([addedBy(0), addedBy(1), addedBy(2)]);
}

function orNone(bands: Bands): Conversion {
  const max = bands[0].length / 3 - 1;
  const isAsStored = bands.every((band, b) =>
    [0, 1, 2].every((c) => (c === b ? isSrgb(band, 3, c, max) : isNothing(band, c))),
  );
  return isAsStored ? NONE : { kind: 'matrix', bands };
}

/** Rounding of profiles' own numbers: of 255. */
const SAME = 0.3;

/** Whether stored values are those of sRGB. */
function isSrgb(values: Float64Array, step: number, first: number, max: number): boolean {
  const tolerance = max === 255 ? SAME / 255 : 2 / max;
  for (let v = 0, p = first; v <= max; v++, p += step)
    if (Math.abs(encoded(clamped(values[p]!)) - v / max) > tolerance) return false;
  return true;
}

/** Whether a band adds nothing to another colour. */
function isNothing(band: Contribution, colour: number): boolean {
  for (let p = colour; p < band.length; p += 3) if (Math.abs(band[p]!) > 5e-4) return false;
  return true;
}

/**
 * Converts pixels by a profile with tables, a strip at a time.
 *
 * @returns whether the profile can be used
 */
export async function convertBy<V extends Uint8Array | Uint16Array>(
  icc: Uint8Array,
  like: V,
  count: number,
  fill: Strip<V>,
  take: Strip<V>,
): Promise<boolean> {
  return (await withProfile(icc, (profile) => profile.toSrgb(like, count, fill, take))) ?? false;
}
