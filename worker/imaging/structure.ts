/**
 * Limits on the parts of a file, checked before a decoder reads it: some parts cost a decoder time without end, and photos have
 * few of them. Each function passes over the file once.
 */
import type { Format } from './formats.ts';

/** Encoders write about ten. A decoder passes over all pixels for each. */
const MAX_SCANS = 50;
/** Only the first page is read, but libvips counts all of them. */
const MAX_PAGES = 1000;

/** @returns what the file has too many of, for the uploader; undefined when it is allowed */
export function tooManyParts(format: Format, body: Buffer): string | undefined {
  if (format === 'jpeg' && hasMoreScans(body, MAX_SCANS)) return `more than ${MAX_SCANS} scans`;
  if (format === 'tiff' && hasMorePages(body, MAX_PAGES)) return `more than ${MAX_PAGES} pages`;
  return undefined;
}

const [SCAN, END, FILL] = [0xda, 0xd9, 0xff];
/** Markers without a segment: TEM, RST0 to 7, SOI, and the zero that follows a 0xff of the pixels. ITU-T T.81, B.1.1. */
const isBare = (marker: number) => marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8);

function hasMoreScans(body: Buffer, max: number): boolean {
  let scans = 0;
  // A call of indexOf() for each marker would cost more than the rest where a file is all markers.
  const nextFrom = (at: number) => (body[at] === FILL ? at : body.indexOf(FILL, at));
  for (let at = nextFrom(2); at >= 0 && at + 1 < body.length; at = nextFrom(at)) {
    const marker = body[at + 1]!;
    if (marker === END) return false;
    if (marker === FILL) while (body[at + 1] === FILL) at++;
    else if (isBare(marker)) at += 2;
    else {
      if (marker === SCAN && ++scans > max) return true;
      at += 2 + (at + 4 <= body.length ? Math.max(2, body.readUInt16BE(at + 2)) : 2);
    }
  }
  return false;
}

/** TIFF 6.0, section 2, and BigTIFF: a chain of directories. */
function hasMorePages(body: Buffer, max: number): boolean {
  const little = body[0] === 0x49;
  const isBig = (little ? body[2] : body[3]) === 0x2b;
  const short = (at: number) => (little ? body.readUInt16LE(at) : body.readUInt16BE(at));
  const long = (at: number) => (little ? body.readUInt32LE(at) : body.readUInt32BE(at));
  const longLong = (at: number) => Number(little ? body.readBigUInt64LE(at) : body.readBigUInt64BE(at));
  const nextOf = (at: number) =>
    isBig ? longLong(at + 8 + 20 * longLong(at)) : long(at + 2 + 12 * short(at));
  const seen = new Set<number>();
  try {
    for (let at = isBig ? longLong(8) : long(4); at !== 0 && !seen.has(at); at = nextOf(at)) {
      if (seen.size >= max) return true;
      seen.add(at);
    }
  } catch (error) {
    // A directory outside of the file: the decoder reports it.
    if (!(error instanceof RangeError)) throw error;
  }
  return false;
}

const TEXTS = new Set(['tEXt', 'zTXt', 'iTXt']);
const SIGNATURE_BYTES = 8;

/**
 * A PNG without its texts, which no result has: a decoder unpacks them all. PNG third edition, 5.3.
 *
 * @returns the same bytes where there are none, or where its chunks are damaged
 */
export function withoutTexts(body: Buffer): Buffer {
  const kept = [];
  let from = 0;
  for (let at = SIGNATURE_BYTES; at + 12 <= body.length;) {
    const end = at + 12 + body.readUInt32BE(at);
    if (TEXTS.has(body.toString('latin1', at + 4, at + 8))) {
      if (at > from) kept.push(body.subarray(from, at));
      from = Math.min(end, body.length);
    }
    at = end;
  }
  return from === 0 ? body : Buffer.concat([...kept, body.subarray(from)]);
}
