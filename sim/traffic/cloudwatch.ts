/** Reads metrics that CloudWatch exported: the JSON of `get-metric-data`, or a CSV with a column per metric. */
import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { METRICS } from '../../contract/names.ts';

/** The metrics that a fit uses, by AWS's names and by those of the scaler. */
export const KNOWN = {
  sent: ['NumberOfMessagesSent'],
  deleted: ['NumberOfMessagesDeleted'],
  inFlight: ['ApproximateNumberOfMessagesNotVisible', METRICS.inFlight],
  inService: ['GroupInServiceInstances', METRICS.inService],
  pending: ['GroupPendingInstances', METRICS.pending],
} as const;

export type MetricName = keyof typeof KNOWN;

/** Values by time, epoch seconds, ascending. */
export type Metric = Map<number, number>;
export type Metrics = Partial<Record<MetricName, Metric>>;

/** Finds a metric's name among the words of a label: the console adds the namespace and the name of the queue. */
function nameOf(label: string): MetricName | undefined {
  const words = label.trim().split(/[\s/:|]+/);
  const names = Object.entries(KNOWN) as [MetricName, readonly string[]][];
  return names.find(([, known]) => words.some((word) => known.includes(word)))?.[0];
}

const resultsSchema = z.object({
  MetricDataResults: z.array(
    z.object({
      Id: z.string(),
      Label: z.string().optional(),
      Timestamps: z.array(z.string()),
      Values: z.array(z.number()),
    }),
  ),
});

type Found = [name: MetricName, at: number, value: number];

function fromJson(path: string, text: string): Found[] {
  const parsed = resultsSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new UserError(`${path}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  return parsed.data.MetricDataResults.flatMap(({ Id, Label, Timestamps, Values }) => {
    const name = nameOf(Label ?? '') ?? nameOf(Id);
    if (!name) return [];
    if (Timestamps.length !== Values.length) {
      throw new UserError(
        `${path}: ${Label ?? Id} has ${Timestamps.length} timestamps and ${Values.length} values: expected as many`,
      );
    }
    return Timestamps.map((time, k): Found => [name, epoch(path, time), Values[k] as number]);
  });
}

function epoch(path: string, text: string): number {
  // The console writes 2026/11/23 10:00:00, in UTC. Without a zone, JavaScript would parse it as local time.
  const zoned = /^\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)
    ? `${text.replace(' ', 'T')}Z`
    : text;
  const at = Date.parse(zoned.replaceAll('/', '-')) / 1000;
  if (Number.isFinite(at)) return at;
  throw new UserError(`${path}: '${text}' is not a time: expected one such as 2026-11-23T10:00:00Z`);
}

function fromCsv(path: string, text: string): Found[] {
  const rows = parse(text, { relax_column_count: true, skip_empty_lines: true, bom: true, trim: true });
  let columns: (MetricName | undefined)[] | undefined;
  const found: Found[] = [];
  rows.forEach((row, k) => {
    const isData = /^\d{4}[/-]\d\d/.test(row[0] ?? '');
    const names = row.map((cell, column) => (column === 0 ? undefined : nameOf(cell)));
    if (!isData && names.some((name) => name !== undefined)) columns ??= names;
    if (!isData || !columns) return;
    const at = epoch(path, row[0] ?? '');
    columns.forEach((name, column) => {
      const cell = row[column] ?? '';
      if (!name || cell === '') return;
      const value = Number(cell);
      if (!Number.isFinite(value)) {
        throw new UserError(
          `${path}: row ${k + 1} has '${cell}' for ${KNOWN[name][0]}: expected a number or an empty cell`,
        );
      }
      found.push([name, at, value]);
    });
  });
  return found;
}

/** @throws UserError when a file cannot be read, is neither JSON nor CSV of these shapes, or has none of the metrics */
export async function readExports(paths: string[]): Promise<Metrics> {
  const all: Found[] = [];
  for (const path of paths) {
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      throw new UserError(`cannot read ${path}: ${(error as Error).message}`);
    }
    let found: Found[];
    try {
      found = text.trimStart().startsWith('{') ? fromJson(path, text) : fromCsv(path, text);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`${path}: ${(error as Error).message}`);
    }
    if (found.length === 0) {
      const known = Object.values(KNOWN).flat().join(', ');
      throw new UserError(`${path} has none of the metrics: expected one or more of ${known}`);
    }
    all.push(...found);
  }
  const metrics: Metrics = {};
  all.sort((a, b) => a[1] - b[1]);
  for (const [name, at, value] of all) (metrics[name] ??= new Map()).set(at, value);
  return metrics;
}
