/**
 * Metadata of JPEG files: JPEG File Interchange Format 1.02; EXIF 2.32, section 4.5; XMP specification, part 3, 1.1.3 (extended
 * XMP); Photoshop's resources in APP13, of which several segments are one.
 */
import { joined, latin1, number16, startsWith, textAt } from './bytes.ts';
import { EXIF_PREFIX, orientationOf, resolutionOf, uprightExif } from './exif.ts';
import type { Collection, Density, Metadata } from './metadata.ts';
import { resourcesOfResult } from './resources.ts';
import { writeXmpWithin, type Xmp } from './xmp.ts';
import type { ResultFacts } from './xmp-properties.ts';

interface Segment {
  marker: number;
  from: number;
  /** Of its content. */
  data: number;
  end: number;
}

const [SCAN, COMMENT] = [0xda, 0xfe];
const [APP0, APP1, APP2, APP3, APP10, APP12, APP13] = [0xe0, 0xe1, 0xe2, 0xe3, 0xea, 0xec, 0xed];
const JFIF = latin1('JFIF\0');
const XMP_PREFIX = latin1('http://ns.adobe.com/xap/1.0/\0');
const EXTENDED_XMP_PREFIX = latin1('http://ns.adobe.com/xmp/extension/\0');
const PROFILE_PREFIX = latin1('ICC_PROFILE\0');
const PHOTOSHOP_PREFIX = latin1('Photoshop 3.0\0');
/** Of a segment's content. */
const MOST = 0xffff - 2;
const MOST_XMP = MOST - XMP_PREFIX.length;
/** Of a result: whether a photo's XMP has room for what is said of the result is known before it is made. */
const LONGEST: ResultFacts = {
  width: 99_999,
  height: 99_999,
  provenance: { source: 'x'.repeat(200), isColoured: true },
};
/** Texts of cameras and programs: Kodak's and Ricoh's, comments, Ducky. Others describe pixels or lead to further pictures. */
const KEPT = new Set([APP3, APP10, APP12, COMMENT]);

/** Segments before the first scan. */
function* headOf(file: Uint8Array): Generator<Segment> {
  let from = 2;
  while (file[from] === 0xff && from + 4 <= file.length) {
    const marker = file[from + 1]!;
    // A fill byte before a marker.
    if (marker === 0xff) {
      from++;
      continue;
    }
    const end = from + 2 + (file[from + 2]! << 8) + file[from + 3]!;
    if (marker === SCAN || marker < 0xc0 || end < from + 4 || end > file.length) return;
    yield { marker, from, data: from + 4, end };
    from = end;
  }
}

const isJpeg = (file: Uint8Array) => file[0] === 0xff && file[1] === 0xd8;

/** @returns what the file says; nothing for what is no JPEG */
export function readJpeg(file: Uint8Array, collection: Collection): Metadata {
  const metadata: Metadata = { parts: [], turned: false };
  const resources: Uint8Array[] = [];
  for (const segment of isJpeg(file) ? headOf(file) : []) {
    const { marker, from, data, end } = segment;
    const content = (prefix: Uint8Array) => file.subarray(data + prefix.length, end);
    const has = (prefix: Uint8Array) => startsWith(file, prefix, data) && data + prefix.length <= end;
    if (marker === APP0 && has(JFIF) && end - data >= 12) metadata.density ??= jfifDensity(content(JFIF));
    else if (marker === APP1 && has(EXIF_PREFIX))
      metadata.exif ??= collection.take('exif', content(EXIF_PREFIX));
    else if (marker === APP1 && has(XMP_PREFIX))
      metadata.xmp ??= xmpWithRoom(content(XMP_PREFIX), collection);
    else if (marker === APP1 && has(EXTENDED_XMP_PREFIX)) {
      const part = collection.take('xmp', file.subarray(from, end));
      if (part) metadata.parts.push(part);
    } else if (marker === APP13 && has(PHOTOSHOP_PREFIX)) {
      const part = collection.take('iptc', content(PHOTOSHOP_PREFIX));
      if (part) resources.push(part);
    } else if (KEPT.has(marker)) {
      const part = collection.take('text', file.subarray(from, end));
      if (part) metadata.parts.push(part);
    }
  }
  if (resources.length > 0) metadata.resources = joined(resources);
  if (metadata.exif) metadata.turned = orientationOf(metadata.exif) >= 5;
  return metadata;
}

