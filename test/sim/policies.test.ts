/** The policies of other systems, each against its published description. */
import { describe, expect, it } from 'vitest';
import { forecast } from '../../sim/policies/predictive.ts';
import { POLICIES, policyOf, candidateSettings } from '../../sim/policies/index.ts';
import { worldOf, type WorldChanges } from '../../sim/world.ts';
import type { Snapshot } from '../../sim/engine/types.ts';
import { FakeSystem } from './support/fake-system.ts';

function policy(text: string, changes: WorldChanges = {}) {
  const [name = '', ...settings] = text.split(' ');
  const set = settings.map((one) => one.split('=') as [string, string]);
  const controller = policyOf(
    name,
    set,
    worldOf('clean', { service: 6, min: 0, max: 100, ...changes }),
  ).make();
  const system = new FakeSystem();
  let at = 0;
  return {
    system,
    /** Ticks for `seconds`; with `follow`, requested instances are in service at once. @returns desired capacity */
    pass: async (seconds: number, seen: Partial<Snapshot> = {}, follow = true): Promise<number> => {
      Object.assign(system.seen, seen);
      for (const end = at + seconds; at + controller.intervalSeconds <= end;) {
        at += controller.intervalSeconds;
        await controller.tick(system, at);
        if (follow) system.seen.inService = system.seen.desired;
      }
      return system.seen.desired;
    },
  };
}

describe('target tracking', () => {
  it('scales out after three data points, in proportion to the backlog', async () => {
    const { pass } = policy('target-tracking target=10');
    expect(await pass(120, { visible: 95, desired: 2, inService: 2 })).toBe(2);
    expect(await pass(60)).toBe(10);
  });

  it('scales out after half a minute with high resolution', async () => {
    const { pass } = policy('target-tracking-hr target=10');
    expect(await pass(20, { visible: 95, desired: 2, inService: 2 })).toBe(2);
    expect(await pass(10)).toBe(10);
  });

  it('does not request pending capacity again', async () => {
    const { pass } = policy('target-tracking target=10');
    expect(await pass(180, { visible: 100, desired: 2, inService: 2 }, false)).toBe(10);
    expect(await pass(60, { visible: 130 }, false)).toBe(13);
    expect(await pass(60, { visible: 90 }, false)).toBe(13);
  });

  it('scales in after 15 minutes below 0.9 of the target, by a tenth a minute', async () => {
    const { pass } = policy('target-tracking target=10');
    expect(await pass(14 * 60, { visible: 0, desired: 20, inService: 20 })).toBe(20);
    expect(await pass(60)).toBe(18);
    expect(await pass(60)).toBe(16);
  });

  it('removes at most in proportion: 1.5 instances are rounded down', async () => {
    const { pass } = policy('target-tracking target=10 inShare=1');
    // 10 instances with 85 messages: 10 - 8.5 = 1.5.
    expect(await pass(15 * 60, { visible: 85, desired: 10, inService: 10 })).toBe(9);
  });

  it('does not scale in during the warm-up of an instance', async () => {
    const { pass } = policy('target-tracking target=10 warmup=3600');
    expect(await pass(180, { visible: 95, desired: 2, inService: 2 })).toBe(10);
    expect(await pass(30 * 60, { visible: 0 })).toBe(10);
    expect(await pass(30 * 60)).toBeLessThan(10);
  });

  it('never scales out from zero, which gives no data point', async () => {
    const { pass } = policy('target-tracking');
    expect(await pass(3600, { visible: 500, desired: 0, inService: 0 })).toBe(0);
  });

  it('acts on metrics with the delay of the world', async () => {
    const { pass } = policy('target-tracking target=10', { metricLag: 120 });
    expect(await pass(240, { visible: 95, desired: 2, inService: 2 })).toBe(2);
    expect(await pass(60)).toBe(10);
  });

  it('counts messages in flight, too, on utilisation', async () => {
    const { pass } = policy('target-tracking-use target=0.7');
    expect(await pass(30, { visible: 0, inFlight: 7, desired: 7, inService: 7 })).toBe(10);
  });
});

describe('step scaling', () => {
  it('takes a larger step for a larger backlog', async () => {
    expect(await policy('step').pass(60, { visible: 99 })).toBe(1);
    expect(await policy('step').pass(60, { visible: 100 })).toBe(2);
    expect(await policy('step').pass(60, { visible: 500 })).toBe(6);
  });

  it('does not repeat a step during its warm-up, but adds the difference to a larger one', async () => {
    const { pass } = policy('step warmup=300');
    expect(await pass(60, { visible: 100 })).toBe(2);
    expect(await pass(120)).toBe(2);
    expect(await pass(60, { visible: 500 })).toBe(6);
    expect(await pass(60)).toBe(6);
    // The first step has warmed up: the second one now adds to two instances.
    expect(await pass(60)).toBe(7);
  });

  it('removes one instance a minute without backlog, and none during a warm-up', async () => {
    const { pass } = policy('step warmup=120');
    expect(await pass(60, { visible: 500 })).toBe(6);
    expect(await pass(60, { visible: 0 })).toBe(6);
    expect(await pass(60)).toBe(5);
    expect(await pass(60)).toBe(4);
  });
});

