/** The managed scaling of an Amazon ECS capacity provider; a job is a task. */
import { clamp, definePolicy, parameter } from './kind.ts';

const MINUTE = 60;
const LOW_POINTS = 15;

export const ecs = definePolicy({
  name: 'ecs-capacity-provider',
  description: 'ECS managed scaling: instances that the tasks need, relative to the running ones',
  source:
    'AWS, "Deep dive on Amazon ECS cluster auto scaling". From zero always two; out after one minute over the target, ' +
    'in after fifteen below it; no second step within the warm-up',
  parameters: {
    tasksPerInstance: parameter('jobs', (world) => world.slots, 'per instance', {
      min: 0.01,
      candidates: [1, 2, 3, 5, 8, 12],
    }),
    targetCapacity: parameter('%', 100, 'of the instances in use', { min: 0.01, candidates: [70, 100] }),
    warmup: parameter('s', 300, 'until the next step out', { candidates: [90, 300] }),
  },
  make({ tasksPerInstance, targetCapacity, warmup }, world) {
    let lastOut = -Infinity;
    let points: { at: number; needed: number; reservation: number }[] = [];
    return {
      intervalSeconds: MINUTE,
      tick(system, at) {
        const { visible, inFlight, desired, inService, min, max } = system.actual();
        const needed = Math.ceil((visible + inFlight) / tasksPerInstance);
        const withoutInstances = needed === 0 ? 100 : 200;
        const reservation = inService === 0 ? withoutInstances : (needed / inService) * 100;
        points.push({ at, needed, reservation });
        points = points.filter((point) => point.at > at - world.metricLag - LOW_POINTS * MINUTE);
        const seen = points.filter((point) => point.at <= at - world.metricLag);
        const latest = seen.at(-1);
        if (!latest) return system.explain('no data');
        if (latest.reservation > targetCapacity) {
          const proposed = inService === 0 ? 2 : Math.ceil((latest.needed * 100) / targetCapacity);
          const after = clamp(Math.max(desired, proposed), { min, max });
          if (after === desired) return system.explain('above target, pending', needed);
          if (at - lastOut < warmup) return system.explain('above target, warming up', needed);
          lastOut = at;
          system.setDesired(after);
          return system.explain('above target', needed);
        }
        if (seen.length < LOW_POINTS || seen.some((point) => point.reservation >= targetCapacity)) {
          return system.explain('on target', needed);
        }
        // The least need within the alarm's 15 minutes would shrink the fleet too far: the latest value counts.
        const proposed = Math.ceil((latest.needed * 100) / targetCapacity);
        system.setDesired(clamp(Math.min(desired, proposed), { min, max }));
        system.explain('below target', needed);
      },
    };
  },
});