/** @returns XMP to which a result can add what is said of it */
function xmpWithRoom(packet: Uint8Array, collection: Collection): Xmp | undefined {
  const found = collection.takeXmp(packet);
  if (!found || writeXmpWithin(MOST_XMP, found, LONGEST)) return found;
  collection.leaveOut('xmp');
  return undefined;
}

/** Frame headers: ITU-T T.81, table B.1; among these numbers are three other markers. */
const [FIRST_FRAME, LAST_FRAME] = [0xc0, 0xcf];
const NO_FRAMES = new Set([0xc4, 0xc8, 0xcc]);

/** @returns 1 for grey, 3 for colours, 4 for CMYK; undefined where no frame is found before the pixels */
export function jpegComponents(file: Uint8Array): number | undefined {
  for (const { marker, data, end } of isJpeg(file) ? headOf(file) : [])
    if (marker >= FIRST_FRAME && marker <= LAST_FRAME && !NO_FRAMES.has(marker) && end - data > 5)
      return file[data + 5];
  return undefined;
}

const UNITS = ['none', 'inch', 'centimetre'] as const;

function jfifDensity(header: Uint8Array): Density | undefined {
  const unit = UNITS[header[2]!];
  const [x, y] = [3, 5].map((at) => (header[at]! << 8) + header[at + 1]!);
  return unit && x && y ? { x, y, unit } : undefined;
}

/**
 * @param profile that the file gets; one that it has stays
 * @returns the file with the photo's metadata in place of its own
 */
export function writeJpeg(
  file: Uint8Array,
  metadata: Metadata,
  facts: ResultFacts,
  profile?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const { turned, resources } = metadata;
  const exif = metadata.exif && uprightExif(metadata.exif, { ...facts, turned });
  const parts = [file.subarray(0, 2), segment(APP0, jfif(densityOf(metadata)))];
  if (exif && exif.length <= MOST - EXIF_PREFIX.length) parts.push(segment(APP1, EXIF_PREFIX, exif));
  const xmp = writeXmpWithin(MOST_XMP, metadata.xmp, facts) ?? writeXmpWithin(MOST_XMP, undefined, facts);
  if (xmp) parts.push(segment(APP1, XMP_PREFIX, xmp));
  parts.push(...metadata.parts);
  const own = resources ? resourcesOfResult(resources, turned) : new Uint8Array(0);
  const most = MOST - PHOTOSHOP_PREFIX.length;
  for (let at = 0; at < own.length; at += most)
    parts.push(segment(APP13, PHOTOSHOP_PREFIX, own.subarray(at, at + most)));
  // ICC.1:2022, annex B.4: the first of one part. Profiles of sRGB have a few kilobytes.
  if (profile) parts.push(segment(APP2, PROFILE_PREFIX, Uint8Array.of(1, 1), profile));
  let rest = 2;
  for (const { marker, from, data, end } of headOf(file)) {
    if (!isMetadata(file, marker, data)) parts.push(file.subarray(from, end));
    rest = end;
  }
  parts.push(file.subarray(rest));
  return joined(parts);
}

function isMetadata(file: Uint8Array, marker: number, data: number): boolean {
  const prefixes = [EXIF_PREFIX, XMP_PREFIX, EXTENDED_XMP_PREFIX];
  if (marker === APP1) return prefixes.some((prefix) => startsWith(file, prefix, data));
  return (
    marker === COMMENT || marker === APP13 || (marker === APP0 && textAt(file, data, data + 4) === 'JFIF')
  );
}

function segment(marker: number, ...content: Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 2);
  return joined([Uint8Array.of(0xff, marker), number16(length), ...content]);
}

/** That of the file's header, which EXIF may contradict: each stays. */
function densityOf({ density, exif, turned }: Metadata): Density {
  const { x, y, unit } = density ?? exifDensity(exif) ?? { x: 1, y: 1, unit: 'none' };
  return turned ? { x: y, y: x, unit } : { x, y, unit };
}

function exifDensity(exif: Uint8Array | undefined): Density | undefined {
  const found = exif && resolutionOf(exif);
  if (!found) return undefined;
  const [x, y] = [Math.round(found.x), Math.round(found.y)];
  return x && y && x <= 0xffff && y <= 0xffff ? { x, y, unit: UNITS[found.unit - 1] ?? 'none' } : undefined;
}

const jfif = ({ x, y, unit }: Density) =>
  joined([
    JFIF,
    Uint8Array.of(1, 2, UNITS.indexOf(unit as never)),
    number16(x),
    number16(y),
    new Uint8Array(2),
  ]);
