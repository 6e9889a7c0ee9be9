/** The corpus `test/corpus/`: small files of every kind, each with what must become of it. `make/` makes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export const CORPUS = join(import.meta.dirname, '..', '..', 'test', 'corpus');

const common = {
  /** Below `files/`; the folder is the format. */
  file: z.string(),
  /** What is tried in it. */
  group: z.string(),
  what: z.string(),
  sha256: z.string(),
  /** One of the tenth that `npm test` runs. */
  sample: z.boolean().default(false),
};

const cells = z.array(z.number()).length(16);

/** A photo that is coloured. */
const colouredSchema = z.object({
  ...common,
  outcome: z.literal('succeeded'),
  /** Of the upright result. */
  width: z.number(),
  height: z.number(),
  /** sRGB greys of the same luminance, 0 to 255: on white: means over 4 x 4 cells. Missing where no tones are right. */
  tones: cells.optional(),
  /** 0 to 255, in the same cells, where the result has transparency. */
  opacity: cells.optional(),
  /** Of each sample of the result. */
  bits: z.union([z.literal(8), z.literal(16)]),
  /** Whether colour can show in it. */
  room: z.boolean(),
  /** Texts that the result's metadata must have. */
  keeps: z.array(z.string()).default([]),
  /** Pixels per inch. */
  density: z.number().optional(),
  /** Whether the place where it was taken must be kept. */
  gps: z.boolean().default(false),
  /** Full pages in the file, of which the first is coloured. */
  pages: z.number().default(1),
});

const refusedSchema = z.object({
  ...common,
  outcome: z.enum(['unsupported-format', 'unreadable-image', 'too-large']),
  /** A text that the message must have. */
  says: z.string().optional(),
});

const rowSchema = z.discriminatedUnion('outcome', [colouredSchema, refusedSchema]);
export type Row = z.infer<typeof rowSchema>;
export type ColouredRow = z.infer<typeof colouredSchema>;

export const MANIFEST = join(CORPUS, 'manifest.json');
export const manifest = (): Row[] => z.array(rowSchema).parse(JSON.parse(readFileSync(MANIFEST, 'utf8')));
export const contentOf = ({ file }: Row): Buffer => readFileSync(join(CORPUS, 'files', file));
export const formatOf = ({ file }: Row): string => file.slice(0, file.indexOf('/'));
