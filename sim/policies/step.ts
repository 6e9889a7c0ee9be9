/** AWS step scaling on the number of waiting messages. */
import { clamp, type Knob, type PolicyKind } from './kind.ts';

const knob = (unit: string, value: Knob['default'], meaning: string, tries?: number[]): Knob => ({
  unit,
  default: value,
  min: 0,
  max: 100_000,
  meaning,
  tries,
});

const MINUTE = 60;

export const step: PolicyKind = {
  name: 'step',
  meaning: 'AWS step scaling on waiting messages: a larger backlog takes a larger step',
  source:
    "The AWS CDK's queue-processing services (steps) and the EC2 Auto Scaling user guide. Alarm on one minute and " +
    'warm-up of the boot time, both better for it than the defaults of 300 s',
  knobs: {
    lower: knob('messages', 100, 'from here on the first step', [2, 10, 30, 100]),
    lowerStep: knob('instances', 1, 'added from there', [1, 2, 4]),
    upper: knob('messages', 500, 'from here on the second step', [20, 100, 500]),
    upperStep: knob('instances', 5, 'added from there', [5, 10]),
    inStep: knob('instances', 1, 'removed when nothing waits'),
    warmup: knob('s', (world) => world.boot, 'an instance is new for this long'),
  },
  make(set, world) {
    const { lower, lowerStep, upper, upperStep, inStep, warmup } = set as Record<
      'lower' | 'lowerStep' | 'upper' | 'upperStep' | 'inStep' | 'warmup',
      number
    >;
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
          // A step counts from the capacity that has warmed up: what is on its way is not asked for again.
          const asked = Math.max(desired, desired - warming + (visible >= upper ? upperStep : lowerStep));
          const after = clamp(asked, { min, max });
          if (after > desired) launches.push({ at, count: after - desired });
          system.setDesired(after);
          return system.explain(visible >= upper ? 'second step' : 'first step');
        }
        if (visible > 0) return system.explain('between the steps');
        if (warming > 0) return system.explain('warming up');
        system.setDesired(clamp(desired - inStep, { min, max }));
        system.explain('nothing waits');
      },
    };
  },
};
