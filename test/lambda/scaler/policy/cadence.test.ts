/** Seconds to the next tick, and how many ticks a month has at most. */
import { describe, expect, it } from 'vitest';
import {
  ASLEEP_SECONDS,
  FAST_SECONDS,
  MOST_SAVED,
  nextTick,
} from '../../../../lambda/scaler/policy/cadence.ts';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import type { CadenceMemory, PolicyMemory } from '../../../../lambda/scaler/policy/decision.ts';
import { NOW, seen, slo, threshold } from '../support/observations.ts';

const learned = { ...slo, sleepAfterSeconds: undefined };
/** Decides at each of these looks, `after` seconds after the one before. */
function walk(...looks: [after: number, Parameters<typeof seen>[0]][]) {
  let memory: PolicyMemory = {};
  let at = NOW;
  let decision = decide(seen({ at, tickSeconds: 30 }), memory, learned);
  for (const [after, look] of looks) {
    at += after;
    decision = decide(seen({ at, tickSeconds: 30, ...look }), memory, learned);
    ({ memory } = decision);
  }
  return decision;
}
const asleep = { desired: 0, inService: 0 };
const booting = { desired: 1, inService: 0, pending: 1, visible: 1 };
const busy = { desired: 1, inService: 1, inFlight: 1 };

describe('the next tick', () => {
  it('of a fleet that sleeps is that of the next minute', () => {
    expect(walk([0, asleep], [30, asleep]).nextSeconds).toBe(ASLEEP_SECONDS);
  });

  it('is the usual one while a boot has far to go, and fast when it may be over', () => {
    expect(walk([0, { ...asleep, visible: 1 }]).nextSeconds).toBe(30);
    const waking: [number, object][] = [
      [0, asleep],
      [30, { ...asleep, visible: 1 }],
    ];
    const ofKnown = (looks: [number, object][]) => {
      const { nextSeconds } = walk(...looks);
      return nextSeconds;
    };
    expect(ofKnown([...waking, [20, booting]])).toBe(30);
  });

  it('is the usual one for a fleet with a minimum, and under a policy that does not sleep', () => {
    expect(walk([0, { ...busy, min: 1 }], [30, { ...busy, min: 1 }]).nextSeconds).toBe(30);
    expect(decide(seen({ tickSeconds: 30, min: 1, desired: 1 }), {}, threshold).nextSeconds).toBeUndefined();
  });

  it('is at the end of the keep time', () => {
    const fixed = { ...slo, sleepAfterSeconds: 40 };
    const empty = { ...busy, inFlight: 0, tickSeconds: 30 };
    const first = decide(seen({ at: NOW, ...empty }), {}, fixed);
    const second = decide(seen({ at: NOW + 30, ...empty }), first.memory, fixed);
    expect([first.nextSeconds, second.nextSeconds]).toEqual([30, 10]);
  });
});

it('no sequence of observations has more ticks than the usual pace, and what was saved before', () => {
  // A fleet that always seems about to sleep wants every tick to be fast.
  const decision = walk([0, busy], [30, { ...busy, inFlight: 0 }]);
  const always = {
    ...decision,
    desired: 1,
    calculation: { ...(decision.calculation as NonNullable<typeof decision.calculation>), keepSeconds: 0 },
  };
  let cadence: CadenceMemory | undefined;
  let ticks = 0;
  let least = Infinity;
  const look = seen(busy);
  for (let at = NOW; at < NOW + 30 * 86_400; ticks++) {
    const next = nextTick({ ...look, at }, always, cadence, 30);
    cadence = next.memory;
    at += next.seconds;
    least = Math.min(least, next.seconds);
  }
  expect(least).toBe(FAST_SECONDS);
  expect(ticks).toBeGreaterThan(86_400);
  expect(ticks).toBeLessThanOrEqual(86_400 + MOST_SAVED);
});
