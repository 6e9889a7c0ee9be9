/** Launches that never come into service: what counts as a failure, and what the fleet then asks for. */
import { describe, expect, it } from 'vitest';
import {
  observeBootFailures,
  type BootFailureMemory,
} from '../../../../lambda/scaler/policy/boot-failure.ts';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import type { Decision, PolicyMemory } from '../../../../lambda/scaler/policy/decision.ts';
import type { InstanceLaunch, Observation } from '../../../../lambda/scaler/policy/observation.ts';
import { last, NOW, seen, slo, threshold } from '../support/observations.ts';

const HOOK = 600;
type Outcome = InstanceLaunch['outcome'];
/** A launch by its age in seconds; one that is over ended now. */
const launch = (id: string, age: number, outcome: Outcome = 'under-way', at = NOW): InstanceLaunch => ({
  id,
  instance: `i-${id}`,
  startedAt: at - age,
  outcome,
  ...(outcome === 'under-way' ? {} : { endedAt: at }),
});
const observe = (
  launches: InstanceLaunch[] | undefined,
  before?: BootFailureMemory,
  more: Partial<Observation> = {},
) =>
  observeBootFailures(
    seen({ launchTimeoutSeconds: HOOK, ...(launches && { launches }), ...more }),
    before,
    300,
  );
const failures = (...launches: InstanceLaunch[]) => observe(launches)?.failures ?? 0;

describe('a launch', () => {
  it.each<[string, InstanceLaunch[], number]>([
    ['that is under way is no failure', [launch('a', 500)], 0],
    ['that came into service is none', [launch('a', 90, 'in-service')], 0],
    ['that EC2 refused is none', [launch('a', 1, 'refused')], 0],
    ['that was ended before is none', [launch('a', 300, 'cancelled')], 0],
    [
      'that never came into service is one, however long ago it started',
      [launch('a', 650, 'boot-failed')],
      1,
    ],
    [
      'that failed beside one that came into service is none',
      [launch('a', 650, 'boot-failed'), launch('b', 620, 'in-service')],
      0,
    ],
    [
      'that failed after one that came into service is one',
      [{ ...launch('a', 1200, 'in-service'), endedAt: NOW - 1100 }, launch('b', 610, 'boot-failed')],
      1,
    ],
    // Only together with others: the hook may still be completed.
    ['whose hook ends before the next tick is none', [launch('a', 580)], 0],
    ['whose hook ends then is one with two others', ['a', 'b', 'c'].map((id) => launch(id, 570)), 3],
    ['whose hook ends later is none', ['a', 'b', 'c'].map((id) => launch(id, 569)), 0],
  ])('%s', (_what, launches, expected) => {
    expect(failures(...launches)).toBe(expected);
  });

  it('counts once, by its activity, at whichever tick it is seen', () => {
    const failed = [launch('a', 610, 'boot-failed'), launch('b', 605, 'boot-failed')];
    const first = observe(failed);
    const again = observe([...failed, launch('c', 601, 'boot-failed')], first, { at: NOW + 30 });
    expect([first?.failures, again?.failures]).toEqual([2, 3]);
    // An activity that has left the page is forgotten; the row is not.
    expect(observe([], again, { at: NOW + 3600 })).toMatchObject({ failures: 3, counted: [] });
  });

  it('that was given up before its hook ended is not counted again when it fails', () => {
    const three = ['a', 'b', 'c'].map((id) => launch(id, 570));
    const before = observe(three);
    const after = three.map((one) => ({ ...one, outcome: 'boot-failed' as const }));
    expect(observe(after, before, { at: NOW + 60 })?.failures).toBe(3);
  });

  it('is unknown where the activities could not be read: nothing changes', () => {
    const before = observe([launch('a', 610, 'boot-failed')]);
    expect(observe(undefined, before, { at: NOW + 30 })).toBe(before);
  });

  it('of a group whose hook is not known is never given up before it fails', () => {
    const three = ['a', 'b', 'c'].map((id) => launch(id, 6000));
    const memory = observe(three, undefined, { launchTimeoutSeconds: undefined });
    expect(memory).toMatchObject({ failures: 0, suspected: true });
  });

  it('that comes into service ends the row', () => {
    const failed = ['a', 'b', 'c', 'd'].map((id) => launch(id, 610, 'boot-failed'));
    const before = observe(failed);
    expect(before).toMatchObject({ failures: 4, pause: { seconds: 30 } });
    const after = observe([...failed, launch('e', 90, 'in-service', NOW + 900)], before, { at: NOW + 900 });
    expect(after).toMatchObject({ failures: 0, latest: [] });
    expect(after).not.toHaveProperty('pause');
  });

  it('is remembered with its reason, three at most', () => {
    const failed = ['a', 'b', 'c', 'd'].map((id) => ({
      ...launch(id, 610, 'boot-failed'),
      why: `${id} `.repeat(300),
    }));
    const { latest = [] } = observe(failed) ?? {};
    expect(latest.map(({ instance }) => instance)).toEqual(['i-b', 'i-c', 'i-d']);
    expect(latest[0]?.why).toHaveLength(300);
  });
});

