/**
 * Adapts a photo's EXIF to its result: orientation, size, colour space, and the thumbnail, which is without colour. The rest
 * stays byte for byte.
 *
 * Nothing is moved, so that offsets inside maker notes stay valid. EXIF 2.32; TIFF 6.0, section 2.
 */
import { latin1, startsWith, unlessOutside, viewOf } from './bytes.ts';

/** Before EXIF in a JPEG's segment. */
export const EXIF_PREFIX = latin1('Exif\0\0');

const TAGS = {
  width: 0x0100,
  height: 0x0101,
  photometric: 0x0106,
  orientation: 0x0112,
  samples: 0x0115,
  xResolution: 0x011a,
  yResolution: 0x011b,
  resolutionUnit: 0x0128,
  exifIfd: 0x8769,
  colourSpace: 0xa001,
  exifWidth: 0xa002,
  exifHeight: 0xa003,
  interoperabilityIfd: 0xa005,
};
/** The pictures of the second directory: a JPEG, or strips. */
const THUMBNAILS = [
  [0x0201, 0x0202],
  [0x0111, 0x0117],
] as const;
const INTEROPERABILITY_INDEX = 0x0001;
const [ASCII, SHORT, LONG, RATIONAL] = [2, 3, 4, 5];
const [SRGB, RGB] = [1, 2];
/** Photos have a dozen or two of tags; more than this is damage. */
const MAX_ENTRIES = 1000;

/** A tag; its position is that of its value. */
interface Place {
  at: number;
  type: number;
}

/** Reads and writes the numbers of a TIFF structure in its own byte order. */
class Tiff {
  private readonly view: DataView;
  private readonly little: boolean;

  constructor(readonly bytes: Uint8Array) {
    this.view = viewOf(bytes);
    const order = this.view.getUint16(0);
    if (order !== 0x4949 && order !== 0x4d4d) throw new RangeError('no TIFF header');
    this.little = order === 0x4949;
    if (this.short(2) !== 42) throw new RangeError('no TIFF header');
  }

  short = (at: number) => this.view.getUint16(at, this.little);
  long = (at: number) => this.view.getUint32(at, this.little);
  setShort = (at: number, value: number) => this.view.setUint16(at, value, this.little);
  setLong = (at: number, value: number) => this.view.setUint32(at, value, this.little);

  /** Positions of the values of each tag of a directory, and the position of the next directory's offset. */
  directory(at: number): { values: Map<number, Place[]>; nextAt: number } {
    const count = this.short(at);
    if (count > MAX_ENTRIES) throw new RangeError('too many tags');
    const values = new Map<number, Place[]>();
    for (let k = 0; k < count; k++) {
      const entry = at + 2 + 12 * k;
      const [tag, place] = [this.short(entry), { at: entry + 8, type: this.short(entry + 2) }];
      this.long(place.at);
      values.set(tag, [...(values.get(tag) ?? []), place]);
    }
    return { values, nextAt: at + 2 + 12 * count };
  }

  /** Reads a number as libvips and browsers do: readers accept any type of integer. */
  number({ at, type }: Place): number {
    if (type === LONG || type === 9) return this.long(at);
    return type === 1 || type === 6 || type === 7 ? this.bytes[at]! : this.short(at);
  }

  /** Writes a number as the value of a tag wherever the directory has it, whatever its type was. */
  set(places: Place[] | undefined, value: number): void {
    for (const { at, type } of places ?? []) {
      const isShort = type !== LONG && value <= 0xffff;
      this.setShort(at - 6, isShort ? SHORT : LONG);
      this.setLong(at - 4, 1);
      this.setLong(at, 0);
      if (isShort) this.setShort(at, value);
      else this.setLong(at, value);
    }
  }
}

export interface UprightPicture {
  width: number;
  height: number;
  /** Whether its width was its height before. */
  turned?: boolean;
}

/** @returns a structure to read; undefined for what is not one */
function tiffOf(exif: Uint8Array): Tiff | undefined {
  return unlessOutside(() => new Tiff(exif.subarray(startsWith(exif, EXIF_PREFIX) ? EXIF_PREFIX.length : 0)));
}

/**
 * @param exif with or without its prefix; it is not changed
 * @returns EXIF of the upright picture, without the prefix; undefined when the input is not EXIF
 */