describe('KEDA', () => {
  it('activates from zero to one, then grows to at most four or twice as many at a time', async () => {
    const { pass } = policy('keda');
    expect(await pass(15, { visible: 300, desired: 0, inService: 0 })).toBe(1);
    expect(await pass(15)).toBe(4);
    expect(await pass(15)).toBe(8);
    expect(await pass(60)).toBe(60);
  });

  it('ignores a deviation of a tenth', async () => {
    expect(await policy('keda').pass(60, { visible: 21, desired: 4, inService: 4 })).toBe(4);
    expect(await policy('keda').pass(60, { visible: 23, desired: 4, inService: 4 })).toBe(5);
  });

  it('scales in to the largest proposal of five minutes', async () => {
    const { pass } = policy('keda', { min: 1 });
    await pass(15, { visible: 50, desired: 10, inService: 10, min: 1 });
    expect(await pass(285, { visible: 5 })).toBe(10);
    expect(await pass(15)).toBe(1);
  });

  it('scales to zero five minutes after the last message, waiting or in flight', async () => {
    const { pass } = policy('keda');
    expect(await pass(3600, { visible: 0, inFlight: 1, desired: 1, inService: 1 })).toBe(1);
    expect(await pass(300, { inFlight: 0 })).toBe(1);
    expect(await pass(30)).toBe(0);
  });
});

describe('buildkite', () => {
  it('requests an instance per job', async () => {
    expect(await policy('buildkite').pass(10, { visible: 7, inFlight: 2, desired: 2, inService: 2 })).toBe(9);
    expect(await policy('buildkite agentsPerInstance=4').pass(10, { visible: 7, inFlight: 2 })).toBe(3);
  });

  it('requests one more while less than half of the group has agents', async () => {
    const { system, pass } = policy('buildkite');
    system.booting = [-60, -60, -60];
    expect(await pass(10, { visible: 3, desired: 4, inService: 1 }, false)).toBe(5);
    system.booting = [0, 0, 0, 0];
    expect(await pass(10, { visible: 5, desired: 5, inService: 1 }, false)).toBe(5);
  });

  it('terminates idle instances after ten minutes, down to the minimum', async () => {
    const { system, pass } = policy('buildkite inCooldown=86400');
    await pass(10, { visible: 0, desired: 3, inService: 3, min: 1 });
    system.seen.desired = 3;
    system.idle = [
      { id: 4, since: -600 },
      { id: 5, since: -580 },
      { id: 6, since: -600 },
    ];
    await pass(10, { desired: 3 });
    expect(system.left).toEqual([4, 5]);
    expect(system.seen.desired).toBe(1);
  });
});

describe('ECS capacity provider', () => {
  it('starts two instances from zero', async () => {
    expect(await policy('ecs-capacity-provider').pass(60, { visible: 30, desired: 0, inService: 0 })).toBe(2);
  });

  it('scales out to the need after a minute, and not again during the warm-up', async () => {
    const { pass } = policy('ecs-capacity-provider');
    expect(await pass(60, { visible: 10, inFlight: 2, desired: 2, inService: 2 })).toBe(12);
    expect(await pass(240, { visible: 20 })).toBe(12);
    expect(await pass(60)).toBe(22);
  });

  it('scales in to the need after 15 minutes below the target', async () => {
    const { pass } = policy('ecs-capacity-provider');
    expect(await pass(14 * 60, { visible: 0, inFlight: 3, desired: 8, inService: 8 })).toBe(8);
    expect(await pass(60)).toBe(3);
  });
});

describe('predictive scaling', () => {
  it('forecasts the mean of the same hour, and of the same weekday after a week', () => {
    const daily = Array.from({ length: 48 }, (_, hour) => (hour % 24 === 9 ? 90 + hour : 10));
    expect(forecast(daily, 57)).toBe((99 + 123) / 2);
    const weekly = Array.from({ length: 168 }, (_, hour) => hour);
    expect(forecast(weekly, 168 + 33)).toBe(33);
    expect(forecast([], 30)).toBe(0);
  });

  it('scales out five minutes before a busy hour', async () => {
    const { system, pass } = policy('predictive');
    for (let hour = 0; hour < 24; hour++) {
      system.counters = {
        ...system.counters,
        completed: system.counters.completed + (hour === 9 ? 4200 : 0),
      };
      await pass(3600, { desired: 1, inService: 1 });
    }
    expect(await pass(8 * 3600 + 55 * 60 - 10, { desired: 1, inService: 1 })).toBeLessThan(2);
    // 4200 jobs of 6 s, seven tenths of each instance filled: ten of them.
    expect(await pass(10)).toBe(10);
    expect(system.reason).toBe('forecast');
  });
});

describe('every policy', () => {
  it('fixed keeps min and max', async () => {
    expect(await policy('fixed:7').pass(30)).toBe(7);
    expect(await policy('fixed:700', { max: 24 }).pass(30)).toBe(24);
  });

  it('has candidate settings within its limits, its defaults among them, and a source', () => {
    const world = worldOf('clean', { service: 6 });
    for (const kind of POLICIES) {
      const candidates = candidateSettings(kind, world);
      expect(candidates.length, kind.name).toBeGreaterThan(1);
      for (const settings of candidates) {
        for (const [key, { min, max }] of Object.entries(kind.parameters)) {
          const value = settings[key] as number;
          expect(value >= min && value <= max, `${kind.name} ${key}=${value}`).toBe(true);
        }
      }
      expect(candidates).toContainEqual(policyOf(kind.name, [], world).settings);
      expect(kind.source.length).toBeGreaterThan(20);
    }
  });
});
