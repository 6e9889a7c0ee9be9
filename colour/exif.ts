/**
 * Makes a photo's EXIF true of its result, byte for byte but for what no longer is: the orientation, the pixel dimensions,
 * and the thumbnail, which shows the photo without colour.
 *
 * Nothing is moved, so that offsets which only the camera's maker knows stay right. EXIF 2.32; TIFF 6.0, section 2.
 */

/** Before EXIF in a JPEG's segment. */
export const EXIF_PREFIX = Uint8Array.from('Exif\0\0', (letter) => letter.charCodeAt(0));

const TAGS = { orientation: 0x0112, exifIfd: 0x8769, width: 0xa002, height: 0xa003 };
const THUMBNAIL = { offset: 0x0201, length: 0x0202 };
const [SHORT, LONG] = [3, 4];
/** Photos have a dozen or two of tags; more than this is damage. */
const MOST_ENTRIES = 1000;

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

  /** Where the value of each tag of a directory stands, with its type, and where the next directory's offset does. */
  directory(at: number): { values: Map<number, Place>; nextAt: number } {
    const count = this.short(at);
    if (count > MOST_ENTRIES) throw new RangeError('too many tags');
    const values = new Map<number, Place>();
    for (let k = 0; k < count; k++) {
      const entry = at + 2 + 12 * k;
      values.set(this.short(entry), { at: entry + 8, type: this.short(entry + 2) });
    }
    return { values, nextAt: at + 2 + 12 * count };
  }

  /** Writes a number where its tag has a place for it. */
  set(place: Place | undefined, value: number): void {
    if (place?.type === LONG) this.setLong(place.at, value);
    if (place?.type === SHORT && value <= 0xffff) this.view.setUint16(place.at, value, this.little);
  }
}

/** Whether bytes stand at a place. */
export const startsWith = (bytes: Uint8Array, start: Uint8Array, at = 0): boolean =>
  start.every((value, k) => bytes[at + k] === value);

/**
 * @param exif with or without its prefix; it stays as it is
 * @returns for a picture that stands upright, without the prefix; undefined for what is no EXIF
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
    // Offsets that lead outside; a result without EXIF is better than none.
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
