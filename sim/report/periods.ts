/** Aggregates a run into the periods of a dashboard: minutes as in CloudWatch, several minutes for long runs. */
import { percentile } from '../measure.ts';
import type { World } from '../world.ts';
import type { Run } from '../engine/types.ts';

/** One value per period; null without data. */
export type Values = (number | null)[];

const MINUTE = 60;
/** Most points that a panel can show. */
const MAX_PERIODS = 300;

const ascending = (times: Iterable<number>) => Float64Array.from(times).sort();

/**
 * @returns how many of these times have passed, and the sum of the seconds since each of them; the result must be called
 *   with ascending times
 */
export function passed(times: Iterable<number>): (at: number) => { count: number; seconds: number } {
  const sorted = ascending(times);
  let count = 0;
  let sum = 0;
  return (at) => {
    while (count < sorted.length && (sorted[count] as number) <= at) sum += sorted[count++] as number;
    return { count, seconds: count * at - sum };
  };
}

export class Periods {
  /** Length of a period, at least a tick, so that each has one. */
  readonly seconds: number;
  readonly count: number;
  private readonly begins: number[];

  /**
   * @param end of the run, seconds
   * @param tick seconds between two ticks
   */
  constructor(
    readonly end: number,
    private readonly tick: number,
  ) {
    this.seconds = MINUTE * Math.max(1, Math.ceil(Math.max(end / MAX_PERIODS, tick) / MINUTE));
    this.count = Math.max(1, Math.ceil(end / this.seconds));
    this.begins = Array.from({ length: this.count }, (_, k) => k * this.seconds);
  }

  /** Events per minute in each period. */
  perMinute(times: Iterable<number>): number[] {
    const counts = this.begins.map(() => 0);
    for (const at of times) {
      const k = this.of(at);
      if (k !== undefined) (counts[k] as number)++;
    }
    return counts.map((count) => (count * MINUTE) / this.seconds);
  }

  /** The largest value at any tick of each period. @param seen called with ascending times */
  max(seen: (at: number) => number): Values {
    const values = this.begins.map(() => -Infinity);
    for (let k = 0; k * this.tick < this.end || k === 0; k++) {
      const period = this.of(k * this.tick) ?? 0;
      values[period] = Math.max(values[period] as number, seen(k * this.tick));
    }
    // The last period may be too short for a tick.
    return values.map((value) => (value === -Infinity ? null : value));
  }

  /** A statistic of the values in each period. */
  figures(all: Iterable<[at: number, value: number]>, figure: (values: number[]) => number): Values {
    const values: number[][] = this.begins.map(() => []);
    for (const [at, value] of all) values[this.of(at) ?? -1]?.push(value);
    return values.map((some) => (some.length === 0 ? null : figure(some)));
  }

  /** Increase of a counter over each period. @param grown called with ascending times */
  growth(grown: (at: number) => number): number[] {
    let before = grown(0);
    return this.begins.map((_, k) => {
      const now = grown(this.until(k));
      const more = now - before;
      before = now;
      return more;
    });
  }

  /** Length of each period, seconds: the last one may be shorter. */
  lengths(): number[] {
    return this.begins.map((begin, k) => this.until(k) - begin);
  }

  from(period: number): number {
    return this.begins[period] as number;
  }
  until(period: number): number {
    return Math.min(this.end, (period + 1) * this.seconds);
  }

  /** The end of the run belongs to the last period. @returns undefined for a later time or NaN */
  private of(at: number): number | undefined {
    return at >= 0 && at <= this.end ? Math.min(this.count - 1, Math.floor(at / this.seconds)) : undefined;
  }
}

/** A run with what the panels need. */
export interface PanelInput {
  run: Run;
  world: World;
  periods: Periods;
  /** Whether the policy is one that the scaler deploys. */
  deployed: boolean;
}

export const panelInput = (run: Run, world: World, deployed: boolean): PanelInput => ({
  run,
  world,
  periods: new Periods(run.end, world.tick),
  deployed,
});

export const max = (values: number[]): number => values.reduce((a, b) => Math.max(a, b));
export const p95 = (values: number[]): number => percentile(Float64Array.from(values).sort(), 0.95);
