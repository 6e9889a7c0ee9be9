/** The table of the corpus in `docs/photos.md`: what becomes of each kind of file, and how far its tones are off. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CORPUS, formatOf, manifest, MANIFEST, type Row } from './manifest.ts';
import type { RowResult } from './run.ts';

export const PAGE = 'docs/photos.md';
export const MEASURED = join(CORPUS, 'measured.json');
const [START, END] = ['<!-- corpus: start -->', '<!-- corpus: end -->'];

/** Of the last run over all files. */
const measuredSchema = z.object({
  /** SHA-256 of the manifest that was run. */
  manifest: z.string(),
  /** Levels of 255 by format and group; none where no tones are right. */
  differences: z.record(z.string(), z.object({ mean: z.number(), largest: z.number() })),
});
export type MeasuredCorpus = z.infer<typeof measuredSchema>;

export const readMeasured = (): MeasuredCorpus =>
  measuredSchema.parse(JSON.parse(readFileSync(MEASURED, 'utf8')));

export const manifestSha256 = (): string => createHash('sha256').update(readFileSync(MANIFEST)).digest('hex');

const kindOf = (row: Row) => `${formatOf(row)}: ${row.group}`;
const rounded = (value: number) => Math.round(value * 100) / 100;

/** @param results of every row */
export function measuredOf(results: RowResult[]): MeasuredCorpus {
  const differences: MeasuredCorpus['differences'] = {};
  for (const kind of new Set(results.map(({ row }) => kindOf(row)))) {
    const found = results.flatMap(({ row, difference }) =>
      difference && kindOf(row) === kind ? [difference] : [],
    );
    if (found.length === 0) continue;
    const mean = found.reduce((sum, one) => sum + one.mean, 0) / found.length;
    const largest = Math.max(...found.map((one) => one.largest));
    differences[kind] = { mean: rounded(mean), largest: rounded(largest) };
  }
  return { manifest: manifestSha256(), differences };
}

const NAMES: Record<string, string> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  tiff: 'TIFF',
  others: 'other',
  avif: 'AVIF',
};

/** @returns Markdown */
export function corpusTables({ differences }: MeasuredCorpus, rows: Row[] = manifest()): string {
  const kinds = [...new Set(rows.map(kindOf))];
  const coloured = rows.filter(({ outcome }) => outcome === 'succeeded').length;
  const summary = kinds.map((kind) => {
    const own = rows.filter((row) => kindOf(row) === kind);
    const count = own.filter(({ outcome }) => outcome === 'succeeded').length;
    const { mean, largest } = differences[kind] ?? {};
    const level = (value: number | undefined) => value?.toFixed(2) ?? '';
    const [format = '', group] = kind.split(': ');
    return `| ${NAMES[format]} | ${group} | ${count} | ${own.length - count} | ${level(mean)} | ${level(largest)} |`;
  });
  const files = rows.map((row) => `| ${row.what} | ${outcomeOf(row)} |`);
  return [
    `${rows.length} files: ${coloured} are coloured, ${rows.length - coloured} are refused.`,
    '',
    '| format | kind | coloured | refused | mean difference | largest |',
    '|---|---|---|---|---|---|',
    ...summary,
    '',
    '## Each file',
    '',
    '| file | outcome |',
    '|---|---|',
    ...files,
  ].join('\n');
}

function outcomeOf(row: Row): string {
  if (row.outcome !== 'succeeded') return `\`${row.outcome}\``;
  const facts = [`${row.width} x ${row.height}`, `${row.bits} bit`];
  if (row.opacity) facts.push('transparency');
  if (!row.room) facts.push('no room for colour');
  if (row.keeps.length > 0 || row.gps) facts.push('metadata kept');
  if (row.pages > 1) facts.push('its first page');
  return facts.join(', ');
}

/** @returns the page with these tables @throws Error when the page has no place for them */
export function withCorpusTables(page: string, tables: string): string {
  const [from, to] = [page.indexOf(START), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no '${START}' and '${END}'`);
  return `${page.slice(0, from + START.length)}\n\n${tables}\n\n${page.slice(to)}`;
}
