/** Lifecycle of instances in a group, with the time passed in. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Group } from '../../../local/fleet/group.ts';
import { isTerminating } from '../../../local/fleet/instance.ts';
import { BOOT_MS as BOOT, makeGroup } from '../support/fleet.ts';

let group: Group;
let now: number;

beforeEach(() => {
  now = 1_000_000;
  group = makeGroup();
});

const states = () => group.instances.map(({ lifecycleState }) => lifecycleState);
const pass = (ms: number) => {
  now += ms;
  group.advance(now);
};
/** Brings a number of instances into service. */
function inService(count: number): string[] {
  group.setDesired(count, now);
  pass(BOOT);
  const ids = group.instances.map(({ id }) => id);
  for (const id of ids) group.complete('ready', id, 'CONTINUE', now);
  return ids;
}
/** Carries out the group's stop effects. */
function stopAll(): void {
  for (const { kind, instance } of group.effects.splice(0))
    if (kind === 'stop') group.stopped(instance.id, now);
}

describe('a launch', () => {
  it('boots, waits at the hook, and goes into service when the hook is completed', () => {
    group.setDesired(1, now);
    expect(states()).toEqual(['Pending']);
    pass(BOOT - 1);
    expect(states()).toEqual(['Pending']);
    pass(1);
    expect(states()).toEqual(['Pending:Wait']);
    expect(group.effects.map(({ kind }) => kind)).toEqual(['start']);
    group.complete('ready', group.instances[0]?.id ?? '', 'CONTINUE', now);
    expect(states()).toEqual(['InService']);
    expect(group.activities[0]).toMatchObject({ statusCode: 'Successful', endedAt: now });
  });

  it('goes into service without a hook', () => {
    group.hooks = [];
    group.setDesired(1, now);
    pass(BOOT);
    expect(states()).toEqual(['InService']);
  });

  it.each([
    ['is abandoned', () => group.complete('ready', group.instances[0]?.id ?? '', 'ABANDON', now)],
    ['does not answer in time', () => pass(600_000)],
  ])('that %s is replaced', (_how, fail) => {
    group.setDesired(1, now);
    pass(BOOT);
    const [first] = group.instances;
    fail();
    expect(states()).toEqual(['Terminating:Wait', 'Pending']);
    expect(group.activities.map(({ statusCode }) => statusCode)).toEqual([
      'InProgress',
      'InProgress',
      'Cancelled',
    ]);
    expect(group.instances[1]?.id).not.toBe(first?.id);
  });

  it('gets more time by a heartbeat', () => {
    group.setDesired(1, now);
    pass(BOOT);
    pass(599_000);
    group.heartbeat('ready', group.instances[0]?.id ?? '', now);
    pass(599_000);
    expect(states()).toEqual(['Pending:Wait']);
    expect(group.nextDeadline()).toBe(now + 1000);
  });

  it('that fails is recorded, and retried with a growing delay', () => {
    group.setShortages([{ message: 'We currently do not have sufficient capacity' }], now);
    group.setDesired(2, now);
    expect(states()).toEqual([]);
    expect(group.desired).toBe(2);
    expect(group.activities[0]).toMatchObject({
      statusCode: 'Failed',
      statusMessage: 'We currently do not have sufficient capacity',
    });
    const first = group.nextDeadline() - now;
    pass(first);
    expect(group.activities).toHaveLength(2);
    expect(group.nextDeadline() - now).toBeGreaterThan(first);
    group.setShortages([], now);
    expect(states()).toEqual(['Pending', 'Pending']);
  });

  it('is spread over the zones', () => {
    group.setDesired(4, now);
    expect(group.instances.map(({ zone }) => zone)).toEqual(['a', 'b', 'a', 'b']);
  });
});

