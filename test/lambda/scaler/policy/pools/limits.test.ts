/** Limits of the split, and the one group that the policy sees: single ticks with counts set by hand. */
import { describe, expect, it } from 'vitest';
import { observePools } from '../../../../../lambda/scaler/policy/pools/observe-pools.ts';
import type { PoolsMemory, PoolsSeen } from '../../../../../lambda/scaler/policy/pools/pools.ts';
import { splitFleet, type PoolsDecision } from '../../../../../lambda/scaler/policy/pools/split.ts';
import { SETTINGS } from './model.ts';

const NONE = { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 20 };
const seenOf = ({ spot, onDemand, ...more }: { [Name in keyof PoolsSeen]?: Partial<PoolsSeen[Name]> }) =>
  ({
    ...{ at: 1000, stopped: 0, refused: [], booted: [], max: 20 },
    ...more,
    spot: { ...NONE, ...spot },
    onDemand: { ...NONE, ...onDemand },
  }) as PoolsSeen;
const memory = (changes: Partial<PoolsMemory> = {}): PoolsMemory => ({
  ...{ at: 970, handover: 0, coming: 0, refusals: [], isReturning: false, missingSince: {} },
  ...{ lasting: [], boots: 0, bootSeconds: 0 },
  ...changes,
});
const running = (count: number) => ({ desired: count, inService: count });
const observed = (seen: PoolsSeen, before = memory(), changes = {}) =>
  observePools(seen, before, { ...SETTINGS, ...changes });
function plan(seen: PoolsSeen, decision: Partial<PoolsDecision>, before = memory(), changes = {}) {
  const ended = { spot: 0, onDemand: 0 };
  const all = { total: 0, isBurst: true, canOverlap: true, ended, ...decision };
  const set = { ...SETTINGS, ...changes };
  const made = splitFleet(observePools(seen, before, set), all, set);
  return [made.spot, made.onDemand, made.memory.handover];
}

describe('after a shortage', () => {
  it('a try that has no answer yet is the only one', () => {
    const seen = seenOf({ spot: { desired: 1 }, onDemand: running(3) });
    expect(plan(seen, { total: 5 }, memory({ shortAt: 700, isReturning: true }))).toEqual([1, 4, 0]);
  });

  it('once no on-demand instance is left, the next burst is handed over at once', () => {
    const before = memory({ isReturning: true });
    const now = observed(seenOf({ spot: running(3) }), before);
    const decision = { total: 3, isBurst: false, canOverlap: true, ended: { spot: 0, onDemand: 0 } };
    expect(splitFleet(now, decision, SETTINGS).memory.isReturning).toBe(false);
    const lasting = [{ at: 0, count: 4 }];
    expect(plan(seenOf({ onDemand: running(4) }), { total: 4 }, memory({ lasting }))).toEqual([4, 4, 4]);
    const returning = memory({ lasting, isReturning: true });
    expect(plan(seenOf({ onDemand: running(4) }), { total: 4 }, returning)).toEqual([1, 4, 1]);
  });
});

describe('limits', () => {
  it('that are lowered end a hand-over first', () => {
    const seen = seenOf({ spot: { desired: 4, pending: 4 }, onDemand: running(4), max: 5 });
    expect(plan(seen, { total: 4 }, memory({ handover: 4, coming: 4 }))).toEqual([1, 4, 1]);
  });

  it('leave room for as many hand-overs at a time', () => {
    const before = memory({ lasting: [{ at: 0, count: 4 }] });
    const room = (max: number, changes = {}) =>
      plan(seenOf({ onDemand: running(4), max, ...changes }), { total: 4 }, before);
    expect(room(6)).toEqual([2, 4, 2]);
    expect(room(20, { spot: { max: 1 } })).toEqual([1, 4, 1]);
  });

  it('of a group send what is needed more to the other one', () => {
    expect(plan(seenOf({ spot: { max: 2 } }), { total: 5 })).toEqual([2, 3, 0]);
  });

  it('no hand-over begins where the fleet may not have more instances', () => {
    const before = memory({ lasting: [{ at: 0, count: 4 }] });
    expect(plan(seenOf({ onDemand: running(4) }), { total: 4, canOverlap: false }, before)).toEqual([
      0, 4, 0,
    ]);
  });
});

