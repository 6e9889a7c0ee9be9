/** The peers, each by what its publishers say it does. */
import { describe, expect, it } from 'vitest';
import { forecast } from '../../sim/policies/predictive.ts';
import { POLICIES, policyOf, candidateSettings } from '../../sim/policies/index.ts';
import { worldOf, type WorldChanges } from '../../sim/world.ts';
import type { Snapshot } from '../../sim/engine/types.ts';
import { FakeSystem } from './support/fake-system.ts';

function rule(text: string, changes: WorldChanges = {}) {
  const [name = '', ...knobs] = text.split(' ');
  const set = knobs.map((knob) => knob.split('=') as [string, string]);
  const controller = policyOf(name, set, worldOf('clean', { min: 0, max: 100, ...changes })).make();
  const system = new FakeSystem();
  let at = 0;
  return {
    system,
    /** Looks until `seconds` have passed; whatever was asked for is in service at once, unless told otherwise. */
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
  it('scales out after three data points, to so many as the backlog asks for', async () => {
    const { pass } = rule('target-tracking target=10');
    expect(await pass(120, { visible: 95, desired: 2, inService: 2 })).toBe(2);
    expect(await pass(60)).toBe(10);
  });

  it('with high resolution after half a minute', async () => {
    const { pass } = rule('target-tracking-hr target=10');
    expect(await pass(20, { visible: 95, desired: 2, inService: 2 })).toBe(2);
    expect(await pass(10)).toBe(10);
  });

  it('adds only what is missing to what is on its way', async () => {
    const { pass } = rule('target-tracking target=10');
    expect(await pass(180, { visible: 100, desired: 2, inService: 2 }, false)).toBe(10);
    expect(await pass(60, { visible: 130 }, false)).toBe(13);
    expect(await pass(60, { visible: 90 }, false)).toBe(13);
  });

  it('scales in after a quarter of an hour below nine tenths of the target, by a tenth a minute', async () => {
    const { pass } = rule('target-tracking target=10');
    expect(await pass(14 * 60, { visible: 0, desired: 20, inService: 20 })).toBe(20);
    expect(await pass(60)).toBe(18);
    expect(await pass(60)).toBe(16);
  });

  it('removes no more than in proportion: an instance and a half make one', async () => {
    const { pass } = rule('target-tracking target=10 inShare=1');
    // 10 instances with 85 messages: 10 - 8.5 = 1.5.
    expect(await pass(15 * 60, { visible: 85, desired: 10, inService: 10 })).toBe(9);
  });

  it('stays while anything is above, and while an instance is new', async () => {
    const { pass } = rule('target-tracking target=10 warmup=3600');
    expect(await pass(180, { visible: 95, desired: 2, inService: 2 })).toBe(10);
    expect(await pass(30 * 60, { visible: 0 })).toBe(10);
    expect(await pass(30 * 60)).toBeLessThan(10);
  });

  it('never wakes a fleet of zero, since nothing divided by nobody is no data point', async () => {
    const { pass } = rule('target-tracking');
    expect(await pass(3600, { visible: 500, desired: 0, inService: 0 })).toBe(0);
  });

  it('sees metrics as late as the world says', async () => {
    const { pass } = rule('target-tracking target=10', { metricLag: 120 });
    expect(await pass(240, { visible: 95, desired: 2, inService: 2 })).toBe(2);
    expect(await pass(60)).toBe(10);
  });

  it('on use counts what is in flight, too', async () => {
    const { pass } = rule('target-tracking-use target=0.7');
    expect(await pass(30, { visible: 0, inFlight: 7, desired: 7, inService: 7 })).toBe(10);
  });
});

describe('step scaling', () => {
  it('takes a larger step for a larger backlog', async () => {
    expect(await rule('step').pass(60, { visible: 99 })).toBe(1);
    expect(await rule('step').pass(60, { visible: 100 })).toBe(2);
    expect(await rule('step').pass(60, { visible: 500 })).toBe(6);
  });

  it('does not add the same step again while it warms up, but the difference to a larger one', async () => {
    const { pass } = rule('step warmup=300');
    expect(await pass(60, { visible: 100 })).toBe(2);
    expect(await pass(120)).toBe(2);
    expect(await pass(60, { visible: 500 })).toBe(6);
    expect(await pass(60)).toBe(6);
    // The first one has warmed up: the step counts from two now.
    expect(await pass(60)).toBe(7);
  });

  it('removes one each minute that nothing waits, and none while anything warms up', async () => {
    const { pass } = rule('step warmup=120');
    expect(await pass(60, { visible: 500 })).toBe(6);
    expect(await pass(60, { visible: 0 })).toBe(6);
    expect(await pass(60)).toBe(5);
    expect(await pass(60)).toBe(4);
  });
});

