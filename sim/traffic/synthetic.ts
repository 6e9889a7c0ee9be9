/** Synthetic traces: Poisson arrivals with a rate that changes over time, reproducible by the seed. */
import { draws, exponential } from '../random.ts';
import type { Trace } from './trace.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

interface Shape {
  /** Seconds. */
  length: number;
  /** Highest rate, jobs per second. */
  peak: number;
  /** Rate at a time, jobs per second. */
  rate: (t: number) => number;
}

/** Three quiet hours with a burst of 15 minutes. */
const viral = (): Shape => ({
  length: 3.25 * HOUR,
  peak: 200 / MINUTE,
  rate: (t) => (t >= HOUR && t < 1.25 * HOUR ? 200 : 10) / MINUTE,
});

const day = (): Shape => ({
  length: DAY,
  peak: 100 / MINUTE,
  rate: (t) => (10 + 90 * Math.exp(-((t - 14 * HOUR) ** 2) / (2 * (2 * HOUR) ** 2))) / MINUTE,
});

/** A week with a few requests per hour from 8:00 to 22:00, none at night. */
function quiet(seed: number): Shape {
  const level = draws(seed, 'trace-quiet-levels');
  const rate = (t: number) => {
    const hour = Math.floor(t / HOUR);
    return hour % 24 < 8 || hour % 24 >= 22 ? 0 : (6 * level(hour)) / HOUR;
  };
  return { length: 7 * DAY, peak: 6 / HOUR, rate };
}

function steps(seed: number): Shape {
  const level = draws(seed, 'trace-steps-levels');
  const rate = (t: number) => (5 + 145 * level(Math.floor(t / (HOUR / 2)))) / MINUTE;
  return { length: 6 * HOUR, peak: 150 / MINUTE, rate };
}

/** Two weeks from a Monday on: a rush at 9:00 on weekdays that decays over the day. */
function season(): Shape {
  const FADE = 2.5 * HOUR;
  const rate = (t: number) => {
    if (Math.floor(t / DAY) % 7 >= 5) return 5 / MINUTE;
    const after = (t % DAY) - (8 * HOUR + 58 * MINUTE);
    const rise = Math.min(1, Math.max(0, after / (4 * MINUTE)));
    return (5 + 115 * rise * Math.exp(-Math.max(0, after - 4 * MINUTE) / FADE)) / MINUTE;
  };
  return { length: 14 * DAY, peak: 120 / MINUTE, rate };
}

/**
 * A year of one small user, from a Monday on: about ten photos at a time, some evenings and most Sundays, often some more
 * minutes later, and a third of the weeks without any.
 */
function family(seed: number): Trace {
  const draw = draws(seed, 'trace-family');
  let drawn = 0;
  const next = () => draw(drawn++);
  const times: number[] = [];
  const session = (at: number) => {
    do {
      for (let left = 5 + Math.floor(11 * next()); left > 0; left--) {
        times.push(at);
        at += exponential(next(), 4);
      }
      at += exponential(next(), 10 * MINUTE);
    } while (next() < 0.4);
  };
  for (let day = 0; day < 52 * 7; day++) {
    if (day % 7 === 0 && next() < 1 / 3) {
      day += 6;
      continue;
    }
    const isSunday = day % 7 === 6;
    if (next() < (isSunday ? 0.9 : 0.3)) session(day * DAY + (18 + 4 * next()) * HOUR);
    if (isSunday && next() < 0.7) session(day * DAY + (10 + 6 * next()) * HOUR);
  }
  return { name: 'family', times: times.sort((a, b) => a - b), end: 52 * 7 * DAY };
}

const SHAPES = { viral, day, quiet, steps, season };
export type SyntheticName = keyof typeof SHAPES | 'family';
export const SYNTHETIC = [...Object.keys(SHAPES), 'family'] as SyntheticName[];
export const isSynthetic = (name: string): name is SyntheticName =>
  (SYNTHETIC as readonly string[]).includes(name);

/**
 * @param more by which all rates are multiplied; `family` stays as it is
 * @returns the trace of that name, reproducible by its seed
 */
export const syntheticTrace = (name: SyntheticName, seed: number, more = 1): Trace =>
  name === 'family' ? family(seed) : poissonTrace(name, seed, more);

/** Poisson arrivals by thinning (Lewis and Shedler 1979): candidates at the peak rate, kept with probability rate / peak. */
function poissonTrace(name: keyof typeof SHAPES, seed: number, more: number): Trace {
  const { length, peak, rate } = SHAPES[name](seed);
  const gap = draws(seed, `trace-${name}`);
  const keep = draws(seed, `trace-${name}-kept`);
  const times: number[] = [];
  let t = 0;
  for (let k = 0; ; k++) {
    t += exponential(gap(k), 1 / (more * peak));
    if (t >= length) break;
    if (keep(k) * peak < rate(t)) times.push(t);
  }
  return { name, times, end: length };
}