export function uprightExif(exif: Uint8Array, picture: UprightPicture): Uint8Array | undefined {
  const tiff = tiffOf(Uint8Array.from(exif));
  const first = tiff && unlessOutside(() => tiff.directory(tiff.long(4)));
  if (!first) return undefined;
  const { values, nextAt } = first;
  tiff.set(values.get(TAGS.orientation), 1);
  tiff.set(values.get(TAGS.width), picture.width);
  tiff.set(values.get(TAGS.height), picture.height);
  tiff.set(values.get(TAGS.photometric), RGB);
  tiff.set(values.get(TAGS.samples), 3);
  if (picture.turned) swap(tiff, values.get(TAGS.xResolution), values.get(TAGS.yResolution));
  const details = values.get(TAGS.exifIfd)?.[0];
  if (details) unlessOutside(() => describe(tiff, tiff.long(details.at), picture));
  return unlessOutside(() => withoutThumbnail(tiff, nextAt)) ?? tiff.bytes;
}

function describe(tiff: Tiff, at: number, { width, height }: UprightPicture): void {
  const { values } = tiff.directory(at);
  tiff.set(values.get(TAGS.exifWidth), width);
  tiff.set(values.get(TAGS.exifHeight), height);
  tiff.set(values.get(TAGS.colourSpace), SRGB);
  const pointer = values.get(TAGS.interoperabilityIfd)?.[0];
  if (!pointer) return;
  const [index] = tiff.directory(tiff.long(pointer.at)).values.get(INTEROPERABILITY_INDEX) ?? [];
  // R03 says Adobe RGB, R98 sRGB.
  if (index?.type === ASCII && tiff.long(index.at - 4) === 4) tiff.bytes.set(latin1('R98\0'), index.at);
}

/** Exchanges the values of two tags. */
function swap(tiff: Tiff, [x]: Place[] = [], [y]: Place[] = []): void {
  if (x?.type !== RATIONAL || y?.type !== RATIONAL) return;
  const [atX, atY] = [tiff.long(x.at), tiff.long(y.at)];
  tiff.setLong(x.at, atY);
  tiff.setLong(y.at, atX);
}

function withoutThumbnail(tiff: Tiff, nextAt: number): Uint8Array {
  const second = tiff.long(nextAt);
  if (second === 0) return tiff.bytes;
  tiff.setLong(nextAt, 0);
  const { values } = tiff.directory(second);
  let { length } = tiff.bytes;
  for (const [offsetTag, lengthTag] of THUMBNAILS) {
    const [offset] = values.get(offsetTag) ?? [];
    const [size] = values.get(lengthTag) ?? [];
    if (!offset || !size) continue;
    const from = tiff.number(offset);
    const end = from + tiff.number(size);
    if (from < 8 || end > tiff.bytes.length) continue;
    tiff.bytes.fill(0, from, end);
    if (end === length && from > second) length = from;
  }
  return tiff.bytes.subarray(0, length);
}

/** @returns 1 to 8, as EXIF has it; 1 when the data have none */
export function orientationOf(exif: Uint8Array): number {
  const tiff = tiffOf(exif);
  const found = tiff && orientationIn(tiff);
  const value = tiff && found ? tiff.number(found) : 1;
  return value >= 1 && value <= 8 ? value : 1;
}

/** Whether the orientation has the type that EXIF has for it: browsers ignore it in any other. */
export function hasUsualOrientation(exif: Uint8Array): boolean {
  const tiff = tiffOf(exif);
  const found = tiff && orientationIn(tiff);
  return found === undefined || found.type === SHORT;
}

const orientationIn = (tiff: Tiff): Place | undefined =>
  unlessOutside(() => tiff.directory(tiff.long(4)).values.get(TAGS.orientation)?.[0]);

/** @returns pixels per inch, centimetre or neither (unit 2, 3 or 1) */
export function resolutionOf(exif: Uint8Array): { x: number; y: number; unit: number } | undefined {
  const tiff = tiffOf(exif);
  return (
    tiff &&
    unlessOutside(() => {
      const { values } = tiff.directory(tiff.long(4));
      const rational = (tag: number) => {
        const [place] = values.get(tag) ?? [];
        if (place?.type !== RATIONAL) return NaN;
        const at = tiff.long(place.at);
        return tiff.long(at) / tiff.long(at + 4);
      };
      const [x, y] = [rational(TAGS.xResolution), rational(TAGS.yResolution)];
      const [unit] = values.get(TAGS.resolutionUnit) ?? [];
      return x > 0 && y > 0 && x + y < Infinity ? { x, y, unit: unit ? tiff.number(unit) : 2 } : undefined;
    })
  );
}
