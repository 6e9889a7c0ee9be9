/** Makes photos and damaged files of many kinds, the same at every run. */
import { crc32, deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

export const [WIDTH, HEIGHT] = [160, 120];
export const tones = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
  const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
  return x > 100 && y < 30 ? 20 : 40 + x / 2 + y / 2 + ((i * 2_654_435_761) % 997) / 40;
});
export const grey = () =>
  sharp(tones, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('b-w');
export const rgb = () => grey().toColourspace('srgb');
export const file = (image: Sharp) => () => image.toBuffer();
export const text = (content: string) => () => Buffer.from(content, 'latin1');
export const changed =
  (make: () => Promise<Buffer>, change: (bytes: Buffer) => Uint8Array | void) => async () => {
    const bytes = Buffer.from(await make());
    return Buffer.from(change(bytes) ?? bytes);
  };
export const cut = (make: () => Promise<Buffer>, share = 0.5) =>
  changed(make, (bytes) => bytes.subarray(0, Math.floor(bytes.length * share)));

/** Puts other bytes where a marker's segment or a chunk has its content. */
export const spoilt = (make: () => Promise<Buffer>, marker: string, offset: number, length = 60) =>
  changed(make, (bytes) => {
    const at = bytes.indexOf(marker, 0, 'latin1');
    if (at < 0) throw new Error(`no '${marker}' to spoil`);
    bytes.fill(0x5a, at + offset, Math.min(bytes.length, at + offset + length));
  });

/** Offset of the low byte of the orientation. */
export function orientationIn(bytes: Buffer): number {
  const little = bytes.indexOf(Buffer.from('12010300010000000600', 'hex'));
  const big = bytes.indexOf(Buffer.from('01120003000000010006', 'hex'));
  if (little < 0 && big < 0) throw new Error('no orientation');
  return little < 0 ? big + 9 : little + 8;
}

export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of one tone, by hand, so that its size costs nothing. @param rows how many it really has */
export function png(
  width: number,
  height: number,
  { depth = 1, rows = height, extra }: { depth?: number; rows?: number; extra?: Buffer } = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = depth;
  const data = deflateSync(Buffer.alloc((Math.ceil((width * depth) / 8) + 1) * rows), { level: 1 });
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    extra ?? Buffer.alloc(0),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A grey TIFF of 32-bit floating point, by hand: sharp writes none. */
export function floatTiff(): Buffer {
  const [start, tags] = [8, 10];
  const data = Buffer.from(Float32Array.from(tones, (value) => value / 255).buffer);
  const at = start + 2 + 12 * tags + 4;
  const head = Buffer.alloc(at);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(start, 4);
  head.writeUInt16LE(tags, start);
  // Width, length, bits, compression, photometric, strip, samples, rows, bytes, format.
  const entries = [
    256,
    WIDTH,
    257,
    HEIGHT,
    258,
    32,
    259,
    1,
    262,
    1,
    273,
    at,
    277,
    1,
    278,
    HEIGHT,
    279,
    data.length,
    339,
    3,
  ];
  for (let k = 0; k < tags; k++) {
    const entry = start + 2 + 12 * k;
    head.writeUInt16LE(entries[2 * k]!, entry);
    head.writeUInt16LE(4, entry + 2);
    head.writeUInt32LE(1, entry + 4);
    head.writeUInt32LE(entries[2 * k + 1]!, entry + 8);
  }
  return Buffer.concat([head, data]);
}

export const tiff = () => grey().tiff({ compression: 'none' }).toBuffer();
export const withAlpha = () => rgb().ensureAlpha(0.5);
export const frames = (make: (image: Sharp) => Sharp) => async () => {
  const data = Buffer.concat([tones, Uint8Array.from(tones, (v) => 255 - v)]);
  const raw = { width: WIDTH, height: 2 * HEIGHT, channels: 1 as const, pageHeight: HEIGHT };
  return make(sharp(data, { raw }).toColourspace('srgb')).toBuffer();
};
export const box = (brand: string) => Buffer.from(`\0\0\0\x18ftyp${brand}\0\0\0\0${brand}mif1`, 'latin1');

/** A photo like any other, to be coloured between the others. */
export const ordinary = file(rgb().jpeg({ quality: 90 }));
