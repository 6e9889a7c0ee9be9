/** The warm pool of a group: how instances enter, leave and return, with the time passed in. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Group } from '../../../local/fleet/group.ts';
import { poolSize } from '../../../local/fleet/warm-pool.ts';
import { BOOT_MS as BOOT, makeGroup, ON_DEMAND, RESUME_MS as RESUME } from '../support/fleet.ts';

let group: Group;
let now: number;

const members = () => group.members.map(({ lifecycleState }) => lifecycleState);
const pool = () => group.warm.map(({ lifecycleState }) => lifecycleState);
const effects = () => group.effects.splice(0).map(({ kind }) => kind);
const pass = (ms: number) => {
  now += ms;
  group.advance(now);
};
const complete = (hook: string) => {
  for (const one of group.instances)
    if (one.hook?.name === hook) group.complete(hook, one.id, 'CONTINUE', now);
};
const stopAll = () => {
  for (const { kind, instance } of group.effects.splice(0))
    if (kind === 'stop') group.stopped(instance.id, now);
};
/** Fills the pool. */
function filled(count: number): string[] {
  group.setWarmPool({ minSize: 0, maxGroupPreparedCapacity: count, reuseOnScaleIn: true }, now);
  pass(BOOT);
  complete('ready');
  stopAll();
  return group.warm.map(({ id }) => id);
}
const inService = (count: number) => {
  group.setDesired(count, now);
  pass(BOOT);
  complete('ready');
};

beforeEach(() => {
  now = 1_000_000;
  group = makeGroup({ purchase: ON_DEMAND });
});

