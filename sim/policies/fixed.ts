/** A fleet of constant size: the baseline without any scaling. */
import { clamp, definePolicy, parameter } from './kind.ts';

export const fixed = definePolicy({
  name: 'fixed',
  description: 'constant size: fixed:4 is short for --set instances=4',
  source: 'no policy; the size is requested at the first tick, as any policy would have to',
  parameters: {
    instances: parameter('instances', (world) => world.max, 'desired capacity, kept within min and max', {
      max: 10_000,
      whole: true,
      candidates: [1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40],
    }),
  },
  make: ({ instances }, world) => {
    const desired = clamp(instances, world);
    return {
      intervalSeconds: world.tick,
      tick(system) {
        system.setDesired(desired);
        system.explain('fixed');
      },
    };
  },
});
