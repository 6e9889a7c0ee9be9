/** Metadata of WebP files: WebP container specification, "Extended file format". */
import { joined, latin1, number32, textAt, viewOf } from './bytes.ts';
import { orientationOf, uprightExif } from './exif.ts';
import type { Collection, Metadata } from './metadata.ts';
import { writeXmp } from './xmp.ts';
import type { ResultFacts } from './xmp-properties.ts';

interface Chunk {
  name: string;
  data: Uint8Array;
}

const HEADER_BYTES = 12;
/** Of the extended header. */
const FLAGS = { xmp: 0x04, exif: 0x08, alpha: 0x10 };

function* chunksOf(file: Uint8Array): Generator<Chunk> {
  const view = viewOf(file);
  for (let at = HEADER_BYTES; at + 8 <= file.length;) {
    const size = view.getUint32(at + 4, true);
    if (at + 8 + size > file.length) return;
    yield { name: textAt(file, at, at + 4), data: file.subarray(at + 8, at + 8 + size) };
    at += 8 + size + (size % 2);
  }
}

/** @returns what the file says */
export function readWebp(file: Uint8Array, collection: Collection): Metadata {
  const metadata: Metadata = { parts: [], turned: false };
  for (const { name, data } of chunksOf(file)) {
    if (name === 'EXIF') metadata.exif ??= collection.take('exif', data);
    if (name === 'XMP ') metadata.xmp ??= collection.takeXmp(data);
  }
  if (metadata.exif) metadata.turned = orientationOf(metadata.exif) >= 5;
  return metadata;
}

/** @returns the file with the photo's metadata in place of its own; its colour profile stays */
export function writeWebp(file: Uint8Array, metadata: Metadata, facts: ResultFacts): Uint8Array<ArrayBuffer> {
  const { turned } = metadata;
  const exif = metadata.exif && uprightExif(metadata.exif, { ...facts, turned });
  const chunks = [...chunksOf(file)].filter(({ name }) => name !== 'EXIF' && name !== 'XMP ');
  const extended = Uint8Array.from(
    chunks.find(({ name }) => name === 'VP8X')?.data ?? headerOf(chunks, facts),
  );
  extended[0] = (extended[0]! & ~FLAGS.exif) | FLAGS.xmp | (exif ? FLAGS.exif : 0);
  const parts = [
    chunk('VP8X', extended),
    ...chunks.filter(({ name }) => name !== 'VP8X').map(({ name, data }) => chunk(name, data)),
    ...(exif ? [chunk('EXIF', exif)] : []),
    chunk('XMP ', writeXmp(metadata.xmp, facts)),
  ];
  const length = parts.reduce((sum, part) => sum + part.length, 4);
  return joined([file.subarray(0, 4), number32(length, true), file.subarray(8, HEADER_BYTES), ...parts]);
}

/** Of a file that had the simple format. */
function headerOf(chunks: Chunk[], { width, height }: ResultFacts): Uint8Array {
  const lossless = chunks.find(({ name }) => name === 'VP8L')?.data;
  const flags = lossless && (lossless[4]! & 0x10) !== 0 ? FLAGS.alpha : 0;
  const size = [width - 1, height - 1].map((side) => number32(side, true).subarray(0, 3));
  return joined([Uint8Array.of(flags, 0, 0, 0), ...size]);
}

const chunk = (name: string, data: Uint8Array) =>
  joined([latin1(name), number32(data.length, true), data, new Uint8Array(data.length % 2)]);
