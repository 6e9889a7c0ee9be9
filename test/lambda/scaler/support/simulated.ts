/** Ports of the simulator for tests. */
import { Engine } from '../../../../sim/engine/engine.ts';
import { worldOf, type WorldChanges } from '../../../../sim/world.ts';

/** The simulator's world at time 0. */
export const simulated = ({ arrivals, ...changes }: WorldChanges & { arrivals: number[] }) =>
  new Engine({
    arrivals: Float64Array.from(arrivals),
    horizon: 60,
    world: worldOf('clean', changes),
    seed: 1,
    controller: { intervalSeconds: 30, tick: () => {} },
  });