describe('a scale-in', () => {
  it('lets an instance wait at the hook before it stops', () => {
    const [id = ''] = inService(1);
    group.effects.splice(0);
    group.setDesired(0, now);
    expect(states()).toEqual(['Terminating:Wait']);
    expect(group.effects.map(({ kind }) => kind)).toEqual(['leave']);
    group.complete('drained', id, 'CONTINUE', now);
    expect(states()).toEqual(['Terminating:Proceed']);
    stopAll();
    expect(states()).toEqual([]);
    expect(group.activities[0]?.statusCode).toBe('Successful');
  });

  it('continues after the hook times out', () => {
    inService(1);
    group.setDesired(0, now);
    pass(299_000);
    expect(states()).toEqual(['Terminating:Wait']);
    pass(1000);
    expect(states()).toEqual(['Terminating:Proceed']);
  });

  it('selects from the zone with most instances, and leaves out protected ones', () => {
    const ids = inService(3);
    const [first, second, third] = group.instances;
    expect([first?.zone, second?.zone, third?.zone]).toEqual(['a', 'b', 'a']);
    if (first) first.protectedFromScaleIn = true;
    group.setDesired(2, now);
    expect(group.instances.filter(isTerminating).map(({ id }) => id)).toEqual([ids[2]]);
  });

  it('selects the instance closest to its next billing hour', () => {
    group = makeGroup({ zones: ['a'] });
    group.hooks = [];
    group.setDesired(1, now);
    const [old] = group.instances;
    pass(1_800_000);
    group.setDesired(2, now);
    pass(BOOT);
    group.setDesired(1, now);
    expect(group.instances.filter(isTerminating)).toEqual([old]);
  });

  it('terminates an instance that is booting', () => {
    group.setDesired(1, now);
    group.setDesired(0, now);
    expect(states()).toEqual(['Terminating:Wait']);
  });
});

describe('an instance that dies', () => {
  it('is replaced at once', () => {
    const [id = ''] = inService(1);
    group.died(id, now);
    stopAll();
    expect(states()).toEqual(['Pending']);
    expect(
      group.activities.find(({ description }) => description.startsWith('Terminating'))?.cause,
    ).toContain('EC2 health check');
  });

  it('while it terminates is not replaced', () => {
    const [id = ''] = inService(1);
    group.setDesired(0, now);
    group.died(id, now);
    stopAll();
    expect(states()).toEqual([]);
  });
});

it('replaces an unhealthy instance, unless ReplaceUnhealthy is suspended', () => {
  const [id = ''] = inService(1);
  group.suspended.add('ReplaceUnhealthy');
  group.setHealth(id, 'Unhealthy', now);
  expect(states()).toEqual(['InService']);
  group.suspended.clear();
  pass(1);
  expect(states()).toEqual(['Terminating:Wait', 'Pending']);
});

it.each(['Launch', 'Terminate'])('does not %s while that process is suspended', (process) => {
  inService(2);
  group.suspended.add(process);
  group.setDesired(process === 'Launch' ? 4 : 0, now);
  expect(states()).toEqual(['InService', 'InService']);
  group.suspended.clear();
  pass(1);
  expect(states()).toHaveLength(process === 'Launch' ? 4 : 2);
  expect(group.instances.filter(isTerminating)).toHaveLength(process === 'Launch' ? 0 : 2);
});

describe('limits', () => {
  it.each([
    [6, 'New SetDesiredCapacity value 6 is above max value 5 for the AutoScalingGroup.'],
    [0, 'New SetDesiredCapacity value 0 is below min value 1 for the AutoScalingGroup.'],
  ])('reject a desired capacity of %i', (desired, message) => {
    group.setLimits(1, 5, now);
    expect(() => group.setDesired(desired, now)).toThrow(message);
    expect(group.desired).toBe(1);
  });

  it('move the desired capacity into them', () => {
    group.setDesired(4, now);
    group.setLimits(0, 2, now);
    expect(group.desired).toBe(2);
    group.setLimits(3, 5, now);
    expect(group.desired).toBe(3);
    expect(() => group.setLimits(4, 3, now)).toThrow('Max bound, 3, must be greater');
  });
});

describe('TerminateInstance', () => {
  it('replaces the instance, or decrements the desired capacity', () => {
    const [first = '', second = ''] = inService(2);
    group.terminate(first, false, now);
    expect([group.desired, states()]).toEqual([2, ['Terminating:Wait', 'InService', 'Pending']]);
    group.terminate(second, true, now);
    expect([group.desired, states()]).toEqual([1, ['Terminating:Wait', 'Terminating:Wait', 'Pending']]);
  });

  it('does not go below the minimum', () => {
    const [id = ''] = inService(1);
    group.setLimits(1, 5, now);
    expect(() => group.terminate(id, true, now)).toThrow('desiredSize equals minSize');
    expect(states()).toEqual(['InService']);
  });
});

it('rejects unknown instances, and hooks at which the instance does not wait', () => {
  expect(() => group.terminate('i-none', false, now)).toThrow(
    'No managed instance found for instance ID i-none',
  );
  const [id = ''] = inService(1);
  expect(() => group.complete('ready', id, 'CONTINUE', now)).toThrow(
    `No active Lifecycle Action found with instance ID ${id}`,
  );
  expect(() => group.heartbeat('drained', id, now)).toThrow('No active Lifecycle Action');
});
