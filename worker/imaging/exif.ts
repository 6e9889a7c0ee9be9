/**
 * Inserts a photo's EXIF into the encoded result; `colour/` has what browsers share.
 *
 * PNG third edition, 11.3.4.4; WebP container specification.
 */
import { crc32 } from 'node:zlib';
import { withJpegExif } from '../../colour/jpeg.ts';
import type { Format } from './formats.ts';

/** @returns the file with this EXIF in place of its own; a TIFF unchanged, whose EXIF is no separate part */
export function withExif(file: Buffer, format: Format, exif: Uint8Array): Buffer {
  switch (format) {
    case 'jpeg':
      return Buffer.from(withJpegExif(file, exif).buffer);
    case 'png':
      return intoPng(file, exif);
    case 'webp':
      return intoWebp(file, exif);
    case 'tiff':
      return file;
  }
}

function intoPng(file: Buffer, exif: Uint8Array): Buffer {
  const parts: Buffer[] = [];
  let at = 8;
  while (at < file.length) {
    const end = at + 12 + file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    if (type !== 'eXIf') parts.push(file.subarray(at, end));
    if (type === 'IHDR') {
      const body = Buffer.concat([Buffer.from('eXIf', 'latin1'), exif]);
      parts.push(numberBE(exif.length), body, numberBE(crc32(body)));
    }
    at = end;
  }
  return Buffer.concat([file.subarray(0, 8), ...parts]);
}

const EXIF_FLAG = 0x08;

function intoWebp(file: Buffer, exif: Uint8Array): Buffer {
  const own = Buffer.concat([
    Buffer.from('EXIF', 'latin1'),
    numberLE(exif.length),
    exif,
    Buffer.alloc(exif.length % 2),
  ]);
  const parts: Buffer[] = [];
  for (let at = 12; at < file.length;) {
    const size = file.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    const name = file.toString('latin1', at, at + 4);
    const chunk = Buffer.from(file.subarray(at, end));
    // A result has a profile, hence the extended header with its flags.
    if (name === 'VP8X') chunk[8]! |= EXIF_FLAG;
    // The EXIF chunk goes before the XMP chunk, which is the last of every result.
    if (name === 'XMP ') parts.push(own);
    if (name !== 'EXIF') parts.push(chunk);
    at = end;
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([file.subarray(0, 4), numberLE(body.length + 4), file.subarray(8, 12), body]);
}

function numberBE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function numberLE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
