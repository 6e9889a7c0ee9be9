/**
 * Colour transforms by LittleCMS, compiled to WebAssembly: a profile of a stranger can reach no memory but its own. libvips has the
 * same library, but sharp leaves out grey pictures of 16 bits, and takes values of 16 bits in Display P3 for sRGB.
 */
import { instantiate } from 'lcms-wasm';

/** What is used of the module. */
interface Lcms {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  _cmsOpenProfileFromMem(at: number, bytes: number): number;
  _cmsCloseProfile(profile: number): void;
  _cmsCreate_sRGBProfile(): number;
  _cmsCreateXYZProfile(): number;
  _cmsGetColorSpace(profile: number): number;
  _cmsCreateTransform(
    from: number,
    fromFormat: number,
    to: number,
    toFormat: number,
    intent: number,
    flags: number,
  ): number;
  _cmsDeleteTransform(transform: number): void;
  _cmsDoTransform(transform: number, from: number, to: number, pixels: number): void;
}

/** Profiles of colour spaces that pictures have. */
export type ProfileSpace = 'grey' | 'rgb' | 'cmyk';
const SPACES: Record<string, ProfileSpace | undefined> = { GRAY: 'grey', 'RGB ': 'rgb', CMYK: 'cmyk' };
/** Number of a colour space in a format, and of its channels. lcms2.h, PT_*. */
const LAYOUT: Record<ProfileSpace | 'xyz', readonly [space: number, channels: number]> = {
  grey: [3, 1],
  rgb: [4, 3],
  cmyk: [6, 4],
  xyz: [9, 3],
};
const formatOf = (space: ProfileSpace | 'xyz', bytes: 1 | 2 | 4): number => {
  const [number, channels] = LAYOUT[space];
  return ((bytes === 4 ? 1 : 0) << 22) | (number << 16) | (channels << 3) | bytes;
};

const RELATIVE_COLORIMETRIC = 1;
/** Evaluates a profile as it is, value by value: slow, for tables. */
const EXACT = 0x0100;
/** Precomputes a finer table. */
const FINE = 0x0400;
/** Profiles of presses have a megabyte or two. */
const MAX_PROFILE_BYTES = 16e6;
const STRIP_PIXELS = 16_384;

let loading: Promise<Lcms> | undefined;

const load = (): Promise<Lcms> =>
  (loading ??= instantiate({ print: () => undefined, printErr: () => undefined }) as Promise<Lcms>);

/** A profile, while {@link withProfile} runs. */
export interface Profile {
  space: ProfileSpace;

  /**
   * @param values from 0 to 1, interleaved
   * @returns CIE XYZ relative to D50, the white of profiles; undefined when the profile cannot be used
   */
  toXyz(values: Float32Array): Float32Array | undefined;

  /**
   * Converts pixels to sRGB, a strip at a time, by a table that LittleCMS makes of the profile.
   *
   * @param like an array of the kind that strips are
   * @param fill writes pixels, from the one with this index on, into a strip
   * @param take is given sRGB of the same pixels
   * @returns whether the profile can be used
   */
  toSrgb<V extends Uint8Array | Uint16Array>(like: V, count: number, fill: Strip<V>, take: Strip<V>): boolean;
}

/** @param from index of its first pixel in the picture */
export type Strip<V> = (strip: V, from: number) => void;

/**
 * Runs a function with a profile.
 *
 * @returns what it returns; undefined for a profile that is damaged, or of another colour space than pictures have
 */
export async function withProfile<T>(icc: Uint8Array, use: (profile: Profile) => T): Promise<T | undefined> {
  if (icc.length > MAX_PROFILE_BYTES) return undefined;
  const lcms = await load();
  try {
    const at = allocated(lcms, icc.length);
    lcms.HEAPU8.set(icc, at);
    const handle = lcms._cmsOpenProfileFromMem(at, icc.length);
    lcms._free(at);
    if (handle === 0) return undefined;
    const signature = Buffer.alloc(4);
    signature.writeUInt32BE(lcms._cmsGetColorSpace(handle) >>> 0);
    const space = SPACES[signature.toString('latin1')];
    const made = space && use(opened(lcms, handle, space));
    lcms._cmsCloseProfile(handle);
    return made;
  } catch (error) {
    // A profile that makes it abort leaves it unusable.
    loading = undefined;
    if (error instanceof WebAssembly.RuntimeError) return undefined;
    throw error;
  }
}

function opened(lcms: Lcms, handle: number, space: ProfileSpace): Profile {
  const transformTo = (to: number, fromFormat: number, toFormat: number, flags: number): number => {
    const made = lcms._cmsCreateTransform(handle, fromFormat, to, toFormat, RELATIVE_COLORIMETRIC, flags);
    lcms._cmsCloseProfile(to);
    return made;
  };
  const channels = LAYOUT[space][1];
  return {
    space,
    toXyz(values) {
      const xyz = lcms._cmsCreateXYZProfile();
      const transform = transformTo(xyz, formatOf(space, 4), formatOf('xyz', 4), EXACT);
      const out = new Float32Array((values.length / channels) * 3);
      const fill = (strip: Float32Array, from: number) =>
        strip.set(values.subarray(from * channels, from * channels + strip.length));
      const take = (strip: Float32Array, from: number) => out.set(strip, 3 * from);
      return run(lcms, transform, channels, values.length / channels, Float32Array, fill, take)
        ? out
        : undefined;
    },
    toSrgb(like, count, fill, take) {
      const isDeep = like.BYTES_PER_ELEMENT === 2;
      const bytes = isDeep ? 2 : 1;
      const flags = bytes === 2 ? FINE : 0;
      const srgb = lcms._cmsCreate_sRGBProfile();
      const transform = transformTo(srgb, formatOf(space, bytes), formatOf('rgb', bytes), flags);
      // Not the constructor of what it is like, which may be Buffer's.
      const Numbers = (isDeep ? Uint16Array : Uint8Array) as unknown as NumbersOf<typeof like>;
      return run(lcms, transform, channels, count, Numbers, fill, take);
    },
  };
}

type NumbersOf<V> = new (buffer: ArrayBuffer, at: number, length: number) => V;

/** A strip at a time, so that the module's memory stays small. */
function run<V extends Uint8Array | Uint16Array | Float32Array>(
  lcms: Lcms,
  transform: number,
  channels: number,
  count: number,
  Numbers: NumbersOf<V>,
  fill: Strip<V>,
  take: Strip<V>,
): boolean {
  if (transform === 0) return false;
  const [from, to] = [allocated(lcms, 4 * channels * STRIP_PIXELS), allocated(lcms, 4 * 3 * STRIP_PIXELS)];
  for (let k = 0; k < count; k += STRIP_PIXELS) {
    const pixels = Math.min(STRIP_PIXELS, count - k);
    // Its memory may have moved since the last strip.
    const strip = (at: number, each: number) =>
      new Numbers(lcms.HEAPU8.buffer as ArrayBuffer, at, pixels * each);
    fill(strip(from, channels), k);
    lcms._cmsDoTransform(transform, from, to, pixels);
    take(strip(to, 3), k);
  }
  lcms._free(from);
  lcms._free(to);
  lcms._cmsDeleteTransform(transform);
  return true;
}

function allocated(lcms: Lcms, bytes: number): number {
  const at = lcms._malloc(bytes);
  if (at === 0) throw new WebAssembly.RuntimeError('no memory');
  return at;
}
