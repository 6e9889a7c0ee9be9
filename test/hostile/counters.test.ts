/** Counters of a compromised worker: the scaler is neither blinded nor led, and what the day has cost stays known. */
import { describe, expect, it } from 'vitest';
import { fromItem } from '../../lambda/scaler/memory.ts';
import { tick } from '../../lambda/scaler/tick.ts';
import { fakePorts } from '../lambda/scaler/support/fakes.ts';
import { slo } from '../lambda/scaler/support/observations.ts';
import { hostileCounters } from './support/counters-suite.ts';
import { play, type Lie } from './support/fleet-with-liar.ts';

const AT = 1_000_000;
const spending = {
  hourlyPrices: {},
  onDemandBaseCapacity: 0,
  spotPercentage: 0,
  dailyLimit: 10,
  brake: true,
};
type Write = (k: number) => { completed: unknown; busySeconds: unknown };

/** Eight ticks of one instance that writes what it likes, on a day that has nearly reached its limit. */
async function attack(write: Write, counts = { visible: 0, inFlight: 1 }) {
  const ports = fakePorts();
  ports.fleet.state = { desired: 1, inService: 1, pending: 0, draining: 0, min: 0, max: 20 };
  const ledger = { at: AT, perHour: 1, day: 11, spent: 9.9, inService: 1, busySeconds: 10 };
  ports.memory.item = { ledger };
  ports.counts.counts = counts;
  const found = {
    reasons: new Set<string | undefined>(),
    most: 0,
    spent: [] as number[],
    errors: [] as Error[],
    why: [] as string[],
  };
  for (let k = 0; k < 8; k++) {
    ports.work.written = [{ instance: 'i-0', ...write(k) }];
    const run = { owner: 'run', now: () => AT + 30 * k, tickSeconds: 30, spending };
    const { record, errors } = await tick(ports, slo, run);
    found.reasons.add(record?.reason);
    found.errors.push(...errors);
    found.why.push(...(record?.disbelieved?.map(({ why }) => why) ?? []));
    found.most = Math.max(found.most, ports.fleet.state.desired);
    found.spent.push(fromItem(ports.memory.item).ledger?.spent ?? 0);
    ports.fleet.state.inService = Math.min(1, ports.fleet.state.desired);
  }
  return found;
}

describe('one instance that writes', () => {
  it.each<[string, Write]>([
    ['negative counters', (k) => ({ completed: -5, busySeconds: -30 * k })],
    ['a million busy seconds a tick', (k) => ({ completed: k, busySeconds: 1e6 * (k + 1) })],
    [
      '9e15 and 0 in turn',
      (k) => (k % 2 ? { completed: 9e15, busySeconds: 9e15 } : { completed: 0, busySeconds: 0 }),
    ],
    ['1e308', (k) => ({ completed: 1, busySeconds: k % 2 ? 1e308 : 1 })],
    ['no numbers', () => ({ completed: NaN, busySeconds: {} })],
  ])('%s: every tick decides, the fleet stays at one, and the day is paid', async (_name, write) => {
    for (const counts of [
      { visible: 0, inFlight: 1 },
      { visible: 1, inFlight: 0 },
    ]) {
      const { reasons, most, spent, errors, why } = await attack(write, counts);
      expect(errors).toEqual([]);
      expect(reasons).not.toContain('metrics-unavailable');
      expect(most).toBe(1);
      expect(Math.min(...spent)).toBeGreaterThanOrEqual(9.9);
      expect(why.length).toBeGreaterThan(0);
    }
  });
});

describe('what the day has cost is never less than before', () => {
  const ports = fakePorts();
  const run = async (item: Record<string, unknown>) => {
    ports.fleet.state = { desired: 1, inService: 1, pending: 0, draining: 0, min: 0, max: 20 };
    ports.counts.counts = { visible: 500, inFlight: 1 };
    ports.memory.item = item;
    const { record } = await tick(ports, slo, { owner: 'run', now: () => AT, tickSeconds: 30, spending });
    return { reason: record?.reason, spent: fromItem(ports.memory.item).ledger?.spent };
  };
  const ledger = { at: AT - 30, perHour: 0, day: 11, spent: 12, inService: 1, busySeconds: 10 };

  it.each<[string, Record<string, unknown>]>([
    ['a negative count of busy seconds', { ledger: { ...ledger, busySeconds: -5 } }],
    ['a wrong number of instances', { ledger: { ...ledger, inService: 'one' } }],
    ['a policy of another version', { ledger, version: 99, policy: { lastOutAt: 'x' } }],
    ['a ledger without its time', { ledger: { ...ledger, at: 'noon' } }],
    ['reports that are damaged', { ledger, reports: 'none' }],
  ])('%s: 12 USD, and the brake holds', async (_name, item) => {
    expect(await run(item)).toEqual({ reason: 'over-budget', spent: 12 });
  });

  it('a ledger that holds nothing counts as a day at its limit', async () => {
    expect(await run({ ledger: 'gone' })).toEqual({ reason: 'over-budget', spent: 10 });
    // The next day is a new one.
    expect(fromItem(ports.memory.item).ledger?.day).toBe(11);
  });
});

describe('an instance that deletes messages unread', () => {
  it('does not prove by them how long photos take', async () => {
    const [rate, from, at, ticks] = [30, 12, 132, 150];
    const arrivals = Array.from({ length: ticks }, (_, k) => rate + (k === at - 1 ? 3 * rate : 0));
    // It has saved an hour, and claims it for the photos of the tick in which the queue falls by more than was finished.
    const before = { completed: 0, busySeconds: 0 };
    const lie: Lie = (k, { completed, busySeconds }) => {
      if (k < from) Object.assign(before, { completed, busySeconds });
      if (k < at) return before;
      return { completed: before.completed + 16, busySeconds: before.busySeconds + 30 * (at - from) };
    };
    const scene = { min: 3, until: ticks, arrivals, stolen: (k: number) => (k === at ? Infinity : 0) };
    const [deceived, robbed] = await Promise.all([play(scene, lie), play(scene, () => ({}))]);
    // The tick before, which scales out for the waiting photos, and the one in which they are gone.
    const after = ({ desired }: typeof robbed) => Math.max(...desired.slice(at + 2));
    expect(after(deceived)).toBeLessThanOrEqual(after(robbed) + 1);
  });
});

describe('hostile sequences', () => {
  hostileCounters(Number(process.env.HOSTILE_SEQUENCES ?? 15));
});
