/** A run in the periods of a dashboard: whole minutes, as CloudWatch has them, and longer ones for long runs. */
import { percentile } from '../measure.ts';
import type { World } from '../world.ts';
import type { Run } from '../engine/types.ts';

/** One for each period; null where nothing is known. */
export type Values = (number | null)[];

const MINUTE = 60;
/** More than this a panel has no room for. */
const MOST = 300;

const ascending = (times: Iterable<number>) => Float64Array.from(times).sort();

/** How many of these times are past, and the seconds since each of them in all; asked in the order of time. */
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
  /** Length of one; it is never shorter than a tick, so that each has one. */
  readonly seconds: number;
  readonly count: number;
  private readonly begins: number[];

  /**
   * @param end of the run, seconds
   * @param tick seconds between two looks
   */
  constructor(
    readonly end: number,
    private readonly tick: number,
  ) {
    this.seconds = MINUTE * Math.max(1, Math.ceil(Math.max(end / MOST, tick) / MINUTE));
    this.count = Math.max(1, Math.ceil(end / this.seconds));
    this.begins = Array.from({ length: this.count }, (_, k) => k * this.seconds);
  }

  /** What happened in each period, for a minute: the same height whatever the period. */
  perMinute(times: Iterable<number>): number[] {
    const counts = this.begins.map(() => 0);
    for (const at of times) {
      const k = this.of(at);
      if (k !== undefined) (counts[k] as number)++;
    }
    return counts.map((count) => (count * MINUTE) / this.seconds);
  }

  /** Of what is seen at each tick, the greatest. @param seen is asked in the order of time */
  max(seen: (at: number) => number): Values {
    const values = this.begins.map(() => -Infinity);
    for (let k = 0; k * this.tick < this.end || k === 0; k++) {
      const period = this.of(k * this.tick) ?? 0;
      values[period] = Math.max(values[period] as number, seen(k * this.tick));
    }
    // A last one that is cut short may have no tick.
    return values.map((value) => (value === -Infinity ? null : value));
  }

  /** Of the values that fell into each period. */
  figures(all: Iterable<[at: number, value: number]>, figure: (values: number[]) => number): Values {
    const values: number[][] = this.begins.map(() => []);
    for (const [at, value] of all) values[this.of(at) ?? -1]?.push(value);
    return values.map((some) => (some.length === 0 ? null : figure(some)));
  }

  /** Growth over each period of something that only grows. @param grown is asked in the order of time */
  growth(grown: (at: number) => number): number[] {
    let before = grown(0);
    return this.begins.map((_, k) => {
      const now = grown(this.until(k));
      const more = now - before;
      before = now;
      return more;
    });
  }

  /** The last one may be cut short. */
  lengths(): number[] {
    return this.begins.map((begin, k) => this.until(k) - begin);
  }

  from(period: number): number {
    return this.begins[period] as number;
  }
  until(period: number): number {
    return Math.min(this.end, (period + 1) * this.seconds);
  }

  /** What happens at the very end belongs to the last one. @returns undefined where it is beyond that, or at no time */
  private of(at: number): number | undefined {
    return at >= 0 && at <= this.end ? Math.min(this.count - 1, Math.floor(at / this.seconds)) : undefined;
  }
}

/** A run as the panels read it. */
export interface PanelInput {
  run: Run;
  world: World;
  periods: Periods;
  /** Whether the rule is one of the scaler's own. */
  deployed: boolean;
}

/** @param own whether the rule is one of the scaler's own */
export const panelInput = (run: Run, world: World, own: boolean): PanelInput => ({
  run,
  world,
  periods: new Periods(run.end, world.tick),
  deployed: own,
});

export const max = (values: number[]): number => values.reduce((a, b) => Math.max(a, b));
export const p95 = (values: number[]): number => percentile(Float64Array.from(values).sort(), 0.95);