describe('KEDA', () => {
  it('wakes from zero to one, the autoscaler does the rest: at most four, or twice as many, at a time', async () => {
    const { pass } = rule('keda');
    expect(await pass(15, { visible: 300, desired: 0, inService: 0 })).toBe(1);
    expect(await pass(15)).toBe(4);
    expect(await pass(15)).toBe(8);
    expect(await pass(60)).toBe(60);
  });

  it('tolerates a tenth', async () => {
    expect(await rule('keda').pass(60, { visible: 21, desired: 4, inService: 4 })).toBe(4);
    expect(await rule('keda').pass(60, { visible: 23, desired: 4, inService: 4 })).toBe(5);
  });

  it('shrinks to the largest proposal of five minutes', async () => {
    const { pass } = rule('keda', { min: 1 });
    await pass(15, { visible: 50, desired: 10, inService: 10, min: 1 });
    expect(await pass(285, { visible: 5 })).toBe(10);
    expect(await pass(15)).toBe(1);
  });

  it('goes to zero five minutes after the last message was seen, and counts what is in flight', async () => {
    const { pass } = rule('keda');
    expect(await pass(3600, { visible: 0, inFlight: 1, desired: 1, inService: 1 })).toBe(1);
    expect(await pass(300, { inFlight: 0 })).toBe(1);
    expect(await pass(30)).toBe(0);
  });
});

describe('buildkite', () => {
  it('asks for an instance for each job', async () => {
    expect(await rule('buildkite').pass(10, { visible: 7, inFlight: 2, desired: 2, inService: 2 })).toBe(9);
    expect(await rule('buildkite agentsPerInstance=4').pass(10, { visible: 7, inFlight: 2 })).toBe(3);
  });

  it('asks for one more while under half of what the group counts has agents', async () => {
    const { system, pass } = rule('buildkite');
    system.booting = [-60, -60, -60];
    expect(await pass(10, { visible: 3, desired: 4, inService: 1 }, false)).toBe(5);
    system.booting = [0, 0, 0, 0];
    expect(await pass(10, { visible: 5, desired: 5, inService: 1 }, false)).toBe(5);
  });

  it('lets idle instances leave after ten minutes, down to the minimum', async () => {
    const { system, pass } = rule('buildkite inCooldown=86400');
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
  it('starts two from zero', async () => {
    expect(await rule('ecs-capacity-provider').pass(60, { visible: 30, desired: 0, inService: 0 })).toBe(2);
  });

  it('goes to what the tasks need after a minute, and takes no second step while it warms up', async () => {
    const { pass } = rule('ecs-capacity-provider');
    expect(await pass(60, { visible: 10, inFlight: 2, desired: 2, inService: 2 })).toBe(12);
    expect(await pass(240, { visible: 20 })).toBe(12);
    expect(await pass(60)).toBe(22);
  });

  it('shrinks after fifteen minutes below the target, to what is needed', async () => {
    const { pass } = rule('ecs-capacity-provider');
    expect(await pass(14 * 60, { visible: 0, inFlight: 3, desired: 8, inService: 8 })).toBe(8);
    expect(await pass(60)).toBe(3);
  });
});

describe('predictive scaling', () => {
  it('forecasts the mean of the same hour, of the same weekday once a week is known', () => {
    const daily = Array.from({ length: 48 }, (_, hour) => (hour % 24 === 9 ? 90 + hour : 10));
    expect(forecast(daily, 57)).toBe((99 + 123) / 2);
    const weekly = Array.from({ length: 168 }, (_, hour) => hour);
    expect(forecast(weekly, 168 + 33)).toBe(33);
    expect(forecast([], 30)).toBe(0);
  });

  it('has the capacity of a busy hour ready five minutes before it', async () => {
    const { system, pass } = rule('predictive');
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

describe('any rule', () => {
  it('fixed keeps within the limits', async () => {
    expect(await rule('fixed:7').pass(30)).toBe(7);
    expect(await rule('fixed:700', { max: 24 }).pass(30)).toBe(24);
  });

  it.each(POLICIES.map((kind) => [kind.name, kind] as const))(
    '%s has settings within what it takes',
    (_name, kind) => {
      const world = worldOf('clean');
      const tries = candidateSettings(kind, world);
      expect(tries.length).toBeGreaterThan(1);
      for (const settings of tries) {
        for (const [key, knob] of Object.entries(kind.parameters)) {
          expect(settings[key]).toBeGreaterThanOrEqual(knob.min);
          expect(settings[key]).toBeLessThanOrEqual(knob.max);
        }
      }
      expect(tries).toContainEqual(policyOf(kind.name, [], world).settings);
      expect(kind.source.length).toBeGreaterThan(20);
    },
  );
});
