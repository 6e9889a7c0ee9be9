/**
 * Limits on the parts of a file, checked before a decoder reads it: some parts cost a decoder time without end, and photos have
 * few of them. Each function passes over the file once.
 */
import { viewOf } from '../../colour/metadata/bytes.ts';
import { chunksOf } from '../../colour/metadata/png.ts';
import type { Format } from './formats.ts';
import { segmentsOf, START_OF_SCAN } from './jpeg.ts';
import { MAX_PAGES, tiffPictures } from './tiff.ts';

/** Encoders write about ten. A decoder passes over all pixels for each. */
const MAX_SCANS = 50;

/** @returns what the file has too many of, for the uploader; undefined when it is allowed */
export function tooManyParts(format: Format, body: Buffer): string | undefined {
  if (format === 'jpeg' && hasMoreScans(body, MAX_SCANS)) return `more than ${MAX_SCANS} scans`;
  if (format === 'tiff' && tiffPictures(body) === undefined) return `more than ${MAX_PAGES} pages`;
  return undefined;
}

function hasMoreScans(body: Buffer, max: number): boolean {
  let scans = 0;
  for (const { marker } of segmentsOf(body)) if (marker === START_OF_SCAN && ++scans > max) return true;
  return false;
}

const TEXTS = new Set(['tEXt', 'zTXt', 'iTXt']);
const SIGNATURE_BYTES = 8;

/**
 * A PNG without its texts, for a decoder: it unpacks them all. A result has them by its metadata. PNG third edition, 5.3.
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

/** Whether a PNG says before its pixels that it has several frames. PNG third edition, 11.3.6.1. */
export function isAnimatedPng(body: Buffer): boolean {
  for (const { type, data } of chunksOf(body)) {
    if (type === 'acTL') return data.length >= 4 && viewOf(data).getUint32(0) > 1;
    if (type === 'IDAT') return false;
  }
  return false;
}
