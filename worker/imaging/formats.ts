/** Recognises a file's format by its first bytes, before any decoder reads it. Pure. */

/** Formats that the service accepts. */
export const FORMATS = ['jpeg', 'png', 'webp', 'tiff', 'avif'] as const;
export type Format = (typeof FORMATS)[number];

/** For messages. */
export const FORMAT_NAMES: Record<Format, string> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  tiff: 'TIFF',
  avif: 'AVIF',
};

export const CONTENT_TYPES: Record<Format, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  tiff: 'image/tiff',
  avif: 'image/avif',
};

/** A byte of a signature: itself, one of several, or any. */
type Byte = number | readonly number[] | undefined;

/** @param text one character per byte; `?` is any byte */
const bytes = (text: string): Byte[] =>
  Array.from(text, (letter) => (letter === '?' ? undefined : letter.charCodeAt(0)));
const either = (...texts: string[]): Byte => texts.map((letter) => letter.charCodeAt(0));
const box = (...brands: string[]) => brands.map((brand) => bytes(`????ftyp${brand}`));

/** Fixed positions only, since these are bytes of strangers: an expression that backtracks can take for ever. */
const SIGNATURES: [name: string, ...starts: Byte[][]][] = [
  // Before TIFF, whose signature it has too.
  ['camera raw', bytes('II*\0????CR'), bytes('II*\0????IIII')],
  ['jpeg', bytes('\xff\xd8\xff')],
  ['png', bytes('\x89PNG\r\n\x1a\n')],
  ['webp', bytes('RIFF????WEBP')],
  ['tiff', [...bytes('II'), either('*', '+'), 0], [...bytes('MM\0'), either('*', '+')]],
  ['GIF', [...bytes('GIF8'), either('7', '9'), ...bytes('a')]],
  ['BMP', bytes('BM????\0\0\0\0')],
  ['avif', ...box('avif', 'avis')],
  ['HEIC', ...box('hei', 'hev', 'mif1', 'msf1')],
  ['JPEG XL', bytes('\xff\x0a'), bytes('\0\0\0\x0cJXL ')],
  ['JPEG 2000', bytes('\0\0\0\x0cjP  '), bytes('\xff\x4f\xff\x51')],
  ['Photoshop', bytes('8BPS')],
  ['PDF', bytes('%PDF-')],
  [
    'camera raw',
    bytes('FUJIFILMCCD-RAW'),
    [...bytes('IIR'), either('O', 'S')],
    bytes('MMOR'),
    bytes('IIU\0'),
    bytes('\0MRM'),
    bytes('FOVb'),
    bytes('II\x1a\0\0\0HEAPCCDR'),
    ...box('crx '),
  ],
  ['JPEG XR', bytes('II\xbc\x01')],
  ['OpenEXR', bytes('v/1\x01')],
  ['Radiance HDR', bytes('#?RADIANCE')],
  ['QOI', bytes('qoif')],
  ['icon', bytes('\0\0\x01\0?\0')],
  ['TGA', ...['\x02', '\x03', '\x0a', '\x0b'].map((kind) => bytes(`\0\0${kind}\0\0\0\0\0`))],
  ['DICOM', bytes(`${'?'.repeat(128)}DICM`)],
  ['Photo CD', bytes(`${'?'.repeat(2048)}PCD_`)],
  ['GIMP', bytes('gimp xcf')],
  ['DjVu', bytes('AT&TFORM')],
  ['Netpbm', [...bytes('P'), either('1', '2', '3', '4', '5', '6'), either('\n', ' ', '\r')]],
  ['video', ...box(''), bytes('\x1aE\xdf\xa3'), bytes('RIFF????AVI ')],
  ['ZIP', bytes('PK\x03\x04')],
];

/** What to send in place of a file of another format. @default a file of an accepted format */
const INSTEAD: Record<string, string> = {
  HEIC: 'convert it to JPEG (phones have a setting for photos in the most compatible format)',
  'JPEG XL': 'convert it to PNG or TIFF, which lose nothing, or to JPEG',
  'JPEG 2000': 'convert it to TIFF or PNG, which lose nothing, or to JPEG',
  Photoshop: 'save a copy as TIFF or PNG',
  GIMP: 'export it as TIFF or PNG',
  PDF: 'export its pages as TIFF or PNG',
  DjVu: 'export its pages as TIFF or PNG',
  'camera raw': 'develop it to TIFF, PNG or JPEG',
  video: 'save a picture of it as PNG or JPEG',
  ZIP: 'unpack it, and send each photo as a file of its own',
};

/** What to convert a file of another format to. @param name as {@link sniff} returns it */
export const insteadOf = (name: string): string => INSTEAD[name] ?? 'convert it to PNG, TIFF or JPEG';

const startsAs = (body: Uint8Array, start: Byte[]) =>
  start.every((byte, at) => {
    const value = body[at];
    if (value === undefined) return false;
    return byte === undefined || (typeof byte === 'number' ? byte === value : byte.includes(value));
  });

/** Enough for what comes before `<svg` in most files. */
const LONGEST = 1024;

/** @returns an accepted format, the name of another known one, or undefined; reads at most the first 2,052 bytes, a few times each */
export function sniff(body: Buffer): { format: Format } | { other: string } | undefined {
  const name = SIGNATURES.find(([, ...starts]) => starts.some((start) => startsAs(body, start)))?.[0];
  const format = FORMATS.find((f) => f === name);
  if (format) return { format };
  if (name === 'HEIC' && hasBrand(body, 'avif')) return { format: 'avif' };
  if (name !== undefined) return { other: name };
  return isSvg(body.toString('latin1', 0, LONGEST)) ? { other: 'SVG' } : undefined;
}

/** Of the first box, its compatible brands are looked at. ISO/IEC 14496-12, 4.3. */
const MOST_BRANDS = 32;

/** Whether a file whose major brand says less is also of this one. */
function hasBrand(body: Buffer, brand: string): boolean {
  const end = Math.min(body.readUInt32BE(0), 16 + 4 * MOST_BRANDS, body.length);
  for (let at = 16; at + 4 <= end; at += 4) if (body.toString('latin1', at, at + 4) === brand) return true;
  return false;
}

const BYTE_ORDER_MARK = '\xef\xbb\xbf';

/** Whether nothing but a declaration, comments and a document type come before `<svg`. Moves forward only. */
function isSvg(text: string): boolean {
  let at = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  for (;;) {
    while (isSpace(text[at])) at++;
    const rest = (start: string) => text.startsWith(start, at);
    if (rest('<svg')) return text[at + 4] === '>' || isSpace(text[at + 4]);
    const end = rest('<!--') ? '-->' : rest('<?xml') || rest('<!DOCTYPE svg') ? '>' : undefined;
    const endAt = end === undefined ? -1 : text.indexOf(end, at + 4);
    if (end === undefined || endAt < 0) return false;
    at = endAt + end.length;
  }
}

const isSpace = (letter: string | undefined) => letter !== undefined && ' \t\n\r\f\v\xa0'.includes(letter);
