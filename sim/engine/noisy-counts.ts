/** What a rule sees of queue and workers: as it was a lag ago, and roughly, where the world says so. */
import { draws, normal, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import type { Reported, Seen } from './types.ts';

export type Counted = Pick<Seen, 'visible' | 'inFlight'> & Reported;

export class Sight {
  private old: Counted | undefined;
  private looks = 0;
  private readonly noise: Draw;
  private readonly zero: Draw;

  constructor(
    private readonly world: World,
    seed: number,
  ) {
    this.noise = draws(seed, 'counts');
    this.zero = draws(seed, 'false-zero');
  }

  /** From now on these are seen, in a world whose counts are late. */
  keep(counted: Counted): void {
    this.old = counted;
  }

  /** @param now what is seen where nothing is late */
  counts(now: Counted): Pick<Seen, 'visible' | 'inFlight'> {
    const look = 2 * this.looks++;
    const { visible, inFlight } = this.old ?? now;
    return { visible: this.rough(visible, look), inFlight: this.rough(inFlight, look + 1) };
  }

  reported(now: Counted): Reported {
    const { completed, busySeconds } = this.old ?? now;
    return { completed, busySeconds };
  }

  private rough(value: number, look: number): number {
    const { countNoise, falseZero } = this.world;
    if (this.zero(look) < falseZero) return 0;
    const error = countNoise === 0 ? 0 : countNoise * normal(this.noise(look));
    return Math.max(0, Math.round(value * (1 + error)));
  }
}
