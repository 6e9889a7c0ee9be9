/** What a rule sees of queue and workers: as it was a lag ago, and roughly, where the world says so. */
import { draws, normal, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import type { WorkCounters, Snapshot } from './types.ts';

export type Counts = Pick<Snapshot, 'visible' | 'inFlight'> & WorkCounters;

export class NoisyCounts {
  private snapshot: Counts | undefined;
  private reads = 0;
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
  takeSnapshot(counted: Counts): void {
    this.snapshot = counted;
  }

  /** @param now what is seen where nothing is late */
  queueCounts(now: Counts): Pick<Snapshot, 'visible' | 'inFlight'> {
    const look = 2 * this.reads++;
    const { visible, inFlight } = this.snapshot ?? now;
    return { visible: this.noisy(visible, look), inFlight: this.noisy(inFlight, look + 1) };
  }

  workCounters(now: Counts): WorkCounters {
    const { completed, busySeconds } = this.snapshot ?? now;
    return { completed, busySeconds };
  }

  private noisy(value: number, look: number): number {
    const { countNoise, falseZero } = this.world;
    if (this.zero(look) < falseZero) return 0;
    const error = countNoise === 0 ? 0 : countNoise * normal(this.noise(look));
    return Math.max(0, Math.round(value * (1 + error)));
  }
}
