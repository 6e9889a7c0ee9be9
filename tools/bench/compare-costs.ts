/** Compares ratios of a benchmark with those that are checked in. Ratios alone: seconds are of one machine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SCAN_KINDS, type ScanKind } from './worker-options.ts';

/** CPU seconds of a photo, and of its codec alone. */
export interface CostRatio {
  kind: ScanKind;
  megapixels: number;
  cpuSeconds: number;
  floorSeconds: number;
}

export const ratioOf = ({ cpuSeconds, floorSeconds }: CostRatio): number => cpuSeconds / floorSeconds;

/** A ratio may grow by so much before it counts as a loss. */
export const ALLOWED_LOSS = 0.1;

/** Sizes of each kind that the long tests measure. */
export const COMPARED: Record<ScanKind, readonly number[]> = {
  'jpeg-rgb': [3, 12],
  'jpeg-grey': [3, 12],
  png: [3],
  tiff16: [3],
};

/** Of `npm run bench -- worker --json`. */
export const WORKER_RESULTS = join(import.meta.dirname, 'results', 'worker.json');

const resultsSchema = z.object({
  photos: z.array(
    z.object({
      kind: z.enum(SCAN_KINDS),
      megapixels: z.number().positive(),
      cpuSeconds: z.number().positive(),
      floorSeconds: z.number().positive(),
    }),
  ),
});

/** @throws ZodError for a file of another benchmark */
export const readCosts = (file: string): CostRatio[] =>
  resultsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).photos;

const isSame = (one: CostRatio, other: CostRatio) =>
  one.kind === other.kind && one.megapixels === other.megapixels;

/**
 * @param now of several measurements; for each photo the least of its seconds count
 * @returns a sentence for each photo that costs more than before, beside its codec. A photo without an earlier figure is a loss too
 */
export function losses(before: readonly CostRatio[], now: readonly CostRatio[], file: string): string[] {
  const photos = now.filter((one, k) => now.findIndex((other) => isSame(one, other)) === k);
  return photos.flatMap((photo) => {
    const { kind, megapixels } = photo;
    const name = `${kind} of ${megapixels} megapixels`;
    const earlier = before.find((one) => isSame(one, photo));
    if (!earlier) return [`${name}: not in ${file}`];
    const all = now.filter((one) => isSame(one, photo));
    const found = least(all.map(({ cpuSeconds }) => cpuSeconds)) / least(all.map((one) => one.floorSeconds));
    const was = ratioOf(earlier);
    if (found <= was * (1 + ALLOWED_LOSS)) return [];
    return [`${name}: ${found.toFixed(2)} times its codec, ${was.toFixed(2)} in ${file}`];
  });
}

const least = (values: number[]) => Math.min(...values);
