/** When the policy is called: at every interval; in the real world late, and sometimes twice or not at all. */
import { draws, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import type { Controller } from './types.ts';

export class TickSchedule {
  /** Time of the next call, seconds. */
  next: number;
  private k = 0;
  private repeated = false;
  private readonly irregular: boolean;
  private readonly phase: number;
  private readonly draw: Record<'jitter' | 'missed' | 'doubled', Draw>;

  constructor(
    private readonly controller: Controller,
    private readonly world: World,
    seed: number,
  ) {
    this.irregular = controller.scheduled ?? false;
    this.phase = this.irregular ? world.tickPhase * draws(seed, 'phase')(0) : 0;
    this.draw = {
      jitter: draws(seed, 'jitter'),
      missed: draws(seed, 'missed'),
      doubled: draws(seed, 'doubled'),
    };
    this.next = this.nextTime();
  }

  /** Moves to the next call. */
  advance(): void {
    if (this.irregular && !this.repeated && this.draw.doubled(this.k) < this.world.doubledTick) {
      this.repeated = true;
      return;
    }
    this.repeated = false;
    this.next = this.nextTime();
  }

  private nextTime(): number {
    const { controller, world, draw } = this;
    do this.k++;
    while (this.irregular && draw.missed(this.k) < world.missedTick);
    // A product, not a running sum: no rounding error accumulates, and the k-th tick is the same for every policy.
    const due = this.phase + this.k * controller.intervalSeconds;
    // Jitter delays a call, but not past the next one.
    return this.irregular
      ? due + Math.min(world.tickJitter * draw.jitter(this.k), controller.intervalSeconds * 0.99)
      : due;
  }
}
