/** Lower bound on billed instance-hours for a mean wait, with all arrivals known in advance. */
import type { Scenario } from '../scenario.ts';
import { demandOf, type Demand } from './demand.ts';
import { laneOf } from './lane.ts';
import { Grid, Program, type Limits } from './program.ts';

export interface BoundPoint {
  /** Allowed mean wait, seconds. */
  at: number;
  /** Lower bound; null when no fleet between min and max reaches that wait. */
  gpuHours: number | null;
  /** Price of a second of delayed work, in instance-seconds, at which the bound is tightest. */
  mu: number | null;
}

/** Computed values of the program, by price. */
export type KnownValues = Map<number, number>;

const GRID_UNIT = 2;
const GRID_PER_SEGMENT = 6;
/** Start of the search for the price, and its steps from coarse to fine. */
const START = 2 ** -7;
const RATIOS = [4, 2, Math.SQRT2];
const MU_LEAST = 2 ** -20;
const MU_MOST = 2 ** 10;

export class Bound {
  readonly demand: Demand;
  readonly limits: Limits;
  /** Mean seconds of a job on the lane that counts: what a job that waits a second adds to the integral of the delayed work. */
  readonly service: number;
  private readonly grid: Grid;

  /** @param knownValues read, and extended with each computed value */
  constructor(
    scenario: Pick<Scenario, 'arrivals' | 'horizon' | 'world' | 'seed'>,
    private readonly knownValues: KnownValues = new Map(),
  ) {
    const { arrivals, horizon, world, seed } = scenario;
    const { min, max, boot } = world;
    const { slots, service, pieces } = laneOf(world, seed);
    this.service = service;
    this.limits = { min, max: Math.max(max, 1), slots, boot };
    this.demand = demandOf(arrivals, pieces, horizon);
    const { area, peak } = this.atMaximum();
    this.leastArea = area;
    const unit = GRID_UNIT * (service / 6);
    this.grid = new Grid(unit, 4 * peak + 100 * this.limits.max * slots, GRID_PER_SEGMENT);
  }

  /** Integral of the delayed work with the largest fleet throughout. */
  private readonly leastArea: number;

  private atMaximum(): { area: number; peak: number } {
    const free = new Program(this.demand, { ...this.limits, min: this.limits.max }, new Grid(1, 1), 0);
    let state = { size: this.limits.max, delayed: 0, area: 0 };
    const nothing = new Float64Array(free.points * free.sizes);
    let area = 0;
    let peak = 0;
    for (let bucket = 0; bucket < this.demand.buckets; bucket++) {
      state = free.stepForward(bucket, nothing, state.size, state.delayed);
      area += state.area;
      peak = Math.max(peak, state.delayed);
    }
    return { area, peak };
  }

  /** Integral of the delayed work that a mean wait allows. */
  private allowed(wait: number): number {
    return this.demand.work * wait;
  }

  private program(mu: number): Program {
    return new Program(this.demand, this.limits, this.grid, mu);
  }

  /**
   * Minimum of instance-seconds + mu x (integral of delayed work). A job that waits a second adds its service time to
   * that integral.
   */
  async value(mu: number, progress?: (share: number) => void): Promise<number> {
    const found = this.knownValues.get(mu);
    if (found !== undefined) return found;
    const program = this.program(mu);
    let after: Float64Array = new Float64Array(program.sizes * program.points);
    let into: Float64Array = new Float64Array(after.length);
    program.terminalCosts(after);
    for (let bucket = this.demand.buckets - 1; bucket >= 0; bucket--) {
      program.stepBackward(bucket, after, into);
      [after, into] = [into, after];
      if (bucket % 256 === 0) {
        progress?.(1 - bucket / this.demand.buckets);
        await new Promise(setImmediate);
      }
    }
    const value = program.valueOf(after, this.limits.min);
    this.knownValues.set(mu, value);
    return value;
  }

  /**
   * The bound for a mean wait of at most `at` seconds: the maximum of V(mu) - mu x allowed over the price mu, in which
   * it is concave. The search takes the same steps whatever values are known, so that its result is reproducible.
   */
  async at(at: number, progress?: (share: number) => void): Promise<BoundPoint> {
    if (this.leastArea > this.allowed(at) * (1 + 1e-9)) return { at, gpuHours: null, mu: null };
    const dual = async (mu: number) => (await this.value(mu, progress)) - mu * this.allowed(at);
    let mu = START;
    let best = await dual(mu);
    for (const ratio of RATIOS) {
      for (const direction of [ratio, 1 / ratio]) {
        for (;;) {
          const next = mu * direction;
          if (next < MU_LEAST || next > MU_MOST) break;
          const value = await dual(next);
          if (value <= best) break;
          mu = next;
          best = value;
        }
      }
    }
    return { at, gpuHours: Number((best / 3600).toPrecision(8)), mu };
  }

  /** Fleet size in each bucket along the cheapest path at a price; costs are recomputed in pieces to save memory. */
  async plan(mu: number, progress?: (share: number) => void): Promise<Uint16Array> {
    const program = this.program(mu);
    const { buckets } = this.demand;
    const piece = Math.ceil(Math.sqrt(buckets));
    const length = program.sizes * program.points;
    const marks = new Map<number, Float64Array>();
    let after: Float64Array = new Float64Array(length);
    let into: Float64Array = new Float64Array(length);
    program.terminalCosts(after);
    marks.set(buckets, after.slice());
    for (let bucket = buckets - 1; bucket >= 0; bucket--) {
      program.stepBackward(bucket, after, into);
      [after, into] = [into, after];
      if (bucket % piece === 0) {
        marks.set(bucket, after.slice());
        progress?.((1 - bucket / buckets) / 2);
        await new Promise(setImmediate);
      }
    }
    const sizes = new Uint16Array(buckets);
    let state = { size: this.limits.min, delayed: 0, area: 0 };
    for (let from = 0; from < buckets; from += piece) {
      const to = Math.min(buckets, from + piece);
      const costs: Float64Array[] = [];
      costs[to - from] = marks.get(to) as Float64Array;
      for (let bucket = to - 1; bucket > from; bucket--) {
        const one = new Float64Array(length);
        program.stepBackward(bucket, costs[bucket + 1 - from] as Float64Array, one);
        costs[bucket - from] = one;
      }
      for (let bucket = from; bucket < to; bucket++) {
        state = program.stepForward(
          bucket,
          costs[bucket + 1 - from] as Float64Array,
          state.size,
          state.delayed,
        );
        sizes[bucket] = state.size;
      }
      progress?.(0.5 + to / buckets / 2);
      await new Promise(setImmediate);
    }
    return sizes;
  }
}
