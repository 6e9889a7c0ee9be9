/**
 * Metadata of PNG files: PNG third edition, 11.3 (ancillary chunks). Before there was a chunk for EXIF, ImageMagick and ExifTool
 * wrote it as a text of hexadecimal digits, a "raw profile".
 */
import { joined, latin1, number32, startsWith, textAt, viewOf } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { EXIF_PREFIX, orientationOf, uprightExif } from './exif.ts';
import type { Collection, Density, Metadata } from './metadata.ts';
import { rawProfile, textOfRawProfile, type RawProfile } from './raw-profile.ts';
import { resourcesOfResult } from './resources.ts';
import { writeXmp } from './xmp.ts';
import type { ResultFacts } from './xmp-properties.ts';

/** Unpacks zlib data. @returns undefined when it is damaged or has more bytes than that */
export type Inflate = (packed: Uint8Array, most: number) => Promise<Uint8Array | undefined>;

export interface Chunk {
  type: string;
  data: Uint8Array;
  from: number;
  end: number;
}

const SIGNATURE_BYTES = 8;
const TEXTS = new Set(['tEXt', 'zTXt', 'iTXt']);
const XMP_KEYWORD = 'XML:com.adobe.xmp';
/** Texts unpacked, together: a reader of the result unpacks them too. */
const MOST_UNPACKED = 4 << 20;
const MOST_TEXTS = 1000;
/** Packed texts that are damaged or too large: to find that may cost as much as to unpack all of the others. */
const MOST_FAILED = 10;

/** Chunks up to where the file ends, whatever their checksum. */
export function* chunksOf(file: Uint8Array): Generator<Chunk> {
  const view = viewOf(file);
  for (let from = SIGNATURE_BYTES; from + 12 <= file.length;) {
    const end = from + 12 + view.getUint32(from);
    if (end > file.length) return;
    const type = textAt(file, from + 4, from + 8);
    yield { type, data: file.subarray(from + 8, end - 4), from, end };
    from = end;
  }
}

const isIntact = (file: Uint8Array, { from, end }: Chunk) =>
  crc32(file.subarray(from + 4, end - 4)) === viewOf(file).getUint32(end - 4);

/** @returns what the file says */
export async function readPng(file: Uint8Array, collection: Collection, inflate: Inflate): Promise<Metadata> {
  const metadata: Metadata = { parts: [], turned: false };
  const profiles: RawProfile[] = [];
  let [texts, unpacked, failed] = [0, 0, 0];
  const unpack = async (part: Uint8Array) => {
    const content = failed < MOST_FAILED ? await inflate(part, MOST_UNPACKED - unpacked) : undefined;
    if (!content) failed++;
    return content;
  };
  for (const chunk of chunksOf(file)) {
    const { type, data } = chunk;
    if (type === 'eXIf') {
      if (isIntact(file, chunk)) metadata.exif ??= collection.take('exif', data);
      else collection.leaveOut('exif');
    } else if (type === 'pHYs' && data.length === 9) metadata.density ??= physical(data);
    else if (type === 'tIME' && data.length === 7 && collection.allows('text', data.length))
      metadata.parts.push(packed(type, data));
    else if (TEXTS.has(type)) {
      if (++texts > MOST_TEXTS) {
        collection.leaveOut('text');
        continue;
      }
      const text = isIntact(file, chunk) ? await readText(chunk, unpack) : undefined;
      if (!text || (unpacked += text.content.length) > MOST_UNPACKED) {
        collection.leaveOut('text');
        continue;
      }
      const profile = rawProfile(text.keyword, text.content);
      if (profile) profiles.push(profile);
      else if (text.keyword === XMP_KEYWORD) metadata.xmp ??= collection.takeXmp(text.content);
      else if (collection.allows('text', data.length)) metadata.parts.push(packed(type, data));
    }
  }
  for (const profile of profiles) place(metadata, profile, collection);
  if (metadata.exif) metadata.turned = orientationOf(metadata.exif) >= 5;
  return metadata;
}

/** A raw profile where the file has no chunk for it. */
function place(metadata: Metadata, { kind, content }: RawProfile, collection: Collection): void {
  const isExif = startsWith(content, EXIF_PREFIX);
  if (isExif) metadata.exif ??= collection.take('exif', content.subarray(EXIF_PREFIX.length));
  else if (kind === 'xmp') metadata.xmp ??= collection.takeXmp(content);
  else if (kind === 'iptc') metadata.resources ??= collection.take('iptc', content);
}

interface Text {
  keyword: string;
  content: Uint8Array;
}

/** @returns undefined when it is damaged or too large */
async function readText(
  { type, data }: Chunk,
  unpack: (part: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<Text | undefined> {
  const keywordEnd = data.subarray(0, 80).indexOf(0);
  if (keywordEnd < 1) return undefined;
  const keyword = textAt(data, 0, keywordEnd);
  if (type === 'tEXt') return { keyword, content: data.subarray(keywordEnd + 1) };
  const isPacked = type === 'zTXt' || data[keywordEnd + 1] === 1;
  let from = keywordEnd + 2;
  if (type === 'iTXt') {
    const languageEnd = data.indexOf(0, keywordEnd + 3);
    const translatedEnd = languageEnd < 0 ? -1 : data.indexOf(0, languageEnd + 1);
    if (translatedEnd < 0) return undefined;
    from = translatedEnd + 1;
  }
  const content = isPacked ? await unpack(data.subarray(from)) : data.subarray(from);
  return content && { keyword, content };
}

function physical(data: Uint8Array): Density | undefined {
  const view = viewOf(data);
  const [x, y] = [view.getUint32(0), view.getUint32(4)];
  return x && y ? { x, y, unit: data[8] === 1 ? 'metre' : 'none' } : undefined;
}

function packed(type: string, ...data: Uint8Array[]): Uint8Array {
  const body = joined([latin1(type), ...data]);
  return joined([number32(body.length - 4), body, number32(crc32(body))]);
}

const OWN = new Set(['eXIf', 'pHYs', 'tIME', ...TEXTS]);

/** @returns the file with the photo's metadata in place of its own; its colour profile stays */
export function writePng(file: Uint8Array, metadata: Metadata, facts: ResultFacts): Uint8Array<ArrayBuffer> {
  const { turned, density, resources } = metadata;
  const own: Uint8Array[] = [];
  if (density) {
    const [x, y] = turned ? [density.y, density.x] : [density.x, density.y];
    own.push(packed('pHYs', number32(x), number32(y), Uint8Array.of(density.unit === 'metre' ? 1 : 0)));
  }
  const exif = metadata.exif && uprightExif(metadata.exif, { ...facts, turned });
  if (exif) own.push(packed('eXIf', exif));
  if (resources) {
    const content = resourcesOfResult(resources, turned);
    if (content.length > 0) own.push(packed('tEXt', textOfRawProfile(content)));
  }
  own.push(
    packed('iTXt', latin1(`${XMP_KEYWORD}\0\0\0\0\0`), writeXmp(metadata.xmp, facts)),
    ...metadata.parts,
  );
  const parts = [file.subarray(0, SIGNATURE_BYTES)];
  for (const { type, from, end } of chunksOf(file)) {
    // A profile comes before the pixels, as these may.
    if (!OWN.has(type)) parts.push(file.subarray(from, end));
    if (type === 'IHDR') parts.push(...own);
  }
  return joined(parts);
}
