/**
 * Adapts a photo's EXIF to its result: orientation, pixel dimensions, and the thumbnail, which is without colour. The rest
 * stays byte for byte.
 *
 * Nothing is moved, so that offsets inside maker notes stay valid. EXIF 2.32; TIFF 6.0, section 2.
 */

/** Before EXIF in a JPEG's segment. */
export const EXIF_PREFIX = Uint8Array.from('Exif\0\0', (letter) => letter.charCodeAt(0));

const TAGS = { orientation: 0x0112, exifIfd: 0x8769, width: 0xa002, height: 0xa003 };
const THUMBNAIL = { offset: 0x0201, length: 0x0202 };
const [SHORT, LONG] = [3, 4];
/** Photos have a dozen or two of tags; more than this is damage. */
const MAX_ENTRIES = 1000;

interface Place {
  at: number;
  type: number;
}

/** Reads and writes the numbers of a TIFF structure in its own byte order. */
class Tiff {
  private readonly view: DataView;
  private readonly little: boolean;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const order = this.view.getUint16(0);
    if (order !== 0x4949 && order !== 0x4d4d) throw new RangeError('no TIFF header');
    this.little = order === 0x4949;
    if (this.short(2) !== 42) throw new RangeError('no TIFF header');
  }

  short = (at: number) => this.view.getUint16(at, this.little);
  long = (at: number) => this.view.getUint32(at, this.little);
  setLong = (at: number, value: number) => this.view.setUint32(at, value, this.little);

  /** Position and type of the value of each tag of a directory, and the position of the next directory's offset. */
  directory(at: number): { values: Map<number, Place>; nextAt: number } {
    const count = this.short(at);
    if (count > MAX_ENTRIES) throw new RangeError('too many tags');
    const values = new Map<number, Place>();
    for (let k = 0; k < count; k++) {
      const entry = at + 2 + 12 * k;
      values.set(this.short(entry), { at: entry + 8, type: this.short(entry + 2) });
    }
    return { values, nextAt: at + 2 + 12 * count };
  }

  /** Writes a number as the tag's value, if its type is a number that can hold it. */
  set(place: Place | undefined, value: number): void {
    if (place?.type === LONG) this.setLong(place.at, value);
    if (place?.type === SHORT && value <= 0xffff) this.view.setUint16(place.at, value, this.little);
  }
}

/** Whether the bytes at a position are these. */
export const startsWith = (bytes: Uint8Array, start: Uint8Array, at = 0): boolean =>
  start.every((value, k) => bytes[at + k] === value);

/**
 * @param exif with or without its prefix; it is not changed
 * @param width of the upright picture, like `height`
 * @returns EXIF of the upright picture, without the prefix; undefined when the input is not EXIF
 */
export function uprightExif(exif: Uint8Array, width: number, height: number): Uint8Array | undefined {
  try {
    const from = startsWith(exif, EXIF_PREFIX) ? EXIF_PREFIX.length : 0;
    const tiff = new Tiff(Uint8Array.from(exif.subarray(from)));
    const { values, nextAt } = tiff.directory(tiff.long(4));
    tiff.set(values.get(TAGS.orientation), 1);
    const details = values.get(TAGS.exifIfd);
    if (details) {
      const { values: more } = tiff.directory(tiff.long(details.at));
      tiff.set(more.get(TAGS.width), width);
      tiff.set(more.get(TAGS.height), height);
    }
    return withoutThumbnail(tiff, nextAt);
  } catch (error) {
    // An offset outside of the data: a result without EXIF is better than none.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function withoutThumbnail(tiff: Tiff, nextAt: number): Uint8Array {
  const second = tiff.long(nextAt);
  if (second === 0) return tiff.bytes;
  tiff.setLong(nextAt, 0);
  const { values } = tiff.directory(second);
  const [offset, length] = [values.get(THUMBNAIL.offset), values.get(THUMBNAIL.length)];
  if (!offset || !length) return tiff.bytes;
  const from = tiff.long(offset.at);
  const end = from + tiff.long(length.at);
  if (from < 8 || end > tiff.bytes.length) return tiff.bytes;
  tiff.bytes.fill(0, from, end);
  return end === tiff.bytes.length && from > second ? tiff.bytes.subarray(0, from) : tiff.bytes;
}
