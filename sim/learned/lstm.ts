/** The deployed policy with the forecast of a small LSTM, which `lstm.py` trains offline. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { SloSettings } from '../../contract/policy.ts';
import { deployed } from '../policies/deployed.ts';
import { UserError } from '../../common/errors.ts';
import type { Controller } from '../engine/types.ts';

/** Length of a bucket of arrivals, and of a forecast, seconds. */
export const BUCKET_SECONDS = 300;

/** For each bucket, the jobs forecast at its end for the following buckets, nearest first. */
export type Forecasts = number[][];

export function countsOf(arrivals: Float64Array, end: number): number[] {
  const counts = new Array<number>(Math.ceil(end / BUCKET_SECONDS)).fill(0);
  for (const at of arrivals) {
    const bucket = Math.floor(at / BUCKET_SECONDS);
    if (bucket < counts.length) (counts[bucket] as number)++;
  }
  return counts;
}

/**
 * Trains on the first buckets, and forecasts after each bucket.
 *
 * @param python an interpreter with the packages of sim/learned/requirements.txt
 * @param trainingBuckets number of buckets to train on
 * @throws UserError with the interpreter's error output
 */
export async function lstmForecasts(
  python: string,
  counts: number[],
  trainingBuckets: number,
  seed: number,
  say: (line: string) => void,
): Promise<Forecasts> {
  const child = spawn(python, [join(import.meta.dirname, 'lstm.py')], { stdio: 'pipe' });
  const failed = new Promise<string>((resolve) => child.once('error', (error) => resolve(error.message)));
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
    say(text.trim().split('\n').at(-1) ?? '');
  });
  // An interpreter that exits early closes the pipe. Its error output says more than EPIPE does.
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify({ bucket: BUCKET_SECONDS, counts, learn: trainingBuckets, seed }));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const result = await Promise.race([failed, ended]);
  if (result === 0) return (JSON.parse(out) as { forecasts: Forecasts }).forecasts;
  const why = typeof result === 'string' ? result : errors.trim();
  throw new UserError(
    `${python} could not train the LSTM (it needs pip install -r sim/learned/requirements.txt): ${why}`,
  );
}

/**
 * @param from time from which the forecasts apply, seconds
 * @param lead seconds between a decision and its effect: a boot and a tick
 */
export function lstmPolicy(
  settings: SloSettings,
  forecasts: Forecasts,
  { from, lead, tick }: { from: number; lead: number; tick: number },
): Controller {
  const rateWithin = (at: number): number => {
    const known = forecasts[Math.floor(at / BUCKET_SECONDS) - 1];
    if (at < from || !known) return 0;
    const reached = Math.floor(((at % BUCKET_SECONDS) + lead) / BUCKET_SECONDS) + 1;
    return Math.max(...known.slice(0, reached)) / BUCKET_SECONDS;
  };
  return deployed((at) => ({ ...settings, readyForRate: rateWithin(at) }), tick);
}
