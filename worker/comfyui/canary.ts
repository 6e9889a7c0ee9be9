/**
 * Whether the model is the one that it should be: a known picture has to come back in the colours that were recorded of it when
 * the image was baked, with weights whose checksum was right. A network without weights, or with others, colours too.
 */
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { z } from 'zod';

const CELLS = 8;
/** Lab's a and b, each the mean over a cell: what arithmetic on another device may change, and what it may not. */
const MEAN_TOLERANCE = 2;
const CELL_TOLERANCE = 8;

export const canarySchema = z.object({
  /** Mean a and b of each cell of a grid, row by row. */
  cells: z.array(z.tuple([z.number(), z.number()])).length(CELLS * CELLS),
});

export type Canary = z.infer<typeof canarySchema>;

/** @throws when the file is not there or not a canary */
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

/** A small grey picture with something in it: a sky getting lighter, a hill and a house. */
export function testPicture(): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="192">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#555"/><stop offset="1" stop-color="#ddd"/></linearGradient></defs>
    <rect width="256" height="192" fill="url(#sky)"/><ellipse cx="90" cy="190" rx="170" ry="70" fill="#444"/>
    <rect x="150" y="105" width="60" height="60" fill="#bbb"/><path d="M142 107 L180 75 L218 107 Z" fill="#333"/></svg>`;
  return sharp(Buffer.from(svg)).flatten().toColourspace('b-w').png().toBuffer();
}

/** The colours of a result, whatever its size. */
export async function coloursOf(result: Buffer): Promise<Canary> {
  const { data } = await sharp(result)
    .removeAlpha()
    .toColourspace('srgb')
    .resize(CELLS, CELLS, { fit: 'fill', kernel: 'linear' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { cells: Array.from({ length: CELLS * CELLS }, (_, k) => chromaOf(data, 3 * k)) };
}

/** The model is another than the one that was baked; looking again does not change that. */
export class CanaryMismatch extends Error {
  override readonly name = 'CanaryMismatch';
}

/** @throws CanaryMismatch, which tells how far they are off, for people */
export function compareColours(found: Canary, recorded: Canary): void {
  const off = found.cells.map(([a, b], k) => {
    const [wantedA, wantedB] = recorded.cells[k]!;
    return Math.hypot(a - wantedA, b - wantedB);
  });
  const mean = off.reduce((sum, value) => sum + value, 0) / off.length;
  const most = Math.max(...off);
  if (mean <= MEAN_TOLERANCE && most <= CELL_TOLERANCE) return;
  throw new CanaryMismatch(
    `the model does not colour as it did when the image was baked: its test picture is off by ${mean.toFixed(1)} in the mean and ${most.toFixed(1)} at most, where ${MEAN_TOLERANCE} and ${CELL_TOLERANCE} are allowed`,
  );
}

const linear = (v: number) => (v <= 10 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
const f = (t: number) => (t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29);
const rounded = (value: number) => Math.round(value * 10) / 10;

/** Lab's a and b of an sRGB pixel, D65. */
function chromaOf(data: Buffer, at: number): [a: number, b: number] {
  const [r, g, b] = [linear(data[at]!), linear(data[at + 1]!), linear(data[at + 2]!)];
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [rounded(500 * (x - y)), rounded(200 * (y - z))];
}
