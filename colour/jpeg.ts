/** Reads and replaces EXIF in JPEG files: JPEG File Interchange Format 1.02; EXIF 2.32, section 4.5. */
import { EXIF_PREFIX, startsWith } from './exif.ts';

interface Segment {
  marker: number;
  from: number;
  end: number;
}

/** Segments of a file's head, up to the first that is neither APPn nor a comment. */
function* headOf(file: Uint8Array): Generator<Segment> {
  let from = 2;
  while (file[from] === 0xff && from + 4 <= file.length) {
    const marker = file[from + 1]!;
    if ((marker & 0xf0) !== 0xe0 && marker !== 0xfe) return;
    const end = from + 2 + (file[from + 2]! << 8) + file[from + 3]!;
    if (end > file.length) return;
    yield { marker, from, end };
    from = end;
  }
}

const isExif = (file: Uint8Array, { marker, from }: Segment) =>
  marker === 0xe1 && startsWith(file, EXIF_PREFIX, from + 4);

/** @returns EXIF without its prefix; undefined when the file has none or is no JPEG */
export function exifOfJpeg(file: Uint8Array): Uint8Array | undefined {
  if (file[0] !== 0xff || file[1] !== 0xd8) return undefined;
  for (const segment of headOf(file)) {
    if (isExif(file, segment)) return file.subarray(segment.from + 4 + EXIF_PREFIX.length, segment.end);
  }
  return undefined;
}

/** @returns the file with this EXIF in place of its own; without any when it is too long for a segment */
export function withJpegExif(file: Uint8Array, exif: Uint8Array): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [file.subarray(0, 2)];
  const length = 2 + EXIF_PREFIX.length + exif.length;
  if (length <= 0xffff) parts.push(Uint8Array.of(0xff, 0xe1, length >> 8, length & 0xff), EXIF_PREFIX, exif);
  let rest = 2;
  for (const segment of headOf(file)) {
    if (!isExif(file, segment)) parts.push(file.subarray(segment.from, segment.end));
    rest = segment.end;
  }
  parts.push(file.subarray(rest));
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
