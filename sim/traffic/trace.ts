/** A trace of arrivals as CSV: `t` with a row per job, or `t,arrivals` with a row per bucket. */
import { open, readdir, stat } from 'node:fs/promises';
import { draws } from '../random.ts';
import { UserError } from '../../common/errors.ts';

export interface Trace {
  name: string;
  /** Arrival times of jobs, or start times of buckets; seconds, ascending. */
  times: number[];
  /** Jobs of each bucket; absent with a row per job. */
  counts?: number[];
  /** Length of a bucket, seconds. */
  bucket?: number;
  /** End of the last bucket, or the last arrival, seconds. */
  end: number;
}

export const MAX_BYTES = 256 * 1024 * 1024;
export const MAX_JOBS = 20_000_000;
/** About three years, seconds. A larger value is a date rather than a time from the start. */
const MAX_TIME = 1e8;

const quoted = (text: string) => `'${text.length > 40 ? `${text.slice(0, 40)}...` : text}'`;

function columnsOf(header: string): 1 | 2 {
  const columns = header
    .trim()
    .replace(/^\uFEFF/, '')
    .toLowerCase()
    .replaceAll(/["\s]/g, '');
  if (columns === 't') return 1;
  if (columns === 't,arrivals') return 2;
  throw new UserError(`row 1 is ${quoted(header.trim())}: expected the header 't' or 't,arrivals'`);
}

function timeOf(text: string, row: number, before: number, strictly: boolean): number {
  const t = text.trim() === '' ? NaN : Number(text);
  if (!Number.isFinite(t))
    throw new UserError(`row ${row}: t is ${quoted(text)}: expected seconds from the start`);
  if (t < 0) throw new UserError(`row ${row}: t is ${t}: expected at least 0`);
  if (t > MAX_TIME) {
    throw new UserError(
      `row ${row}: t is ${quoted(text)}: expected seconds from the start, at most ${MAX_TIME} (dates: see simulate fit)`,
    );
  }
  if (t < before)
    throw new UserError(`row ${row}: t is ${t} after ${before}: expected times in ascending order`);
  if (strictly && t === before)
    throw new UserError(`row ${row}: t is ${t} again: expected one row for each bucket`);
  return t;
}

function countOf(text: string, row: number): number {
  const count = text.trim() === '' ? NaN : Number(text);
  if (Number.isInteger(count) && count >= 0) return count;
  throw new UserError(`row ${row}: arrivals is ${quoted(text)}: expected a whole number of at least 0`);
}

function bucketOf(times: number[], asked: number | undefined): number {
  let gap = Infinity;
  let row = 0;
  for (let k = 1; k < times.length; k++) {
    const one = (times[k] as number) - (times[k - 1] as number);
    if (one < gap) {
      gap = one;
      row = k + 2;
    }
  }
  if (asked !== undefined && asked > gap) {
    throw new UserError(`bucket is ${asked}: expected at most ${gap}, the gap before row ${row}`);
  }
  const bucket = asked ?? gap;
  if (bucket === Infinity)
    throw new UserError('the length of a single bucket is unknown: expected --with bucket=SECONDS');
  return bucket;
}

/**
 * @param name for messages and reports
 * @param bucket seconds; by default the smallest gap between rows
 * @throws UserError with the row and what is allowed
 */
export function parseTrace(name: string, text: string, bucket?: number): Trace {
  const wrong = (error: unknown) => {
    throw error instanceof UserError ? new UserError(`${name}: ${error.message}`) : error;
  };
  try {
    const end = (at: number) => (at < 0 ? text.length : at);
    let from = end(text.indexOf('\n'));
    const columns = columnsOf(text.slice(0, from));
    const times: number[] = [];
    const counts: number[] = [];
    let jobs = 0;
    let before = 0;
    for (let row = 2; from < text.length; row++) {
      const to = end(text.indexOf('\n', from + 1));
      const line = text.slice(from + 1, to).trim();
      from = to;
      if (line === '') continue;
      const cells = line.split(',');
      if (cells.length !== columns) {
        throw new UserError(
          `row ${row} is ${quoted(line)}: expected ${columns === 1 ? 'one value' : 'two values'}`,
        );
      }
      before = timeOf(cells[0] as string, row, before, columns === 2 && times.length > 0);
      times.push(before);
      if (columns === 2) counts.push(countOf(cells[1] as string, row));
      jobs += columns === 2 ? (counts.at(-1) as number) : 1;
      if (jobs > MAX_JOBS) throw new UserError(`row ${row}: more than ${MAX_JOBS} jobs in all`);
    }
    if (jobs === 0) throw new UserError('no jobs: expected at least one row below the header');
    if (columns === 1) return { name, times, end: before };
    const length = bucketOf(times, bucket);
    return { name, times, counts, bucket: length, end: before + length };
  } catch (error) {
    return wrong(error);
  }
}

/** @throws UserError when the file cannot be read, is too large, or is not a trace */
export async function readTrace(path: string, bucket?: number): Promise<Trace> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) {
      throw new UserError(
        `${path} has ${Math.round(size / 2 ** 20)} MiB: expected at most ${MAX_BYTES / 2 ** 20}`,
      );
    }
    const file = await open(path);
    try {
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read the trace ${path}: ${(error as Error).message}`);
  }
  return parseTrace(path.split(/[\\/]/).at(-1) ?? path, text, bucket);
}

/** @returns names of the folder's CSV files, sorted. @throws UserError when it cannot be read */
export async function csvFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: Error) => {
    throw new UserError(`cannot read the folder ${folder}: ${error.message}`);
  });
  return names.filter((name) => name.endsWith('.csv')).sort();
}

/**
 * Arrival time of each job, seconds, ascending; jobs of a bucket are uniform within it, by the seed.
 *
 * @param photos in the place of each arrival; without buckets at random instants until the next arrival
 * @throws UserError for more than {@link MAX_JOBS}
 */
export function arrivalsOf(trace: Trace, seed: number, photos = 1): Float64Array {
  const { times, end } = trace;
  let { counts } = trace;
  if (!counts && photos === 1) return Float64Array.from(times);
  counts ??= times.map(() => 1);
  const jobs = photos * counts.reduce((sum, count) => sum + count, 0);
  if (jobs > MAX_JOBS)
    throw new UserError(`photos is ${photos}: ${jobs} jobs in all, expected at most ${MAX_JOBS}`);
  const arrivals = new Float64Array(jobs);
  const draw = draws(seed, 'arrivals');
  let job = 0;
  for (let k = 0; k < times.length; k++) {
    const first = job;
    const from = times[k] as number;
    const length = trace.bucket ?? (times[k + 1] ?? end) - from;
    for (let left = photos * (counts[k] as number); left > 0; left--) {
      arrivals[job] = from + length * draw(job);
      job++;
    }
    arrivals.subarray(first, job).sort();
  }
  return arrivals;
}
