/**
 * The dynamic program of the bound: over buckets, with fleet size n and delayed work Y as its state.
 *
 * Its value is the minimum of instance-seconds + boot x launches + mu x (integral of Y). docs/simulator.md has the method
 * and a sketch of its proof. The inner loop runs some 100 million times, hence flat typed arrays.
 */
import { STEPS, type Demand } from './demand.ts';

export interface Limits {
  min: number;
  max: number;
  slots: number;
  /** Instance-seconds that a launch costs. */
  boot: number;
}

/** Grid of delayed work: fine near zero, with a step that doubles every few points. */
export class Grid {
  readonly values: Float64Array;
  private readonly span: number;

  /**
   * @param unit first step, slot-seconds
   * @param top largest delayed work on the grid, at least; beyond it, values are extrapolated
   */
  constructor(
    private readonly unit: number,
    top: number,
    private readonly perSegment = 8,
  ) {
    this.span = unit * perSegment;
    const segments = Math.max(1, Math.ceil(Math.log2(top / this.span + 1)));
    const count = segments * perSegment + 1;
    this.values = Float64Array.from({ length: count }, (_, index) => this.valueAt(index));
  }

  private valueAt(index: number): number {
    const segment = Math.floor(index / this.perSegment);
    const rest = index - segment * this.perSegment;
    return this.span * (2 ** segment - 1) + rest * this.unit * 2 ** segment;
  }

  /** Position of a value: the whole part is the index of the point below it, the fraction is towards the next point. */
  position(value: number): number {
    const segment = 31 - Math.clz32(value / this.span + 1);
    const scale = 1 << segment;
    const at = segment * this.perSegment + (value - this.span * (scale - 1)) / (this.unit * scale);
    const last = this.values.length - 2;
    return at <= last
      ? at
      : last + (value - (this.values[last] as number)) / (this.unit * 2 ** this.lastSegment);
  }

  private get lastSegment(): number {
    return (this.values.length - 1) / this.perSegment - 1;
  }
}

export class Program {
  readonly sizes: number;
  readonly points: number;
  private readonly prefix = new Float64Array(STEPS + 1);
  private readonly area = new Float64Array(STEPS + 1);
  /** With no delayed work at the start of each step: delayed work at the end of the bucket, and its integral until then. */
  private readonly zeroEnd = new Float64Array(STEPS + 1);
  private readonly zeroArea = new Float64Array(STEPS + 1);
  private readonly g: Float64Array;

  constructor(
    readonly demand: Demand,
    readonly limits: Limits,
    readonly grid: Grid,
    readonly mu: number,
  ) {
    this.sizes = limits.max - limits.min + 1;
    this.points = grid.values.length;
    this.g = new Float64Array(this.sizes * this.points);
  }

  /** Cost after the last bucket: the remaining work, done by the largest fleet. */
  terminalCosts(into: Float64Array): void {
    const { grid, limits, mu, points, sizes } = this;
    const most = limits.max * limits.slots;
    for (let n = 0; n < sizes; n++) {
      for (let y = 0; y < points; y++) {
        const delayed = grid.values[y] as number;
        into[n * points + y] = delayed / limits.slots + (mu * delayed * delayed) / (2 * most);
      }
    }
  }

  /** Prepares a bucket for a fleet of size n. */
  private loadBucket(bucket: number, n: number): void {
    const { demand, limits, prefix, area, zeroEnd, zeroArea } = this;
    const h = demand.step[bucket] as number;
    const capacity = n * limits.slots * h;
    let sum = 0;
    let total = 0;
    prefix[0] = 0;
    area[0] = 0;
    for (let i = 0; i < STEPS; i++) {
      const k = bucket * STEPS + i;
      total += sum * h + (demand.busyTwice[k] as number) - (capacity * h) / 2;
      sum += (demand.busy[k] as number) - capacity;
      prefix[i + 1] = sum;
      area[i + 1] = total;
    }
    zeroEnd[STEPS] = 0;
    zeroArea[STEPS] = 0;
    for (let i = STEPS - 1; i >= 0; i--) {
      const k = bucket * STEPS + i;
      const grown = (demand.busy[k] as number) - capacity;
      const first = Math.max(0, (demand.busyTwice[k] as number) - (capacity * h) / 2);
      if (grown <= 0) {
        zeroEnd[i] = zeroEnd[i + 1] as number;
        zeroArea[i] = first + (zeroArea[i + 1] as number);
      } else {
        let y = 0;
        let sumArea = 0;
        for (let j = i; j < STEPS; j++) {
          const at = bucket * STEPS + j;
          sumArea += Math.max(0, y * h + (demand.busyTwice[at] as number) - (capacity * h) / 2);
          y = Math.max(0, y + (demand.busy[at] as number) - capacity);
        }
        zeroEnd[i] = y;
        zeroArea[i] = sumArea;
      }
    }
  }