it('where Spot is the more expensive market, instances are on demand', () => {
  expect(plan(seenOf({}), { total: 3 }, memory(), { spotPriceShare: 1.2 })).toEqual([0, 3, 0]);
});

it('an instance that is ended lowers its own group', () => {
  const seen = seenOf({ spot: { desired: 2, pending: 2 }, onDemand: { desired: 2, pending: 2 } });
  expect(plan(seen, { total: 3, ended: { spot: 1, onDemand: 0 } })).toEqual([1, 2, 0]);
  expect(plan(seen, { total: 3, ended: { spot: 0, onDemand: 1 } })).toEqual([2, 1, 0]);
});

describe('a refusal', () => {
  const refused = (pool: 'spot' | 'on-demand', at: number) => [{ pool, at, type: 'a', zone: 'b' }];
  const OFFERINGS = { types: ['a', 'c'], zones: ['b'] };

  it('on demand moves what is missing to Spot', () => {
    const seen = seenOf({ onDemand: { desired: 3, inService: 1 }, refused: refused('on-demand', 990) });
    expect(plan(seen, { total: 3 }, memory(), OFFERINGS)).toEqual([2, 1, 0]);
  });

  it('of a stopped instance moves nothing for a minute, since Auto Scaling tries it again, and counts as on its way', () => {
    const refusal = { refused: refused('on-demand', 990), stopped: 1 };
    const seen = seenOf({ onDemand: { desired: 3, inService: 1 }, ...refusal });
    const one = observed(seen, memory(), OFFERINGS);
    expect([one.spot, one.onDemand, one.view.pending]).toEqual([1, 2, 2]);
    const before = memory({ missingSince: { onDemand: 940 } });
    const late = observed(seen, before, OFFERINGS);
    expect([late.spot, late.onDemand]).toEqual([2, 1]);
  });

  it('of one type before the last tick moves nothing: the launch since may have another type', () => {
    const seen = (at: number) => seenOf({ spot: { desired: 3, inService: 1 }, refused: refused('spot', at) });
    expect(plan(seen(960), { total: 3 }, memory(), OFFERINGS)).toEqual([3, 0, 0]);
    expect(plan(seen(990), { total: 3 }, memory(), OFFERINGS)).toEqual([1, 2, 0]);
  });

  it('of a hand-over leaves the on-demand instance, and the size that the policy sees', () => {
    const seen = seenOf({ spot: { desired: 2 }, onDemand: running(3), refused: [{ pool: 'spot', at: 990 }] });
    const now = observed(seen, memory({ handover: 2, coming: 2 }));
    expect([now.spot, now.onDemand, now.handover]).toEqual([0, 3, 0]);
    expect(now.view).toMatchObject({ desired: 3, inService: 3, pending: 0 });
  });
});

describe('the policy sees one group', () => {
  it('without the instances that a hand-over has beside it', () => {
    const seen = seenOf({ spot: { desired: 4, inService: 1, pending: 3 }, onDemand: running(4) });
    const now = observed(seen, memory({ handover: 4, coming: 4 }));
    expect(now.replaced).toBe(1);
    expect(now.view).toMatchObject({ desired: 4, inService: 4, pending: 0 });
  });

  it('with what has moved as on its way', () => {
    const seen = seenOf({ spot: { desired: 5, inService: 2 }, refused: [{ pool: 'spot', at: 990 }] });
    expect(observed(seen).view).toMatchObject({ desired: 5, inService: 2, pending: 3 });
  });

  it('without instances in service beyond what was set', () => {
    const seen = seenOf({ spot: { desired: 1, inService: 3 }, onDemand: { desired: 2, pending: 2 } });
    expect(observed(seen).view).toMatchObject({ desired: 3, inService: 1, pending: 2 });
  });
});
