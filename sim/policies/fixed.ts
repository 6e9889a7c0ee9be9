import { clamp, type PolicyKind } from './kind.ts';

export const fixed: PolicyKind = {
  name: 'fixed',
  meaning: 'always the same size: fixed:4 is short for --set instances=4',
  source: 'no rule at all; the size is asked for at the first tick, as any rule would have to',
  knobs: {
    instances: {
      unit: 'instances',
      default: (world) => world.max,
      min: 0,
      max: 10_000,
      whole: true,
      meaning: 'desired capacity, kept within the limits',
      tries: [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40],
    },
  },
  make: ({ instances }, world) => {
    const desired = clamp(instances as number, world);
    return {
      intervalSeconds: world.tick,
      tick(system) {
        system.setDesired(desired);
        system.explain('fixed');
      },
    };
  },
};
