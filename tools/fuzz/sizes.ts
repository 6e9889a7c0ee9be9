/** Sizes that a file says its pictures have, read without a decoder. */

export type Size = [width: number, height: number];

/** @returns every size that is said, in no order; a result has one of them, upright or turned */
export function sizesIn(file: Buffer): Size[] {
  if (file.toString('latin1', 0, 2) === '\xff\xd8') return jpegSizes(file);
  if (file.toString('latin1', 1, 4) === 'PNG')
    return file.length < 24 ? [] : [[file.readUInt32BE(16), file.readUInt32BE(20)]];
  if (file.toString('latin1', 8, 12) === 'WEBP') return webpSizes(file);
  if (file.toString('latin1', 4, 8) === 'ftyp') return avifSizes(file);
  return tiffSizes(file);
}

/** Start of frame: ITU-T T.81, B.2.2. Any place in the file counts, since what is before it may be spoilt. */
function jpegSizes(file: Buffer): Size[] {
  const sizes: Size[] = [];
  for (let at = file.indexOf(0xff); at >= 0 && at + 9 <= file.length; at = file.indexOf(0xff, at + 1)) {
    const marker = file[at + 1]!;
    if (marker < 0xc0 || marker > 0xcf) continue;
    sizes.push([file.readUInt16BE(at + 7), file.readUInt16BE(at + 5)]);
  }
  return sizes;
}

const MASK = 0x3fff;

function webpSizes(file: Buffer): Size[] {
  const sizes: Size[] = [];
  for (let at = 12; at + 13 <= file.length; at++) {
    const name = file.toString('latin1', at, at + 4);
    if (name === 'VP8L') {
      const bits = file.readUInt32LE(at + 9);
      sizes.push([(bits & MASK) + 1, ((bits >>> 14) & MASK) + 1]);
    }
    if (at + 18 > file.length) continue;
    if (name === 'VP8 ') sizes.push([file.readUInt16LE(at + 14) & MASK, file.readUInt16LE(at + 16) & MASK]);
    if (name === 'VP8X') sizes.push([file.readUIntLE(at + 12, 3) + 1, file.readUIntLE(at + 15, 3) + 1]);
  }
  return sizes;
}

/** Image spatial extents: ISO/IEC 23008-12, 6.5.3. */
function avifSizes(file: Buffer): Size[] {
  const sizes: Size[] = [];
  for (let at = file.indexOf('ispe'); at >= 0 && at + 16 <= file.length; at = file.indexOf('ispe', at + 1))
    sizes.push([file.readUInt32BE(at + 8), file.readUInt32BE(at + 12)]);
  return sizes;
}

const [WIDTH, HEIGHT] = [256, 257];

/** Tags of width and height, next to each other or not: every pair of them in the file. */
function tiffSizes(file: Buffer): Size[] {
  const little = file[0] === 0x49;
  const short = (at: number) => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const long = (at: number) => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const found = new Map<number, Set<number>>([
    [WIDTH, new Set()],
    [HEIGHT, new Set()],
  ]);
  for (let at = 0; at + 20 <= file.length; at++) {
    const values = found.get(short(at));
    const kind = values && short(at + 2);
    // The value is behind a count of 4 bytes, or of 8 in a BigTIFF.
    for (const value of kind ? [at + 8, at + 12] : [])
      values!.add(kind === 3 ? short(value) : kind === 1 ? file[value]! : long(value));
  }
  return [...found.get(WIDTH)!].flatMap((width) =>
    [...found.get(HEIGHT)!].map((height): Size => [width, height]),
  );
}
