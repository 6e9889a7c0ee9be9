/** Inputs that clients upload: photos of every kind, and files that are not photos. Reproducible. */
import { deflateSync } from 'node:zlib';
import type { FailureCode } from '../../../contract/failure.ts';
import {
  box,
  changed,
  chunk,
  cut,
  file,
  floatTiff,
  frames,
  grey,
  orientationIn,
  png,
  rgb,
  spoilt,
  text,
  tiff,
  withAlpha,
} from './input-files.ts';

export interface Input {
  name: string;
  make: () => Buffer | Promise<Buffer>;
  outcome: 'succeeded' | Exclude<FailureCode, 'retries-exhausted'>;
  /** Format of the result; the photo's own. */
  format?: 'jpeg' | 'png' | 'webp' | 'tiff' | 'avif';
  /** Name of the file, where it misleads. */
  key?: string;
}

/** Each with what becomes of it. */
export const INPUTS: Input[] = [
  { name: 'JPEG, grey', make: file(grey().jpeg()), outcome: 'succeeded', format: 'jpeg' },
  { name: 'JPEG, RGB', make: file(rgb().jpeg()), outcome: 'succeeded', format: 'jpeg' },
  {
    name: 'JPEG, progressive',
    make: file(grey().jpeg({ progressive: true })),
    outcome: 'succeeded',
    format: 'jpeg',
  },
  {
    name: 'JPEG, CMYK',
    make: file(rgb().toColourspace('cmyk').jpeg()),
    outcome: 'succeeded',
    format: 'jpeg',
  },
  {
    name: 'JPEG with trailing bytes',
    make: changed(file(grey().jpeg()), (b) => Buffer.concat([b, Buffer.alloc(5000, 7)])),
    outcome: 'succeeded',
    format: 'jpeg',
  },
  {
    name: 'JPEG with a broken profile',
    make: spoilt(file(rgb().jpeg().withIccProfile('p3')), 'ICC_PROFILE', 14, 200),
    outcome: 'succeeded',
    format: 'jpeg',
  },
  {
    name: 'JPEG with broken EXIF',
    make: spoilt(file(grey().jpeg().withMetadata({ orientation: 6 })), 'Exif', 6),
    outcome: 'succeeded',
    format: 'jpeg',
  },
  {
    name: 'JPEG of an orientation that there is not',
    make: changed(
      file(grey().jpeg().withMetadata({ orientation: 6 })),
      (b) => void b.writeUInt8(99, orientationIn(b)),
    ),
    outcome: 'succeeded',
    format: 'jpeg',
  },
  { name: 'JPEG, cut off', make: cut(file(grey().jpeg())), outcome: 'unreadable-image' },
  {
    name: 'JPEG, of which only the first bytes came',
    make: text('\xff\xd8\xff\xe0'),
    outcome: 'unreadable-image',
  },
  {
    name: 'JPEG with a spoilt stretch: what decoders make of it',
    make: changed(file(grey().jpeg()), (b) => void b.fill(0, b.length - 1200, b.length - 600)),
    outcome: 'succeeded',
    format: 'jpeg',
  },
  {
    name: 'JPEG that says it has 4,225 megapixels',
    make: changed(file(grey().jpeg()), (b) => {
      const at = b.indexOf(Buffer.from('ffc0', 'hex'));
      b.writeUInt16BE(65_000, at + 5);
      b.writeUInt16BE(65_000, at + 7);
    }),
    outcome: 'too-large',
  },
  { name: 'PNG, grey', make: file(grey().png()), outcome: 'succeeded', format: 'png' },
  {
    name: 'PNG, 16 bit',
    make: file(grey().toColourspace('grey16').png()),
    outcome: 'succeeded',
    format: 'png',
  },
  { name: 'PNG, 1 bit', make: () => png(64, 48), outcome: 'succeeded', format: 'png' },
  { name: 'PNG, palette', make: file(rgb().png({ palette: true })), outcome: 'succeeded', format: 'png' },
  {
    name: 'PNG, grey with transparency',
    make: file(grey().ensureAlpha(0.5).png()),
    outcome: 'succeeded',
    format: 'png',
  },
  {
    name: 'PNG, transparent throughout',
    make: file(rgb().ensureAlpha(0).png()),
    outcome: 'succeeded',
    format: 'png',
  },
  {
    name: 'PNG, interlaced',
    make: file(grey().png({ progressive: true })),
    outcome: 'succeeded',
    format: 'png',
  },
  {
    name: 'PNG with a broken profile',
    make: spoilt(file(rgb().png().withIccProfile('p3')), 'iCCP', 30, 100),
    outcome: 'succeeded',
    format: 'png',
  },
  {
    name: 'PNG with a text that unpacks to 50 MB',
    make: () =>
      png(64, 48, {
        extra: chunk(
          'zTXt',
          Buffer.concat([Buffer.from('bomb\0\0', 'latin1'), deflateSync(Buffer.alloc(50e6))]),
        ),
      }),
    outcome: 'succeeded',
    format: 'png',
  },
  {
    name: 'PNG with more rows than it says',
    make: () => png(64, 48, { rows: 480 }),
    outcome: 'succeeded',
    format: 'png',
  },
  {
    name: 'PNG with fewer rows than it says',
    make: () => png(64, 480, { rows: 48 }),
    outcome: 'unreadable-image',
  },
  { name: 'PNG, cut off', make: cut(file(grey().png({ compressionLevel: 0 }))), outcome: 'unreadable-image' },
  {
    name: 'PNG, spoilt in the middle',
    make: spoilt(file(grey().png({ compressionLevel: 0 })), 'IDAT', 400),
    outcome: 'unreadable-image',
  },
  { name: 'PNG of 1 x 1', make: () => png(1, 1), outcome: 'succeeded', format: 'png' },
  {
    name: 'PNG of 1 x 30,000',
    make: () => png(1, 30_000, { depth: 8 }),
    outcome: 'succeeded',
    format: 'png',
  },
  {
    name: 'PNG of 30,000 x 1',
    make: () => png(30_000, 1, { depth: 8 }),
    outcome: 'succeeded',
    format: 'png',
  },
  { name: 'PNG of 200 megapixels', make: () => png(20_000, 10_000), outcome: 'too-large' },
  {
    name: 'PNG of 1,600 megapixels in a few bytes',
    make: () => png(40_000, 40_000, { rows: 10 }),
    outcome: 'too-large',
  },
  { name: 'WebP', make: file(grey().webp()), outcome: 'succeeded', format: 'webp' },
  {
    name: 'WebP, lossless, transparent',
    make: file(withAlpha().webp({ lossless: true })),
    outcome: 'succeeded',
    format: 'webp',
  },
  {
    name: 'WebP, animated: its first frame',
    make: frames((image) => image.webp()),
    outcome: 'succeeded',
    format: 'webp',
  },
  { name: 'WebP, cut off', make: cut(file(grey().webp({ quality: 100 }))), outcome: 'unreadable-image' },
  { name: 'WebP, spoilt', make: spoilt(file(grey().webp()), 'VP8 ', 8), outcome: 'unreadable-image' },
  { name: 'TIFF', make: tiff, outcome: 'succeeded', format: 'tiff' },
  {
    name: 'TIFF, 16 bit',
    make: file(grey().toColourspace('grey16').tiff({ compression: 'lzw' })),
    outcome: 'succeeded',
    format: 'tiff',
  },
  {
    name: 'TIFF, 1 bit, as a fax',
    make: file(grey().threshold(100).tiff({ compression: 'ccittfax4', bitdepth: 1 })),
    outcome: 'succeeded',
    format: 'tiff',
  },
  {
    name: 'TIFF, several pages: the first',
    make: frames((image) => image.tiff({ compression: 'lzw' })),
    outcome: 'succeeded',
    format: 'tiff',
  },
  {
    name: 'TIFF of floating point',
    make: floatTiff,
    outcome: 'unsupported-format',
  },
  { name: 'TIFF, cut off', make: cut(tiff), outcome: 'unreadable-image' },
  {
    name: 'TIFF whose directory leads back to itself',
    make: changed(
      tiff,
      (b) =>
        void b.writeUInt32LE(
          b.readUInt32LE(4),
          b.readUInt32LE(4) + 2 + 12 * b.readUInt16LE(b.readUInt32LE(4)),
        ),
    ),
    outcome: 'succeeded',
    format: 'tiff',
  },
  { name: 'GIF, animated', make: frames((image) => image.gif()), outcome: 'unsupported-format' },
  { name: 'AVIF', make: file(grey().avif({ effort: 0 })), outcome: 'succeeded', format: 'avif' },
  { name: 'AVIF, cut off', make: cut(file(grey().avif({ effort: 0 }))), outcome: 'unreadable-image' },
  { name: 'HEIC', make: () => box('heic'), outcome: 'unsupported-format' },
  { name: 'video', make: () => box('isom'), outcome: 'unsupported-format' },
  { name: 'JPEG XL', make: text('\xff\x0a\x00\x10'), outcome: 'unsupported-format' },
  { name: 'BMP', make: text('BM\x36\0\0\0\0\0\0\0\x36\0\0\0'), outcome: 'unsupported-format' },
  {
    name: 'SVG with references to other files',
    make: text(
      '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><image href="file:///etc/passwd" width="9" height="9"/><image href="http://169.254.169.254/latest/meta-data/" width="9" height="9"/></svg>',
    ),
    outcome: 'unsupported-format',
  },
  { name: 'PDF', make: text('%PDF-1.7\n1 0 obj\n'), outcome: 'unsupported-format' },
  { name: 'Photoshop', make: text('8BPS\0\x01'), outcome: 'unsupported-format' },
  { name: 'ZIP', make: text('PK\x03\x04'), outcome: 'unsupported-format' },
  { name: 'HTML', make: text('<!doctype html><title>403 Forbidden</title>'), outcome: 'unreadable-image' },
  { name: 'text that is called a JPEG', make: text('Dear grandmother,'), outcome: 'unreadable-image' },
  { name: 'nothing at all', make: () => Buffer.alloc(0), outcome: 'unreadable-image' },
  { name: 'zeros', make: () => Buffer.alloc(4096), outcome: 'unreadable-image' },
  {
    name: 'PNG that is called a JPEG',
    make: file(grey().png()),
    outcome: 'succeeded',
    format: 'png',
    key: 'portrait.jpg',
  },
  {
    name: 'JPEG without a file extension',
    make: file(grey().jpeg()),
    outcome: 'succeeded',
    format: 'jpeg',
    key: 'portrait',
  },
  {
    name: 'key that climbs',
    make: file(grey().jpeg()),
    outcome: 'succeeded',
    format: 'jpeg',
    key: '../../etc/passwd',
  },
  {
    name: 'key with control characters',
    make: file(grey().jpeg()),
    outcome: 'succeeded',
    format: 'jpeg',
    key: 'a\tb\nc\x7f.jpg',
  },
  {
    name: 'key with emoji and accents',
    make: file(grey().jpeg()),
    outcome: 'succeeded',
    format: 'jpeg',
    key: 'Oma 👵🏽 Käthe.jpg',
  },
  {
    name: 'key of 1,024 bytes',
    make: file(grey().jpeg()),
    outcome: 'succeeded',
    format: 'jpeg',
    key: `${'k'.repeat(1015 - 4)}.jpg`,
  },
  {
    name: 'key of 1,024 bytes of what is no photo',
    make: text('no'),
    outcome: 'unreadable-image',
    key: `${'n'.repeat(1015 - 4)}.jpg`,
  },
];
