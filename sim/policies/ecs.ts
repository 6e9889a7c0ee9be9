/** The managed scaling of an Amazon ECS capacity provider; a job is a task. */
import { clamp, type Knob, type PolicyKind } from './kind.ts';

const MINUTE = 60;
const LOW_POINTS = 15;

const knob = (unit: string, value: Knob['default'], meaning: string, tries?: number[]): Knob => ({
  unit,
  default: value,
  min: 0.01,
  max: 100_000,
  meaning,
  tries,
});

export const ecs: PolicyKind = {
  name: 'ecs-capacity-provider',
  meaning: 'ECS managed scaling: instances that the tasks need against those that run',
  source:
    'AWS, "Deep dive on Amazon ECS cluster auto scaling". From zero always two; out after one minute over the target, ' +
    'in after fifteen below it; no second step within the warm-up',
  knobs: {
    tasksPerInstance: knob('jobs', (world) => world.slots, 'that fit on one', [1, 2, 3, 5, 8, 12]),
    targetCapacity: knob('%', 100, 'of the instances in use', [70, 100]),
    warmup: { ...knob('s', 300, 'until the next step out', [90, 300]), min: 0 },
  },
  make(set, world) {
    const { tasksPerInstance, targetCapacity, warmup } = set as Record<
      'tasksPerInstance' | 'targetCapacity' | 'warmup',
      number
    >;
    let lastOut = -Infinity;
    let points: { at: number; needed: number; reservation: number }[] = [];
    return {
      intervalSeconds: MINUTE,
      tick(system, at) {
        const { visible, inFlight, desired, inService, min, max } = system.actual();
        const needed = Math.ceil((visible + inFlight) / tasksPerInstance);
        const idle = needed === 0 ? 100 : 200;
        points.push({ at, needed, reservation: inService === 0 ? idle : (needed / inService) * 100 });
        points = points.filter((point) => point.at > at - world.metricLag - LOW_POINTS * MINUTE);
        const seen = points.filter((point) => point.at <= at - world.metricLag);
        const latest = seen.at(-1);
        if (!latest) return system.explain('no data');
        if (latest.reservation > targetCapacity) {
          const asked = inService === 0 ? 2 : Math.ceil((latest.needed * 100) / targetCapacity);
          const after = clamp(Math.max(desired, asked), { min, max });
          if (after === desired) return system.explain('over the target, on its way', needed);
          if (at - lastOut < warmup) return system.explain('over the target, warming up', needed);
          lastOut = at;
          system.setDesired(after);
          return system.explain('over the target', needed);
        }
        if (seen.length < LOW_POINTS || seen.some((point) => point.reservation >= targetCapacity)) {
          return system.explain('on target', needed);
        }
        // The lowest need that the alarm's time saw would shrink it too far: the latest one counts.
        const asked = Math.ceil((latest.needed * 100) / targetCapacity);
        system.setDesired(clamp(Math.min(desired, asked), { min, max }));
        system.explain('below the target', needed);
      },
    };
  },
};
