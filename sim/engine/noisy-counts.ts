/** Queue and worker counts as the scaler reads them: stale and noisy in a world with those faults. */
import { draws, normal, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import type { Snapshot, WorkCounters } from './types.ts';

type QueueCounts = Pick<Snapshot, 'visible' | 'inFlight'>;
export type Counts = QueueCounts & WorkCounters;

/** What each instance has done. */
export class WorkReports {
  private constructor(
    private readonly completed: number[],
    private readonly busySeconds: number[],
  ) {}

  static none(): WorkReports {
    return new WorkReports([], []);
  }

  add(instance: number, { completed, busySeconds }: WorkCounters): void {
    this.completed[instance] = (this.completed[instance] ?? 0) + completed;
    this.busySeconds[instance] = (this.busySeconds[instance] ?? 0) + busySeconds;
  }

  of(instance: number): WorkCounters {
    return { completed: this.completed[instance] ?? 0, busySeconds: this.busySeconds[instance] ?? 0 };
  }

  copy(): WorkReports {
    return new WorkReports([...this.completed], [...this.busySeconds]);
  }
}

export class NoisyCounts {
  private snapshot: (Counts & { reports: WorkReports }) | undefined;
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

  /** Later reads return these counts, until the next snapshot. */
  takeSnapshot(counts: Counts, reports: WorkReports): void {
    this.snapshot = { ...counts, reports: reports.copy() };
  }

  reportOf(instance: number, now: WorkReports): WorkCounters {
    return (this.snapshot?.reports ?? now).of(instance);
  }

  /** @param now exact counts, which are read until the first snapshot */
  queueCounts(now: Counts): QueueCounts {
    const read = 2 * this.reads++;
    const { visible, inFlight } = this.snapshot ?? now;
    return { visible: this.noisy(visible, read), inFlight: this.noisy(inFlight, read + 1) };
  }

  workCounters(now: Counts): WorkCounters {
    const { completed, busySeconds } = this.snapshot ?? now;
    return { completed, busySeconds };
  }

  private noisy(value: number, index: number): number {
    const { countNoise, falseZero } = this.world;
    if (this.zero(index) < falseZero) return 0;
    const error = countNoise === 0 ? 0 : countNoise * normal(this.noise(index));
    return Math.max(0, Math.round(value * (1 + error)));
  }
}