describe('a warm pool', () => {
  it('boots instances, completes their launch hook, and stops them', () => {
    group.setWarmPool({ minSize: 0, maxGroupPreparedCapacity: 2, reuseOnScaleIn: true }, now);
    expect([members(), pool()]).toEqual([[], ['Warmed:Pending', 'Warmed:Pending']]);
    pass(BOOT);
    expect([pool(), effects()]).toEqual([
      ['Warmed:Pending:Wait', 'Warmed:Pending:Wait'],
      ['start', 'start'],
    ]);
    complete('ready');
    expect(pool()).toEqual(['Warmed:Pending:Proceed', 'Warmed:Pending:Proceed']);
    stopAll();
    expect(pool()).toEqual(['Warmed:Stopped', 'Warmed:Stopped']);
    expect(group.activities[0]).toMatchObject({
      description: `Launching a new EC2 instance into warm pool: ${group.warm[1]?.id}`,
      statusCode: 'Successful',
    });
    expect([group.desired, group.nextDeadline()]).toEqual([0, Infinity]);
  });

  it('resumes the stopped ones sooner than an instance boots, and then boots others', () => {
    const ids = filled(2);
    effects();
    group.setDesired(3, now);
    expect(members().sort()).toEqual(['Pending', 'Pending', 'Pending']);
    expect(pool()).toEqual([]);
    pass(RESUME);
    expect(members().sort()).toEqual(['Pending', 'Pending:Wait', 'Pending:Wait']);
    expect(effects()).toEqual(['start', 'start']);
    complete('ready');
    expect(group.members.filter((one) => one.lifecycleState === 'InService').map(({ id }) => id)).toEqual(
      ids,
    );
    expect(
      group.activities
        .filter(({ description }) => description.includes('from warm pool'))
        .map(({ statusCode }) => statusCode),
    ).toEqual(['Successful', 'Successful']);
    pass(BOOT - RESUME);
    complete('ready');
    expect(members()).toEqual(['InService', 'InService', 'InService']);
  });

  it('gets instances back on a scale-in, by way of the termination hook, and resumes them again', () => {
    const [id] = filled(1);
    group.setDesired(1, now);
    pass(RESUME);
    complete('ready');
    effects();
    group.setDesired(0, now);
    expect([members(), pool(), effects()]).toEqual([[], ['Warmed:Pending:Wait'], []]);
    complete('drained');
    expect(pool()).toEqual(['Warmed:Pending:Proceed']);
    stopAll();
    expect(pool()).toEqual(['Warmed:Stopped']);
    group.setDesired(1, now);
    expect(group.members.map((one) => one.id)).toEqual([id]);
  });

  it('takes no more instances back than it may have: the others are terminated', () => {
    filled(1);
    inService(3);
    group.setDesired(0, now);
    expect([members(), pool()]).toEqual([['Terminating:Wait', 'Terminating:Wait'], ['Warmed:Pending:Wait']]);
  });

  it('without reuse terminates what scales in, and boots another', () => {
    inService(1);
    group.setWarmPool({ minSize: 0, maxGroupPreparedCapacity: 1, reuseOnScaleIn: false }, now);
    expect(pool()).toEqual([]);
    group.setDesired(0, now);
    expect([members(), pool()]).toEqual([['Terminating:Wait'], ['Warmed:Pending']]);
  });

  it.each([
    ['is abandoned at its hook', () => group.complete('ready', group.warm[0]!.id, 'ABANDON', now)],
    ['dies', () => group.died(group.warm[0]!.id, now)],
  ])('replaces an instance that %s on its way in', (_what, fail) => {
    group.setWarmPool({ minSize: 0, maxGroupPreparedCapacity: 1, reuseOnScaleIn: true }, now);
    pass(BOOT);
    const [first] = group.warm;
    fail();
    expect(pool()).toEqual(['Warmed:Terminating:Proceed', 'Warmed:Pending']);
    expect(group.warm[1]?.id).not.toBe(first?.id);
    stopAll();
    expect(pool()).toEqual(['Warmed:Pending']);
  });

  it('boots where EC2 does not give a stopped instance its place', () => {
    const [first = '', second = ''] = filled(2);
    const { type, zone } = group.warm[0]!;
    group.setShortages([{ markets: ['on-demand'], types: [type], zones: [zone] }], now);
    group.setDesired(2, now);
    expect(group.warm.map(({ id, lifecycleState }) => [id, lifecycleState])).toEqual([
      [first, 'Warmed:Terminating:Proceed'],
    ]);
    expect(group.members.map(({ id }) => id)).toContain(second);
    expect(group.members.map(({ zone: at }) => at)).not.toContain(zone);
    expect(members()).toEqual(['Pending', 'Pending']);
  });

  it('ends with its instances when it is removed', () => {
    filled(2);
    group.setWarmPool(undefined, now);
    stopAll();
    expect(pool()).toEqual([]);
  });

  it('is refused to a group with Spot instances', () => {
    group = makeGroup();
    expect(() => group.setWarmPool({ minSize: 0, reuseOnScaleIn: true }, now)).toThrow(
      '100 % Spot Instances',
    );
  });

  it('keeps its instances out of the calls for those of the group', () => {
    const [id = ''] = filled(1);
    expect(() => group.terminate(id, true, now)).toThrow('is in the warm pool');
  });

  it('takes the new launch template when the group is refreshed', () => {
    group.version = '1';
    filled(2);
    group.version = '2';
    group.refresh({ minHealthyPercentage: 100, maxHealthyPercentage: 125 }, now);
    stopAll();
    expect(group.warm.map(({ version }) => version)).toEqual(['2', '2']);
  });
});

it.each([
  ['up to the maximum, without a limit', { minSize: 0 }, 2, 8],
  ['up to its limit, with the group', { minSize: 0, maxGroupPreparedCapacity: 5 }, 2, 3],
  ['nothing beside a larger group', { minSize: 0, maxGroupPreparedCapacity: 5 }, 7, 0],
  ['its minimum beside a larger group', { minSize: 2, maxGroupPreparedCapacity: 5 }, 7, 2],
])('a pool has %s', (_what, pool, desired, size) =>
  expect(poolSize({ ...pool, reuseOnScaleIn: true }, { desired, max: 10 })).toBe(size),
);
