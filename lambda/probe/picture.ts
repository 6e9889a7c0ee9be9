/** The probe's photo: a grey landscape that is drawn here, so that no file of anyone's is sent, as a PNG. */
import { crc32, deflateSync } from 'node:zlib';

const WIDTH = 320;
const HEIGHT = 240;
const GREY = 0;
const BITS = 8;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** @returns a picture of 320 x 240, the same each time */
export function probePicture(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([BITS, GREY, 0, 0, 0], 8);
  // Each row has the number of its filter, none, in front.
  const rows = Buffer.alloc(HEIGHT * (1 + WIDTH));
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) rows[y * (1 + WIDTH) + 1 + x] = lightness(x / WIDTH, y / HEIGHT);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Length, name, data and checksum: PNG, section 5.3. */
function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}

/** A sky with a sun, two rows of hills, and a meadow with furrows. @param x @param y of 0 to 1 from the top left */
function lightness(x: number, y: number): number {
  if (y > 0.72 + 0.02 * Math.sin(9 * x)) return Math.round(120 + 40 * Math.sin(60 * y * y + 3 * x));
  if (y > 0.58 + 0.06 * Math.sin(5 * x + 1)) return Math.round(70 + 60 * y + 6 * Math.sin(90 * x));
  if (y > 0.48 + 0.09 * Math.sin(4 * x + 3)) return Math.round(110 + 40 * x);
  if (Math.hypot((x - 0.7) * 1.33, y - 0.2) < 0.07) return 250;
  return Math.round(150 + 80 * y + 12 * Math.sin(14 * y + 4 * x));
}
