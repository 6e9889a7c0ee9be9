/** Spending over ticks: what the day has cost, and the brake. */
import { beforeEach, describe, expect, it } from 'vitest';
import { tick } from '../../../lambda/scaler/tick.ts';
import type { Spending } from '../../../contract/scaler.ts';
import { fakePorts, type FakePorts } from './support/fakes.ts';
import { slo } from './support/observations.ts';

let ports: FakePorts;
let now: number;

beforeEach(() => {
  now = 20 * 86_400;
  ports = fakePorts();
});

const run = (spending: Spending) =>
  tick(ports, slo, { owner: 'run-1', now: () => now, tickSeconds: 30, spending });

describe('spending', () => {
  const prices = { hourlyPrices: { 'g5.xlarge': 1 }, onDemandBaseCapacity: 0, spotPercentage: 0 };
  const limited = { ...prices, dailyLimit: 1, brake: true };
  beforeEach(() => {
    ports.fleet.state = {
      ...ports.fleet.state,
      desired: 2,
      inService: 1,
      pending: 1,
      draining: 2,
      types: { 'g5.xlarge': 1 },
    };
  });

  it('counts instances in service, pending and draining', async () => {
    await run(prices as Spending & typeof prices);
    expect(ports.metrics.published[0]?.figures).toEqual({ perHour: 4, spentToday: 0 });
  });

  it('counts instances that boot to be stopped, by their type', async () => {
    ports.fleet.state.warmPool = {
      ...{ desired: 0, inService: 0, template: '', stopped: 5, entering: ['i-7', 'i-8'] },
      types: { 'g4dn.xlarge': 2 },
    };
    ports.fleet.state.types = { 'g5.xlarge': 1, 'g4dn.xlarge': 2 };
    await run({ ...limited, hourlyPrices: { 'g5.xlarge': 1, 'g4dn.xlarge': 0.5 } });
    expect(ports.metrics.published[0]?.figures).toEqual({ perHour: 5, spentToday: 0 });
  });

  it('stops growth when the day has reached its limit, until midnight UTC', async () => {
    now += 80_000;
    await run(limited);
    ports.counts.counts = { visible: 500, inFlight: 1 };
    now += 900;
    expect((await run(limited)).record).toMatchObject({ reason: 'over-budget', desired: 2 });
    expect(ports.metrics.published.at(-1)?.figures).toMatchObject({ perHour: 4, spentToday: 1 });
    now = 21 * 86_400 + 60;
    expect((await run(limited)).record?.reason).toBe('scale-out');
  });

  it.each([
    [true, 'over-budget'],
    [false, 'scale-out'],
  ])('that cannot be computed counts as over the limit with a brake (%s)', async (brake, reason) => {
    ports.counts.counts = { visible: 500, inFlight: 1 };
    const broken = {
      ...prices,
      hourlyPrices: null as unknown as Record<string, number>,
      dailyLimit: 1,
      brake,
    };
    const { record, errors } = await run(broken);
    expect(record?.reason).toBe(reason);
    expect(errors).toHaveLength(1);
    expect(ports.metrics.published[0]).toMatchObject({ figures: undefined, failed: true });
  });

  it('continues from the memory after a tick that could not read it, or the fleet', async () => {
    await run(limited);
    now += 300;
    const open = ports.memory.open.bind(ports.memory);
    const read = ports.fleet.read.bind(ports.fleet);
    ports.memory.open = () => Promise.reject(new Error('throttled'));
    await run(limited);
    expect(ports.metrics.published.at(-1)?.figures).toBeUndefined();
    ports.memory.open = open;
    ports.fleet.read = () => Promise.reject(new Error('throttled'));
    await run(limited);
    expect(ports.metrics.published.at(-1)?.figures).toBeUndefined();
    ports.fleet.read = read;
    now += 300;
    await run(limited);
    expect(ports.metrics.published.at(-1)?.figures?.spentToday).toBeCloseTo(4 / 6, 9);
  });
});
