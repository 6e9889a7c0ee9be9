/** Recognises a file's format by its first bytes, before any decoder reads it. Pure. */

/** Formats that the service accepts. */
export const FORMATS = ['jpeg', 'png', 'webp', 'tiff'] as const;
export type Format = (typeof FORMATS)[number];

/** For messages. */
export const FORMAT_NAMES: Record<Format, string> = { jpeg: 'JPEG', png: 'PNG', webp: 'WebP', tiff: 'TIFF' };

export const CONTENT_TYPES: Record<Format, string> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  tiff: 'image/tiff',
};

/** Matched against one character per byte. */
const SIGNATURES: [name: string, pattern: RegExp][] = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', /^\x89PNG\r\n\x1a\n/],
  ['webp', /^RIFF[^]{4}WEBP/],
  ['tiff', /^(II[*+]\0|MM\0[*+])/],
  ['GIF', /^GIF8[79]a/],
  ['BMP', /^BM[^]{4}\0\0\0\0/],
  ['AVIF', /^[^]{4}ftypavi[fs]/],
  ['HEIC', /^[^]{4}ftyp(hei|hev|mif1|msf1)/],
  ['JPEG XL', /^(\xff\x0a|\0\0\0\x0cJXL )/],
  ['JPEG 2000', /^(\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/],
  ['Photoshop', /^8BPS/],
  ['PDF', /^%PDF-/],
  ['SVG', /^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]/],
  ['camera raw', /^(FUJIFILMCCD-RAW|IIRO|IIU\0|\0MRM)/],
  ['video', /^([^]{4}ftyp|\x1aE\xdf\xa3|RIFF[^]{4}AVI )/],
  ['ZIP', /^PK\x03\x04/],
];

const LONGEST = 1024;

/** @returns an accepted format, the name of another known one, or undefined */
export function sniff(body: Buffer): { format: Format } | { other: string } | undefined {
  const start = body.toString('latin1', 0, LONGEST);
  const name = SIGNATURES.find(([, pattern]) => pattern.test(start))?.[0];
  const format = FORMATS.find((f) => f === name);
  if (format) return { format };
  return name === undefined ? undefined : { other: name };
}
