/**
 * The engine against queueing theory: closed formulas for waits, and laws that hold on any sample path. The full form
 * (FULL=1) has 20 servers and four times as many jobs.
 */
import { describe, expect, it } from 'vitest';
import { policyOf } from '../../sim/policies/index.ts';
import { draws, exponential } from '../../sim/random.ts';
import { worldOf } from '../../sim/world.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import { runOf } from './support/run.ts';

const JOBS = process.env.FULL ? 400_000 : 100_000;

/** Mean wait of a fixed fleet under Poisson arrivals, a service time of mean 1, and a load of `load` instances. */
async function meanWait(instances: number, load: number, exponentialService: boolean): Promise<number> {
  const gap = draws(7, 'arrivals');
  const size = draws(7, 'service');
  const arrivals = new Float64Array(JOBS);
  let t = 0;
  for (let job = 0; job < JOBS; job++) arrivals[job] = t += exponential(gap(job), 1 / load);
  const world = worldOf('clean', { min: instances, max: instances, service: 1, tick: 3600 });
  const run = await simulate({
    arrivals,
    horizon: t,
    world,
    seed: 7,
    service: exponentialService ? (job) => exponential(size(job), 1) : undefined,
    controller: policyOf(`fixed:${instances}`, [], world).make(),
  });
  return run.starts.reduce((sum, start, job) => sum + start - (arrivals[job] as number), 0) / JOBS;
}

/** Erlang's C: the share of jobs that wait in M/M/c with a load of a. */
function erlangC(c: number, a: number): number {
  let blocked = 1;
  for (let k = 1; k <= c; k++) blocked = (a * blocked) / (k + a * blocked);
  return blocked / (1 - (a / c) * (1 - blocked));
}
const waitMMc = (c: number, a: number) => erlangC(c, a) / (c - a);

/** Crommelin's mean wait of M/D/c with a service time of 1 (1932; in Tijms, A First Course in Stochastic Models). */
function waitMDc(c: number, a: number): number {
  let sum = 0;
  for (let i = 1; i <= 2000; i++) {
    const mean = i * a;
    let log = -mean;
    for (let j = 1; j <= i * c; j++) log += Math.log(mean / j);
    let term = Math.exp(log);
    let from = 0;
    let beyond = 0;
    for (let j = i * c; j < i * c + 3000 && (term > 1e-18 || j < mean); j++) {
      from += term;
      if (j > i * c) beyond += term;
      term *= mean / (j + 1);
    }
    const part = from - (c / a) * beyond;
    sum += part;
    if (part < 1e-12) break;
  }
  return sum;
}

describe('closed formulas', () => {
  // Waits at a load of 18 of 20 need 400,000 jobs to be within 5 %.
  const LOADS: [servers: number, load: number][] = [
    [1, 0.7],
    [2, 1.6],
    [5, 4],
    ...(process.env.FULL ? [[20, 18] as [number, number]] : []),
  ];
  it('have the known values for one server', () => {
    expect(waitMMc(1, 0.5)).toBeCloseTo(1, 12);
    expect(waitMDc(1, 0.5)).toBeCloseTo(0.5, 9);
    expect(waitMDc(1, 0.8)).toBeCloseTo(2, 9);
  });

  it.each(LOADS)('M/M/%d with a load of %d', async (c, load) => {
    expect(Math.abs((await meanWait(c, load, true)) / waitMMc(c, load) - 1)).toBeLessThan(0.05);
  });

  it.each(LOADS)('M/D/%d with a load of %d', async (c, load) => {
    expect(Math.abs((await meanWait(c, load, false)) / waitMDc(c, load) - 1)).toBeLessThan(0.05);
  });
});

it("Little's law: the mean number waiting is the arrival rate times the mean wait", async () => {
  const draw = draws(3, 'arrivals');
  const arrivals = Array.from({ length: 2000 }, (_, job) => 3600 * draw(job)).sort((a, b) => a - b);
  const { run, measures } = await runOf({ arrivals, policy: 'slo' });
  // The mean number waiting, integrated from event to event, independently of the single waits.
  const events = [...arrivals.map((at) => [at, 1]), ...[...run.starts].map((at) => [at, -1])] as [
    number,
    number,
  ][];
  events.sort((a, b) => a[0] - b[0]);
  let waiting = 0;
  let before = 0;
  let area = 0;
  for (const [at, change] of events) {
    area += waiting * (at - before);
    waiting += change;
    before = at;
  }
  expect(waiting).toBe(0);
  const rate = arrivals.length / run.end;
  expect(area / run.end).toBeCloseTo(rate * (measures.wait.mean as number), 6);
});
