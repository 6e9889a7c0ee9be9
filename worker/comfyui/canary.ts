/**
 * Checks that the model is the one that was baked: a test picture must come back in the colours recorded with the image, when
 * the checksum of the weights was verified. A network with other weights, or none, colours too.
 */
import { readFile } from 'node:fs/promises';
import { crc32, deflateSync } from 'node:zlib';
import { z } from 'zod';

/** Cells per side of the grid. */
export const CELLS = 8;
/** Distances in Lab's a and b: floating-point differences between devices stay below both, other weights exceed them. */
const MEAN_TOLERANCE = 2;
const CELL_TOLERANCE = 8;

export const canarySchema = z.object({
  /** Mean a and b of each cell, row by row. */
  cells: z.array(z.tuple([z.number(), z.number()])).length(CELLS * CELLS),
});

export type Canary = z.infer<typeof canarySchema>;

/** @throws when the file does not exist or is not a canary */
export async function readCanary(file: string): Promise<Canary> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`the canary '${file}' cannot be read: record it when the image is baked`, { cause });
  });
  try {
    return canarySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`'${file}' is not a canary`, { cause });
  }
}

const [WIDTH, HEIGHT] = [256, 192];

/** Lightness of the test picture: a sky getting lighter, a hill and a house. */
function toneAt(x: number, y: number): number {
  const [fromRidge, belowRidge] = [Math.abs(x - 180), y - 75];
  if (belowRidge >= 0 && belowRidge <= 32 && fromRidge <= (belowRidge * 38) / 32) return 0x33;
  if (x >= 150 && x < 210 && y >= 105 && y < 165) return 0xbb;
  if (((x - 90) / 170) ** 2 + ((y - 190) / 70) ** 2 <= 1) return 0x44;
  return Math.round(0x55 + ((0xdd - 0x55) * y) / (HEIGHT - 1));
}

/** A small grey picture, as PNG. It is written here since the worker's process has no library for pictures. */
export function testPicture(): Buffer {
  const rows = Buffer.alloc((WIDTH + 1) * HEIGHT);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) rows[y * (WIDTH + 1) + 1 + x] = toneAt(x, y);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header[8] = 8;
  const chunks = [pngChunk('IHDR', header), pngChunk('IDAT', deflateSync(rows)), pngChunk('IEND')];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

function pngChunk(type: string, data = Buffer.alloc(0)): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), data.length + 8);
  return chunk;
}

/** The model is not the one that was baked; another check would find the same. */
export class CanaryMismatch extends Error {
  override readonly name = 'CanaryMismatch';
}

/** @throws CanaryMismatch with the measured and the allowed differences */
export function compareColours(found: Canary, recorded: Canary): void {
  const differences = found.cells.map(([a, b], k) => {
    const [recordedA, recordedB] = recorded.cells[k]!;
    return Math.hypot(a - recordedA, b - recordedB);
  });
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const max = Math.max(...differences);
  if (mean <= MEAN_TOLERANCE && max <= CELL_TOLERANCE) return;
  throw new CanaryMismatch(
    `the model does not colour as it did when the image was baked: its test picture differs by ${mean.toFixed(1)} (mean) and ${max.toFixed(1)} (max), where ${MEAN_TOLERANCE} and ${CELL_TOLERANCE} are allowed`,
  );
}
