/** AWS step scaling on the number of waiting messages. */
import { clamp, definePolicy, parameter } from './kind.ts';

const MINUTE = 60;

export const step = definePolicy({
  name: 'step',
  description: 'AWS step scaling on waiting messages: a larger backlog takes a larger step',
  source:
    "The AWS CDK's queue-processing services (steps) and the EC2 Auto Scaling user guide. Alarm on one minute and " +
    'warm-up of the boot time, both better for it than the defaults of 300 s',
  parameters: {
    lower: parameter('messages', 100, 'backlog of the first step', { candidates: [2, 10, 30, 100] }),
    lowerStep: parameter('instances', 1, 'added by the first step', { candidates: [1, 2, 4] }),
    upper: parameter('messages', 500, 'backlog of the second step', { candidates: [20, 100, 500] }),
    upperStep: parameter('instances', 5, 'added by the second step', { candidates: [5, 10] }),
    inStep: parameter('instances', 1, 'removed when no message waits'),
    warmup: parameter('s', (world) => world.boot, 'warm-up of a new instance'),
  },
  make({ lower, lowerStep, upper, upperStep, inStep, warmup }, world) {
    let launches: { at: number; count: number }[] = [];
    let points: { at: number; visible: number }[] = [];
    return {
      intervalSeconds: MINUTE,
      tick(system, at) {
        const { visible: now, desired, min, max } = system.actual();
        points.push({ at, visible: now });
        points = points.filter((point) => point.at > at - world.metricLag - MINUTE);
        const visible = points.find((point) => point.at <= at - world.metricLag)?.visible;
        launches = launches.filter((one) => one.at > at - warmup);
        const warming = launches.reduce((sum, one) => sum + one.count, 0);
        if (visible === undefined) return system.explain('no data');
        if (visible >= lower) {
          // A step adds to the capacity that has warmed up, so that pending capacity is not requested again.
          const proposed = Math.max(desired, desired - warming + (visible >= upper ? upperStep : lowerStep));
          const after = clamp(proposed, { min, max });
          if (after > desired) launches.push({ at, count: after - desired });
          system.setDesired(after);
          return system.explain(visible >= upper ? 'second step' : 'first step');
        }
        if (visible > 0) return system.explain('below the first step');
        if (warming > 0) return system.explain('warming up');
        system.setDesired(clamp(desired - inStep, { min, max }));
        system.explain('no backlog');
      },
    };
  },
});
