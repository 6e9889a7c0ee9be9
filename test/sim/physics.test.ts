/**
 * The physics by hand: every start and the bill, worked out in the comments. A, B, C are instances in the order of
 * their requests. Unless a case says otherwise: one instance ready at 0, service 6 s, boot 90 s, tick 30 s.
 */
import { describe, expect, it } from 'vitest';
import { runOf, type Given } from './support/run.ts';

const zeros = (count: number) => Array.from({ length: count }, () => 0);
const every = (count: number, from: number, gap: number) =>
  Array.from({ length: count }, (_, k) => from + k * gap);

/** A threshold rule small enough to follow. */
const small = (more: Record<string, number> = {}) =>
  Object.entries({
    scaleOutBacklog: 2,
    scaleOutStep: 2,
    scaleOutCooldownSeconds: 30,
    scaleInCooldownSeconds: 30,
    ...more,
  }).reduce((text, [key, value]) => `${text} ${key}=${value}`, 'threshold');

interface Case extends Given {
  name: string;
  starts: number[];
  /** Instance-seconds. */
  billed: number;
}

const CASES: Case[] = [
  {
    // A: 0-6, 6-12, 20-26. Nothing stops it before the end at 26, and 60 s is the least.
    name: 'one instance, one queue',
    arrivals: [0, 1, 20],
    policy: 'fixed:1',
    starts: [0, 6, 20],
    billed: 60,
  },
  {
    // A serves 20 jobs up to 120. B, asked for at the tick at 30, is ready at 120 too; both are free at 120, A is
    // older. Ten are left: two at each of 120, 126, 132, 138, 144. End 150: A 150, B 150 - 30 = 120.
    name: 'the second instance comes a tick and a boot later',
    arrivals: zeros(30),
    policy: 'fixed:2',
    starts: [...every(20, 0, 6), 120, 120, 126, 126, 132, 132, 138, 138, 144, 144],
    billed: 270,
  },
  {
    // All is done at 18, before the first tick: B is never asked for.
    name: 'no tick, no action',
    arrivals: zeros(3),
    policy: 'fixed:2',
    starts: [0, 6, 12],
    billed: 60,
  },
  {
    // A 0-6, B 3-9, A 8-14, B 10-16; the job of 11 waits for A at 14, not for B at 16. End 20, 60 s each.
    name: 'the head of the queue goes to the instance that is free first',
    arrivals: [0, 3, 8, 10, 11],
    policy: 'fixed:2',
    with: { min: 2 },
    starts: [0, 3, 8, 10, 14],
    billed: 120,
  },
  {
    // The first instance, requested at 30, is ready at 120. End 126: 126 - 30.
    name: 'from zero',
    arrivals: [5],
    policy: 'fixed:1',
    with: { min: 0 },
    starts: [120],
    billed: 96,
  },
  {
    // Two at a time: 0, 0, then 6, 6.
    name: 'two slots',
    arrivals: [0, 0, 0, 1],
    policy: 'fixed:1',
    with: { slots: 2 },
    starts: [0, 0, 6, 6],
    billed: 60,
  },
  {
    // A serves five up to 30 and takes the sixth; B, asked for at 30, is there at once and takes the seventh. Then two
    // at each of 36 and 42, and A the last at 48. End 54: A 60 at least, B 24, which is 60 at least.
    name: 'no boot time',
    arrivals: zeros(12),
    policy: 'fixed:2',
    with: { boot: 0 },
    starts: [0, 6, 12, 18, 24, 30, 30, 36, 36, 42, 42, 48],
    billed: 120,
  },
  {
    // One job; what still runs is billed to the horizon.
    name: 'a horizon beyond the last completion',
    arrivals: [0],
    policy: 'fixed:1',
    with: { horizon: 600 },
    starts: [0],
    billed: 600,
  },
  {
    // A: 0, 20, 40, 60, 80, 100. At 30 six wait: B and C are asked for, ready at 120. At 60 and 90 four and three wait,
    // at the maximum. At 120 A and B take the last two, C is idle, but the last scaling is 90 s ago. End 140:
    // A 140, B and C 110 each.
    name: 'threshold: two more, and the cooldown keeps them',
    arrivals: zeros(8),
    policy: small({ scaleOutBacklog: 3, scaleOutCooldownSeconds: 300, scaleInCooldownSeconds: 300 }),
    with: { service: 20, max: 3 },
    starts: [0, 20, 40, 60, 80, 100, 120, 120],
    billed: 360,
  },
  {
    // The second job starts at 30, the very instant of the tick: nothing waits, nothing is asked for. End 60.
    name: 'a job that starts exactly at a tick has started',
    arrivals: [0, 15],
    policy: small({ scaleOutBacklog: 1 }),
    with: { service: 30, max: 2 },
    starts: [0, 30],
    billed: 60,
  },
  {
    // A: 0, 10, 20, 30 (at the tick at 30, so that four wait): B and C, ready at 60. A: 40, 50. At 60 A and B take the
    // last two; C is idle and goes: 30 s, billed 60. End 70: A 70, B 40, billed 60.
    name: 'threshold: the idle one goes',
    arrivals: zeros(8),
    policy: small(),
    with: { service: 10, boot: 30, max: 3 },
    starts: [0, 10, 20, 30, 40, 50, 60, 60],
    billed: 190,
  },
  {
    // As before up to 70. At 90 A and B are idle, and 30 s have passed: A, the older, goes at 90. B takes the jobs of
    // 100 and 200, and is the minimum. End 210: A 90, B 210 - 30 = 180, C 60.
    name: 'threshold: of two idle ones the older goes',
    arrivals: [...zeros(8), 100, 200],
    policy: small(),
    with: { service: 10, boot: 30, max: 3 },
    starts: [0, 10, 20, 30, 40, 50, 60, 60, 100, 200],
    billed: 330,
  },
  {
    // As before, but two go at a time: at 60 C, which is idle, and then of A and B, busy until 70 both, the older A. It
    // finishes at 70 and stops. The job of 65 waits for B at 70. End 80: A 70, B 50, billed 60, C 60.
    name: 'threshold: a busy one finishes its job, takes no other, and stops',
    arrivals: [...zeros(8), 65],
    policy: small({ scaleInStep: 2 }),
    with: { service: 10, boot: 30, max: 3 },
    starts: [0, 10, 20, 30, 40, 50, 60, 60, 70],
    billed: 190,
  },
  {
    // A: 0, 10, 20, 30, 40. At 30 one waits: B and C, ready at 150. At 60 A is idle and goes. The job of 70 waits; at 90
    // D is asked for, ready at 210. At 120 the fleet is at its maximum of three. At 150 B takes the job; C is idle and
    // goes. End 160: A 60, B 130, C 120, D 70.
    name: 'threshold: what is idle goes before what boots',
    arrivals: [...zeros(5), 70],
    policy: small({ scaleOutBacklog: 1 }),
    with: { service: 10, boot: 120, max: 3 },
    starts: [0, 10, 20, 30, 40, 150],
    billed: 380,
  },
  {
    // As before, but two go at a time: at 60 A, and of B and C, which boot, the newer C after 30 s. At 90 the job of 70
    // waits: D and E, ready at 210. At 150 B takes it, and none is idle. End 160: A 60, B 130, C 60, D and E 70 each.
    name: 'threshold: of two booting ones the newer goes',
    arrivals: [...zeros(5), 70],
    policy: small({ scaleOutBacklog: 1, scaleInStep: 2 }),
    with: { service: 10, boot: 120, max: 3 },
    starts: [0, 10, 20, 30, 40, 150],
    billed: 390,
  },
  {
    // A starts a job each 6 s, six of them up to the tick at 30. 93 wait there: two more, ready at 120. The next step
    // would be due at 330. A alone starts 20 jobs before 120; the other 79 start three at a time from 120 on, 26 x 3 and
    // then one at 120 + 26 x 6 = 276. End 282: A 282, B and C 252 each.
    name: 'threshold as published',
    arrivals: zeros(99),
    policy: 'threshold',
    starts: [...every(20, 0, 6), ...every(26, 120, 6).flatMap((at) => [at, at, at]), 276],
    billed: 786,
  },
];

describe('hand-computed cases', () => {
  it.each(CASES)('$name', async (given) => {
    const { starts, billed } = await runOf(given);
    expect(starts).toEqual(given.starts);
    expect(billed).toBeCloseTo(given.billed, 9);
  });
});

it('time over the target wait counts overlapping waits once', async () => {
  // Waits of 0, 6 and 12 s: over 1 s from 1 to 12 s, in one period.
  const { measures } = await runOf({ arrivals: zeros(3), policy: 'fixed:1', with: { slo: 1 } });
  expect(measures.overSlo).toEqual({ seconds: 11, episodes: 1 });
});
