/** The work report: everything is added once, soon, and in few requests. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { REPORT_MS, WorkReport, type Done } from '../../worker/telemetry/work-report.ts';

let added: Done[];
let refused: boolean;
let lines: string[];
let report: WorkReport;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  added = [];
  refused = false;
  lines = [];
  report = new WorkReport({
    add: (done) => {
      if (refused) return Promise.reject(new Error('throttled'));
      added.push(done);
      return Promise.resolve();
    },
    log: (_level, message) => lines.push(message),
    now: Date.now,
  });
});
afterEach(() => vi.useRealTimers());

const sum = () => added.reduce((all, { completed }) => all + completed, 0);
const photo = { completed: 1, busySeconds: 2 };
const noBulk = { bulkCompleted: 0, bulkBusySeconds: 0 };

describe('a report', () => {
  it('is sent at once after a pause', async () => {
    report.add(photo);
    await vi.advanceTimersByTimeAsync(1);
    expect(added).toEqual([{ ...photo, ...noBulk }]);
  });

  it('includes what came meanwhile, and is never later than the interval', async () => {
    for (let k = 0; k < 40; k++) {
      report.add(photo);
      await vi.advanceTimersByTimeAsync(1000);
      expect(k + 1 - sum()).toBeLessThanOrEqual(REPORT_MS / 1000);
    }
    expect(added.length).toBeLessThanOrEqual(1 + 40 / (REPORT_MS / 1000));
    await report.flush();
    expect(sum()).toBe(40);
  });

  it('that fails is logged and sent with the next one', async () => {
    refused = true;
    report.add(photo);
    report.add(photo, 'bulk');
    await vi.advanceTimersByTimeAsync(1);
    expect(lines).toEqual(['work-not-reported']);
    refused = false;
    report.add(photo);
    await vi.advanceTimersByTimeAsync(REPORT_MS);
    expect(added).toEqual([{ completed: 3, busySeconds: 6, bulkCompleted: 1, bulkBusySeconds: 2 }]);
  });

  it('counts by workflow, of both lanes, from the start of a photo on, also after a failure', async () => {
    refused = true;
    const nothing = { completed: 0, busySeconds: 0 };
    report.add(nothing, 'bulk', { name: 'a', started: 1, completed: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect(lines).toEqual(['work-not-reported']);
    refused = false;
    report.add({ completed: 0, busySeconds: 3 }, 'bulk', { name: 'a', started: 0, completed: 1 });
    report.add({ completed: 0, busySeconds: 1 }, 'interactive', { name: 'b', started: 1, completed: 0 });
    await vi.advanceTimersByTimeAsync(REPORT_MS);
    const workflows = {
      a: { started: 1, bulkStarted: 1, completed: 1, busySeconds: 3 },
      b: { started: 1, bulkStarted: 0, completed: 0, busySeconds: 1 },
    };
    expect(added).toEqual([
      { completed: 0, busySeconds: 4, bulkCompleted: 0, bulkBusySeconds: 3, workflows },
    ]);
  });

  it('without work is not sent', async () => {
    await report.flush();
    expect(added).toEqual([]);
  });

  it('is sent before the worker ends, and only once', async () => {
    report.add(photo);
    await Promise.all([report.flush(), report.flush()]);
    await vi.advanceTimersByTimeAsync(REPORT_MS);
    expect(added).toEqual([{ ...photo, ...noBulk }]);
  });
});
