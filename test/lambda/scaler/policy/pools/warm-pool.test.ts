/** How many instances a warm pool may have while those launched into it do not boot. */
import { describe, expect, it } from 'vitest';
import { fastTierPool, filledPool, type WarmPoolSizes } from '../../../../../contract/pools.ts';
import type { InstanceLaunch } from '../../../../../lambda/scaler/policy/observation.ts';
import {
  isAtWork,
  keepPool,
  POOL_PAUSES,
  type WarmPoolCounts,
  type WarmPoolMemory,
  type WarmPoolSeen,
} from '../../../../../lambda/scaler/policy/pools/warm-pool.ts';

const AT = 1_000_000;
const FAST = fastTierPool(4, 0);
const FILLED = filledPool(4);

const launch = (k: number, outcome: InstanceLaunch['outcome'], startedAt = AT - 100): InstanceLaunch => ({
  ...{ id: `a-${k}`, instance: `i-${k}`, startedAt, outcome },
  ...(outcome !== 'under-way' && { endedAt: startedAt + 60 }),
});
const many = (count: number, outcome: InstanceLaunch['outcome'], from = 0) =>
  Array.from({ length: count }, (_, k) => launch(from + k, outcome));
const seen = (more: Partial<WarmPoolSeen> = {}): WarmPoolSeen => ({
  ...{ at: AT, desired: 0, inService: 0, template: 'lt-1 1', stopped: 0, entering: [], types: {} },
  ...{ sizes: FAST, launches: [], launchTimeoutSeconds: 600 },
  ...more,
});
/** After failures in a row, as at `AT`. */
const failed = (count = 3): WarmPoolMemory | undefined =>
  keepPool(seen({ launches: many(count, 'boot-failed') }), undefined, FAST).memory;
const after = (seconds: number, more: Partial<WarmPoolSeen> = {}) =>
  seen({ at: AT + seconds, launches: many(3, 'boot-failed'), sizes: fastTierPool(0, 0), ...more });
const { firstSeconds: PAUSE } = POOL_PAUSES;

describe('a pool that is launched into', () => {
  it.each<[string, Partial<WarmPoolSeen>, WarmPoolSizes, WarmPoolSizes | undefined]>([
    ['stays as it is while nothing fails', { launches: many(4, 'under-way') }, FAST, undefined],
    ['stays so after two failures', { launches: many(2, 'boot-failed') }, FAST, undefined],
    ['is empty after three', { launches: many(3, 'boot-failed') }, FAST, fastTierPool(0, 0)],
    ['keeps what is stopped', { launches: many(3, 'boot-failed'), stopped: 2 }, FAST, fastTierPool(2, 0)],
    [
      'keeps what a scale-in returns, and not what was launched in the place of others',
      { launches: [...many(3, 'boot-failed'), launch(7, 'under-way')], entering: ['i-7', 'i-8'] },
      FAST,
      fastTierPool(1, 0),
    ],
    [
      'keeps the places of its group, which take none of the stopped ones',
      { launches: many(3, 'boot-failed'), stopped: 2, desired: 3, inService: 1 },
      FAST,
      FAST,
    ],
    [
      'has no places of instances that do not boot in the group either',
      { launches: many(3, 'boot-failed'), desired: 3, inService: 1 },
      FAST,
      fastTierPool(1, 0),
    ],
    [
      'that is always full is as large as what it has',
      { launches: many(3, 'boot-failed'), stopped: 2 },
      FILLED,
      filledPool(2),
    ],
    [
      'is given up before three hooks end, in whose place others would be launched',
      {
        launches: many(3, 'under-way').map((one) => ({ ...one, startedAt: AT - 545 })),
        entering: ['i-0', 'i-1', 'i-2'],
      },
      FAST,
      fastTierPool(0, 0),
    ],
    [
      'stays so where one of them has succeeded since',
      { launches: [...many(3, 'boot-failed'), launch(9, 'in-service', AT - 90)] },
      FAST,
      undefined,
    ],
    ['stays so where its launches are unknown', { launches: undefined }, FAST, undefined],
    [
      'counts no refused and no cancelled launch',
      { launches: [...many(3, 'refused'), ...many(3, 'cancelled', 3)] },
      FAST,
      undefined,
    ],
    [
      'that is gone is not made again',
      { launches: many(3, 'boot-failed'), sizes: undefined },
      FAST,
      undefined,
    ],
  ])('%s', (_name, more, full, expected) => {
    const { sizes } = keepPool(seen({ sizes: full, ...more }), undefined, full);
    expect(sizes).toEqual(expected === full ? undefined : expected);
  });
});

describe('a pool whose launches failed', () => {
  it.each<[string, WarmPoolSeen, WarmPoolSizes | undefined]>([
    ['gets none within the pause', after(PAUSE - 1), undefined],
    ['gets one instance after it', after(PAUSE), fastTierPool(1, 0)],
    [
      'gets one beside the stopped ones',
      after(PAUSE, { stopped: 2, sizes: fastTierPool(2, 0) }),
      fastTierPool(3, 0),
    ],
    ['gets no more than the stage has', after(PAUSE, { stopped: 4, sizes: FAST }), undefined],
    ['stays as it is while launches are unknown', after(PAUSE, { launches: undefined }), undefined],
    [
      'is full once one is in there',
      after(700, { launches: [...many(3, 'boot-failed'), launch(5, 'in-service', AT + 400)] }),
      FAST,
    ],
    ['is full with another launch template', after(10, { template: 'lt-1 2' }), FAST],
  ])('%s', (_name, now, expected) => {
    expect(keepPool(now, failed(), FAST).sizes).toEqual(expected);
  });

  it('waits twice as long after each try, and hours at most', () => {
    let memory = failed();
    const pauses: number[] = [];
    for (let k = 0; k < 12; k++) {
      const at = memory!.boots.pause!.until;
      const launches = [launch(10 + k, 'boot-failed', at)];
      memory = keepPool(seen({ at: at + 100, launches }), memory, FAST).memory;
      pauses.push(memory!.boots.pause!.seconds);
    }
    expect(pauses.slice(0, 3)).toEqual([600, 1200, 2400]);
    expect(Math.max(...pauses)).toBe(POOL_PAUSES.longestSeconds);
    expect(memory!.boots.failures).toBe(15);
  });

  it('forgets what an earlier image did, also where its launches are still listed', () => {
    const renewed = keepPool(after(10, { template: 'lt-1 2' }), failed(), FAST).memory;
    const later = keepPool(after(70, { template: 'lt-1 2' }), renewed, FAST);
    expect([later.memory?.boots.failures, later.sizes]).toEqual([0, FAST]);
  });
});

it.each<[string, Partial<WarmPoolCounts>, WarmPoolMemory | undefined, boolean]>([
  ['that is full', { stopped: 4 }, undefined, false],
  ['whose group has its places', { stopped: 1, desired: 3 }, undefined, false],
  ['that lacks one', { stopped: 3 }, undefined, true],
  ['into which one is on its way', { stopped: 4, entering: ['i-1'] }, undefined, true],
  ['whose launches failed', { stopped: 4 }, failed(), true],
])('the launches into a pool %s: whether they are read', (_name, more, memory, expected) => {
  expect(isAtWork(seen(more), FAST, memory)).toBe(expected);
});
