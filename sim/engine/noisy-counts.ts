/** Queue and worker counts as the scaler reads them: stale and noisy in a world with those faults. */
import type { BulkCounts } from '../../lambda/scaler/policy/observation.ts';
import { draws, normal, type Draw } from '../random.ts';
import type { World } from '../world.ts';
import type { Snapshot, WorkCounters } from './types.ts';

type QueueCounts = Pick<Snapshot, 'visible' | 'inFlight'>;
export type Counts = QueueCounts & WorkCounters & { bulk?: BulkCounts };

interface Report {
  done: WorkCounters;
  reported: WorkCounters;
  /** Of the last report. */
  at: number;
  /** When what is done since will be reported; Infinity when nothing is. */
  due: number;
}

const NOTHING: WorkCounters = { completed: 0, busySeconds: 0 };

/** What each instance has reported: at once, or at some time after its last report, as `worker/telemetry/work-report.ts`. */
export class WorkReports {
  private constructor(
    private readonly everySeconds: number,
    private readonly reports: (Report | undefined)[],
  ) {}

  /** @param everySeconds between two reports of an instance, at least */
  static none(everySeconds: number): WorkReports {
    return new WorkReports(everySeconds, []);
  }

  add(instance: number, { completed, busySeconds, ...bulk }: WorkCounters, at: number): void {
    const report = (this.reports[instance] ??= {
      done: { ...NOTHING },
      reported: NOTHING,
      at: -Infinity,
      due: Infinity,
    });
    // What is done at the instant of a report is in it.
    if (report.due < at) send(report, at);
    report.done.completed += completed;
    report.done.busySeconds += busySeconds;
    if (bulk.bulkCompleted !== undefined) {
      const { bulkCompleted = 0, bulkBusySeconds = 0 } = report.done;
      report.done.bulkCompleted = bulkCompleted + bulk.bulkCompleted;
      report.done.bulkBusySeconds = bulkBusySeconds + (bulk.bulkBusySeconds ?? 0);
    }
    report.due = Math.min(report.due, Math.max(at, report.at + this.everySeconds));
  }

  of(instance: number, at: number): WorkCounters {
    const report = this.reports[instance];
    if (!report) return NOTHING;
    send(report, at);
    return report.reported;
  }

  /** As they are now: nothing that is done later is in them. */
  copy(at: number): WorkReports {
    const reports = this.reports.map((_, instance) => {
      const reported = this.of(instance, at);
      return { done: reported, reported, at, due: Infinity };
    });
    return new WorkReports(0, reports);
  }
}

function send(report: Report, at: number): void {
  if (report.due > at) return;
  report.reported = { ...report.done };
  report.at = report.due;
  report.due = Infinity;
}

/** First index of the draws for the bulk queue: those of the other stay as they are without one. */
const BULK_READS = 1e9;

export class NoisyCounts {
  private snapshot: (Counts & { reports: WorkReports }) | undefined;
  private reads = 0;
  private bulkReads = 0;
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
  takeSnapshot(counts: Counts, reports: WorkReports, at: number): void {
    this.snapshot = { ...counts, reports: reports.copy(at) };
  }

  reportOf(instance: number, now: WorkReports, at: number): WorkCounters {
    return (this.snapshot?.reports ?? now).of(instance, at);
  }

  /** @param now exact counts, which are read until the first snapshot */
  queueCounts(now: Counts): QueueCounts {
    const read = 2 * this.reads++;
    const { visible, inFlight } = this.snapshot ?? now;
    return { visible: this.noisy(visible, read), inFlight: this.noisy(inFlight, read + 1) };
  }

  /** @param now exact counts, which are read until the first snapshot */
  bulkCounts(now: BulkCounts): BulkCounts {
    const read = BULK_READS + 2 * this.bulkReads++;
    const { visible, inFlight } = this.snapshot?.bulk ?? now;
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