/** A group that launches what is missing at once; no instance of it ever comes into service, each fails at its hook's end. */
function boots({
  ticks,
  min = 0,
  inService = 0,
  fails = () => true,
  settings = slo,
}: {
  ticks: number;
  min?: number;
  inService?: number;
  /** By the number of the launch, from 0. */
  fails?: (launch: number) => boolean;
  settings?: Parameters<typeof decide>[2];
}) {
  const launches: InstanceLaunch[] = [];
  let memory: PolicyMemory = {};
  let [desired, ready, made] = [min + inService, inService, 0];
  const decisions: (Decision & { at: number; underWay: number })[] = [];
  for (let k = 0; k < ticks; k++) {
    const at = NOW + 30 * k;
    const isUnderWay = ({ outcome }: InstanceLaunch) => outcome === 'under-way';
    for (const one of launches.filter(isUnderWay)) {
      const age = at - one.startedAt;
      if (age >= 90 && !fails(Number(one.id))) Object.assign(one, { outcome: 'in-service', endedAt: at });
      else if (age >= HOOK) Object.assign(one, { outcome: 'boot-failed', endedAt: at });
      if (one.outcome === 'in-service') ready++;
    }
    const fill = () => {
      for (let n = launches.filter(isUnderWay).length + ready; n < desired; n++)
        launches.push(launch(String(made++), 0, 'under-way', at));
    };
    fill();
    const pending = launches.filter(isUnderWay).length;
    const observation = seen({
      ...{ at, visible: 400, inFlight: ready, desired, inService: ready, pending, min, max: 8 },
      ...{ launches: launches.map((one) => ({ ...one })), launchTimeoutSeconds: HOOK },
    });
    const decision = decide(observation, memory, settings);
    memory = decision.memory;
    for (const id of decision.ends ?? [])
      Object.assign(
        launches.find(({ instance }) => instance === id)!,
        { outcome: 'cancelled', endedAt: at },
      );
    desired = decision.desired;
    fill();
    decisions.push({ ...decision, at, underWay: launches.filter(isUnderWay).length });
  }
  return { decisions, launches };
}

describe('a fleet of which no launch comes into service', () => {
  it.each([
    ['slo', slo, 60],
    ['threshold', { ...threshold, scaleOutCooldownSeconds: 30 }, 120],
  ] as const)(
    '%s: asks for one instance at a time, with pauses from 30 s to 15 min',
    (_name, settings, first) => {
      const { decisions, launches } = boots({ ticks: 480, settings });
      const from = decisions.findIndex(({ memory }) => (memory.bootFailure?.failures ?? 0) >= 3);
      expect(from).toBeGreaterThan(0);
      for (const { underWay } of decisions.slice(from)) expect(underWay).toBeLessThanOrEqual(1);
      // Without those that Auto Scaling launched during a pause, and that were ended at once.
      const probes = launches.filter(({ startedAt, endedAt = Infinity }) => endedAt - startedAt > 60);
      const starts = probes.map(({ startedAt }) => startedAt).filter((at) => at >= decisions[from]!.at);
      const gaps = starts.slice(1).map((at, k) => at - starts[k]! - HOOK);
      const wanted = gaps.map((_, k) => Math.min(900, first * 2 ** k));
      expect(gaps).toEqual(wanted);
      expect(last(wanted)).toBe(900);
      expect(last(decisions).reason).toBe('boot-failure');
    },
  );

  it('does not grow while it is only probable: late launches, and none came into service since', () => {
    const { decisions } = boots({ ticks: 19 });
    const asked = decisions.map(({ desired }) => desired);
    expect(Math.max(...asked)).toBe(asked[0]);
    expect(decisions.slice(8, 18).map(({ reason }) => reason)).toContain('boot-failure');
  });

  it('keeps what is in service, and names the instances that it ends', () => {
    const { decisions } = boots({ ticks: 200, inService: 2 });
    for (const { desired } of decisions) expect(desired).toBeGreaterThanOrEqual(2);
    const ended = decisions.flatMap(({ ends = [] }) => ends);
    expect(ended.length).toBeGreaterThan(5);
    expect(new Set(ended).size).toBe(ended.length);
  });

  it('never goes below the minimum of the group, and below an operator’s floor', () => {
    const { decisions } = boots({ ticks: 200, min: 2 });
    for (const { desired } of decisions) expect(desired).toBeGreaterThanOrEqual(2);
    const { memory } = last(boots({ ticks: 100 }).decisions);
    const at = NOW + 100 * 30;
    const floor = { floor: { instances: 5, until: Infinity } };
    const observed = seen({ at, visible: 400, launches: [], launchTimeoutSeconds: HOOK });
    expect(decide(observed, memory, slo, floor).desired).toBeLessThanOrEqual(1);
  });

  it('is whole again after one success', () => {
    const { decisions } = boots({ ticks: 400, fails: (k) => k < 14 });
    expect(last(decisions).desired).toBe(8);
    expect(last(decisions).memory.bootFailure?.failures ?? 0).toBe(0);
  });

  it('keeps its size where the launches cannot be read', () => {
    const { memory } = last(boots({ ticks: 100, inService: 1 }).decisions);
    const observed = seen({ at: NOW + 3000, visible: 400, desired: 3, inService: 1, pending: 2 });
    expect(decide(observed, memory, slo)).toMatchObject({ desired: 3, reason: 'boot-failure' });
  });
});
