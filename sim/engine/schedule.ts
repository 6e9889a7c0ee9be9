/** When the rule is called: at tick, 2 tick, ...; in the real world late, now and then twice or not at all. */
import { draws, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import type { Controller } from './types.ts';

export class TickSchedule {
  /** When the next call comes, seconds. */
  next: number;
  /** Calls so far. */
  count = 0;
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

  /** To the next call. */
  advance(): void {
    this.count++;
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
    // Multiplied, not added up: the k-th tick is at the same instant in every simulator.
    const due = this.phase + this.k * controller.intervalSeconds;
    // Late, but never beyond the one that follows.
    return this.irregular
      ? due + Math.min(world.tickJitter * draw.jitter(this.k), controller.intervalSeconds * 0.99)
      : due;
  }
}
