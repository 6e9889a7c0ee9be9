/** Traces: CSV files, their errors, and synthetic traffic. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../common/errors.ts';
import { SYNTHETIC, syntheticTrace } from '../../sim/traffic/synthetic.ts';
import { arrivalsOf, parseTrace, readTrace, type Trace } from '../../sim/traffic/trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a trace', () => {
  it('has a row per job', () => {
    const trace = parseTrace('jobs', 't\n0\n1.5\n1.5\n7\n');
    expect([...arrivalsOf(trace, 1)]).toEqual([0, 1.5, 1.5, 7]);
    expect(trace.end).toBe(7);
  });

  it('or a row per bucket, whose length is the smallest gap', () => {
    const trace = parseTrace('buckets', '\uFEFFT, Arrivals\r\n0,2\r\n60,0\r\n180,3\r\n');
    expect(trace).toMatchObject({ bucket: 60, end: 240 });
    const arrivals = [...arrivalsOf(trace, 5)];
    expect(arrivals).toHaveLength(5);
    expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
    expect(arrivals.filter((at) => at < 60)).toHaveLength(2);
    expect(arrivals.filter((at) => at >= 180 && at < 240)).toHaveLength(3);
  });

  it('spreads the jobs of a bucket uniformly, by the seed', () => {
    const trace = parseTrace('one', 't,arrivals\n0,40000\n', 100);
    const arrivals = arrivalsOf(trace, 9);
    expect(arrivals.reduce((sum, at) => sum + at, 0) / arrivals.length).toBeCloseTo(50, 0);
    expect(arrivals.filter((at) => at < 25).length).toBeGreaterThan(9700);
    const first = (seed: number) => arrivalsOf(trace, seed).subarray(0, 100);
    expect(first(9)).toEqual(arrivals.subarray(0, 100));
    expect(first(10)).not.toEqual(first(9));
  });
});

describe('an error is one line, with row and valid values', () => {
  it.each([
    ['', "x.csv: row 1 is '': expected the header 't' or 't,arrivals'"],
    ['0\n1\n', "x.csv: row 1 is '0': expected the header 't' or 't,arrivals'"],
    ['t\n', 'x.csv: no jobs: expected at least one row below the header'],
    ['t,arrivals\n0,0\n60,0\n', 'x.csv: no jobs: expected at least one row below the header'],
    ['t\n5\n3\n', 'x.csv: row 3: t is 3 after 5: expected times in ascending order'],
    ['t\n-1\n', 'x.csv: row 2: t is -1: expected at least 0'],
    ['t\n0\nsoon\n', "x.csv: row 3: t is 'soon': expected seconds from the start"],
    ['t\n0\n1,5\n', "x.csv: row 3 is '1,5': expected one value"],
    ['t,arrivals\n0\n', "x.csv: row 2 is '0': expected two values"],
    ['t,arrivals\n0,1\n0,2\n', 'x.csv: row 3: t is 0 again: expected one row for each bucket'],
    ['t,arrivals\n0,-4\n', "x.csv: row 2: arrivals is '-4': expected a whole number of at least 0"],
    ['t,arrivals\n0,1.5\n', "x.csv: row 2: arrivals is '1.5': expected a whole number of at least 0"],
    ['t,arrivals\n0,\n', "x.csv: row 2: arrivals is '': expected a whole number of at least 0"],
    ['t,arrivals\n0,3\n', 'x.csv: the length of a single bucket is unknown: expected --with bucket=SECONDS'],
    ['t,arrivals\n0,99999999\n', 'x.csv: row 2: more than 20000000 jobs in all'],
    [
      't\n1700000000\n',
      "x.csv: row 2: t is '1700000000': expected seconds from the start, at most 100000000 (dates: see simulate fit)",
    ],
  ])('%j', (text, message) => {
    expect(() => parseTrace('x.csv', text)).toThrow(new UserError(message));
  });

  it('for a bucket that overlaps the next one', () => {
    expect(() => parseTrace('x.csv', 't,arrivals\n0,1\n60,1\n90,1\n', 60)).toThrow(
      'x.csv: bucket is 60: expected at most 30, the gap before row 4',
    );
  });

  it('for a file of 2 GiB, without reading it', async () => {
    const path = join(folder, 'large.csv');
    writeFileSync(path, 't\n');
    truncateSync(path, 2 ** 31);
    await expect(readTrace(path)).rejects.toThrow(`${path} has 2048 MiB: expected at most 256`);
  });

  it('for a missing file and a folder', async () => {
    await expect(readTrace(join(folder, 'none.csv'))).rejects.toThrow(
      /cannot read the trace .*none\.csv: ENOENT/,
    );
    await expect(readTrace(folder)).rejects.toThrow(/cannot read the trace .*: EISDIR/);
  });
});

describe('synthetic traces', () => {
  const made = new Map<string, Trace>();
  const trace = (name: (typeof SYNTHETIC)[number], seed: number) => {
    const key = `${name} ${seed}`;
    const one = made.get(key) ?? syntheticTrace(name, seed);
    made.set(key, one);
    return one;
  };
  const perMinute = (name: (typeof SYNTHETIC)[number], from: number, to: number) =>
    (trace(name, 4).times.filter((t) => t >= from && t < to).length * 60) / (to - from);
  const equal = (a: number[], b: number[]) => a.length === b.length && a.every((t, k) => t === b[k]);

  it.each(SYNTHETIC)('%s is reproducible by its seed, ascending, and within its length', (name) => {
    const { times, end } = trace(name, 4);
    expect(equal(syntheticTrace(name, 4).times, times)).toBe(true);
    expect(times.every((t, k) => t < end && (k === 0 || t >= (times[k - 1] as number)))).toBe(true);
  });

  it('differ between seeds', () => {
    expect(equal(trace('viral', 4).times, trace('viral', 5).times)).toBe(false);
  });

  it('viral: 10 a minute, 200 for 15 minutes, 10 again', () => {
    expect(trace('viral', 4).end).toBe(11_700);
    expect(perMinute('viral', 0, 3600)).toBeCloseTo(10, -0.5);
    expect(perMinute('viral', 3600, 4500) / 200).toBeCloseTo(1, 1);
    expect(perMinute('viral', 4500, 11_700)).toBeCloseTo(10, -0.5);
  });

  it('day: a peak of 100 a minute at 14:00', () => {
    expect(perMinute('day', 0, 3 * 3600)).toBeCloseTo(10, -0.5);
    expect(perMinute('day', 13.5 * 3600, 14.5 * 3600) / 100).toBeCloseTo(1, 1);
  });

  it('quiet: none at night, and only a few an hour', () => {
    const { times } = trace('quiet', 4);
    expect(times.filter((t) => (t % 86_400) / 3600 < 8 || (t % 86_400) / 3600 >= 22)).toEqual([]);
    expect(times.length).toBeGreaterThan(150);
    expect(times.length).toBeLessThan(450);
  });

  it('steps: twelve levels from 5 to 150 a minute', () => {
    const levels = Array.from({ length: 12 }, (_, k) => perMinute('steps', k * 1800, (k + 1) * 1800));
    expect(Math.min(...levels)).toBeGreaterThan(3);
    expect(Math.max(...levels)).toBeLessThan(160);
    expect(Math.max(...levels) - Math.min(...levels)).toBeGreaterThan(60);
  });

  it('season: a rush at 9:00 on weekdays', () => {
    const nine = 9 * 3600;
    expect(perMinute('season', nine - 1800, nine - 120)).toBeLessThan(7);
    expect(perMinute('season', nine + 120, nine + 600)).toBeGreaterThan(100);
    expect(perMinute('season', 5 * 86_400 + nine, 5 * 86_400 + nine + 3600)).toBeLessThan(7);
  });
});
