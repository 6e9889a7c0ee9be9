/**
 * Adds this worker's work to its instance's counters: SQS does not report how many messages were completed, and the scaler needs
 * it. A report that fails is kept and sent with the next one.
 */
import type { Lane } from '../../contract/lanes.ts';
import { addWorkflows, type WorkflowWork } from '../../contract/workflow-counters.ts';
import { describeError, type Log } from './log.ts';

/** Work of one lane. */
export interface LaneWork {
  /** Messages deleted. */
  completed: number;
  busySeconds: number;
}

/** Work of both lanes, and of the bulk lane alone. */
export interface Done extends LaneWork {
  /** @default 0 */
  bulkCompleted?: number;
  /** @default 0 */
  bulkBusySeconds?: number;
  /** By name, of a stage with several. @default none */
  workflows?: Record<string, WorkflowWork>;
}

const NOTHING: Required<Done> = {
  ...{ completed: 0, busySeconds: 0, bulkCompleted: 0, bulkBusySeconds: 0 },
  workflows: {},
};

/** Photos of one workflow, of a stage with several. */
export interface OfWorkflow {
  name: string;
  started: number;
  /** With an outcome. */
  completed: number;
}

export interface WorkReportPorts {
  /** Adds to the counters. The SDK may repeat the request, which rarely counts a photo twice. */
  add: (done: Done) => Promise<void>;
  log: Log;
  /** Monotonic milliseconds. */
  now: () => number;
}

/** Between two reports: the rate that the scaler sees lags by this much, and each report costs a write. */
export const REPORT_MS = 5000;

export class WorkReport {
  private done = NOTHING;
  private reportedMs = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  /** Whether counters of 0 are to be written. */
  private isDue = false;

  constructor(private readonly ports: WorkReportPorts) {}

  /** Writes the counters before there is any work: an instance without counters is unknown, not idle. Never rejects. */
  announce(): Promise<void> {
    this.isDue = true;
    return this.flush();
  }

  /** Adds work and reports it at once, or at {@link REPORT_MS} after the last report. */
  add({ completed, busySeconds }: LaneWork, lane: Lane = 'interactive', workflow?: OfWorkflow): void {
    const bulk = lane === 'bulk' ? { bulkCompleted: completed, bulkBusySeconds: busySeconds } : {};
    const workflows = workflow && {
      [workflow.name]: {
        started: workflow.started,
        bulkStarted: lane === 'bulk' ? workflow.started : 0,
        completed: workflow.completed,
        busySeconds,
      },
    };
    this.addDone({ ...NOTHING, completed, busySeconds, ...bulk, ...(workflows && { workflows }) });
  }

  private addDone(more: Required<Done>): void {
    const { done } = this;
    this.done = {
      completed: done.completed + more.completed,
      busySeconds: done.busySeconds + more.busySeconds,
      bulkCompleted: done.bulkCompleted + more.bulkCompleted,
      bulkBusySeconds: done.bulkBusySeconds + more.bulkBusySeconds,
      workflows: addWorkflows(done.workflows, more.workflows),
    };
    if (this.timer) return;
    const dueMs = Math.max(0, this.reportedMs + REPORT_MS - this.ports.now());
    this.timer = setTimeout(() => void this.flush(), dueMs);
    this.timer.unref();
  }

  /** Reports everything that is not reported yet; never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending = this.sending.then(() => this.send());
    return this.sending;
  }

  private async send(): Promise<void> {
    const { add, log, now } = this.ports;
    const { done } = this;
    const isNothing =
      done.completed === 0 && done.busySeconds === 0 && Object.keys(done.workflows).length === 0;
    if (isNothing && !this.isDue) return;
    this.done = NOTHING;
    this.reportedMs = now();
    try {
      const { workflows, ...lanes } = done;
      await add(Object.keys(workflows).length > 0 ? done : lanes);
      this.isDue = false;
    } catch (error) {
      log('warn', 'work-not-reported', { error: describeError(error) });
      this.addDone(done);
    }
  }
}
