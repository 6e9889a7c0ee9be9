/**
 * Checks that the model is the one that was baked: a test picture must come back in the colours recorded with the image, when
 * the checksum of the weights was verified. A network with other weights, or none, colours too.
 */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { z } from 'zod';
import { abOf } from '../../colour/chroma.ts';

/** Cells per side of the grid. */
const CELLS = 8;
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

/** A small grey picture: a sky getting lighter, a hill and a house. */
export function testPicture(): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="192">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#555"/><stop offset="1" stop-color="#ddd"/></linearGradient></defs>
    <rect width="256" height="192" fill="url(#sky)"/><ellipse cx="90" cy="190" rx="170" ry="70" fill="#444"/>
    <rect x="150" y="105" width="60" height="60" fill="#bbb"/><path d="M142 107 L180 75 L218 107 Z" fill="#333"/></svg>`;
  return sharp(Buffer.from(svg)).flatten().toColourspace('b-w').png().toBuffer();
}

const rounded = (value: number) => Math.round(value * 10) / 10;

/** @returns the colours of a result of any size */
export async function coloursOf(result: Buffer): Promise<Canary> {
  const data = await sharp(result)
    .removeAlpha()
    .toColourspace('srgb')
    .resize(CELLS, CELLS, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer();
  const cells = Array.from({ length: CELLS * CELLS }, (_, k): [number, number] => {
    const [a, b] = abOf(data[3 * k]!, data[3 * k + 1]!, data[3 * k + 2]!);
    return [rounded(a), rounded(b)];
  });
  return { cells };
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