  /** Delayed work at the end of the loaded bucket, and its integral over it. */
  private endOf = 0;
  private areaOf = 0;
  private flow(delayed: number, h: number): void {
    const { prefix, area } = this;
    for (let i = 1; i <= STEPS; i++) {
      if (delayed + (prefix[i] as number) > 0) continue;
      // The backlog is empty within this step; its value at the start of the step gives a lower estimate of its integral.
      const before = (i - 1) * h * delayed + (area[i - 1] as number);
      const within = h * delayed + (area[i] as number) - (area[i - 1] as number);
      this.endOf = this.zeroEnd[i] as number;
      this.areaOf = before + Math.max(0, within) + (this.zeroArea[i] as number);
      return;
    }
    this.endOf = delayed + (prefix[STEPS] as number);
    this.areaOf = STEPS * h * delayed + (area[STEPS] as number);
  }

  private interpolated(values: Float64Array, row: number, delayed: number): number {
    const at = this.grid.position(delayed);
    const low = Math.min(at | 0, this.points - 2);
    const a = values[row + low] as number;
    return a + ((values[row + low + 1] as number) - a) * (at - low);
  }

  /** One bucket backward: from the cost after the bucket to the cost from its start. */
  stepBackward(bucket: number, after: Float64Array, into: Float64Array): void {
    const { demand, limits, mu, points, sizes, g, grid, prefix, area, zeroEnd, zeroArea } = this;
    const h = demand.step[bucket] as number;
    const { values } = grid;
    for (let k = 0; k < sizes; k++) {
      const n = limits.min + k;
      this.loadBucket(bucket, n);
      const own = n * h * STEPS;
      const row = k * points;
      let dry = 1;
      for (let i = 2; i <= STEPS; i++) if ((prefix[i] as number) < (prefix[dry] as number)) dry = i;
      const enough = -(prefix[dry] as number);
      const grown = prefix[STEPS] as number;
      const gathered = area[STEPS] as number;
      // flow() inlined: first the delayed work that this fleet clears within the bucket, then the rest.
      let y = 0;
      for (; y < points && (values[y] as number) <= enough; y++) {
        const delayed = values[y] as number;
        let i = 1;
        while (delayed + (prefix[i] as number) > 0) i++;
        const before = (area[i - 1] as number) + (i - 1) * h * delayed;
        const within = (area[i] as number) - (area[i - 1] as number) + h * delayed;
        const cost = before + (within > 0 ? within : 0) + (zeroArea[i] as number);
        g[row + y] = own + mu * cost + this.interpolated(after, row, zeroEnd[i] as number);
      }
      const slope = STEPS * h;
      for (; y < points; y++) {
        const delayed = values[y] as number;
        g[row + y] = own + mu * (slope * delayed + gathered) + this.interpolated(after, row, delayed + grown);
      }
    }
    // Shrinking is free; growing costs a boot per instance.
    for (let y = 0; y < points; y++) {
      let best = Infinity;
      for (let row = y; row < sizes * points; row += points) {
        best = Math.min(best, g[row] as number);
        into[row] = best;
      }
      best = Infinity;
      for (let row = (sizes - 1) * points + y; row >= 0; row -= points) {
        best = Math.min(best + limits.boot, g[row] as number);
        if (best < (into[row] as number)) into[row] = best;
      }
    }
  }

  /** One bucket forward along the cheapest path. */
  stepForward(bucket: number, after: Float64Array, size: number, delayed: number) {
    const { demand, limits, mu, points, sizes } = this;
    const h = demand.step[bucket] as number;
    let best = Infinity;
    let chosen = { size, delayed, area: 0 };
    for (let k = 0; k < sizes; k++) {
      const n = limits.min + k;
      this.loadBucket(bucket, n);
      this.flow(delayed, h);
      const follows = this.interpolated(after, k * points, this.endOf);
      const cost = n * h * STEPS + mu * this.areaOf + follows + limits.boot * Math.max(0, n - size);
      if (cost >= best) continue;
      best = cost;
      chosen = { size: n, delayed: this.endOf, area: this.areaOf };
    }
    return chosen;
  }

  /** The program's value from a fleet of that size without delayed work. */
  valueOf(costs: Float64Array, size: number): number {
    return costs[(size - this.limits.min) * this.points] as number;
  }
}
