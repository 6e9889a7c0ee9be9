/** What a run ends with: a timeline and a summary for people, and the same as JSON. */
import type { RunState } from '../page/state.ts';

export interface RunSummary {
  photos: { submitted: number; coloured: number; failed: number; lost: number };
  /** Seconds from a photo's arrival to the start of its processing; null when no photo was started. */
  wait: { mean: number | null; p95: number | null };
  fleet: {
    /** Most instances in service at once. */
    peak: number;
    /** Instances left at the end, in any state. */
    final: number;
    timeline: TimelineRow[];
  };
  seconds: number;
}

export interface TimelineRow {
  /** Seconds since the run began. */
  t: number;
  visible: number;
  inFlight: number;
  desired: number;
  inService: number;
  /** Reason of the scaler's last decision by then; null before its first. */
  reason: string | null;
}

const rounded = (value: number) => Math.round(value * 10) / 10;

/** Percentile by linear interpolation between the closest ranks; null for no values. */
export function percentile(values: number[], p: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * p;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return null;
  return rounded(below + (above - below) * (position - Math.floor(position)));
}

export function summarise(state: RunState): RunSummary {
  const seconds = state.waits.map((wait) => wait.seconds);
  const sum = seconds.reduce((total, value) => total + value, 0);
  return {
    photos: {
      submitted: state.photos.submitted,
      coloured: state.photos.coloured,
      failed: state.photos.failed,
      lost: state.photos.lost ?? 0,
    },
    wait: { mean: seconds.length > 0 ? rounded(sum / seconds.length) : null, p95: percentile(seconds, 0.95) },
    fleet: {
      peak: Math.max(0, ...state.timeline.map((row) => row.inService)),
      final: state.instances.length,
      timeline: state.timeline.map(({ t, visible, inFlight, desired, inService, reason }) => ({
        t,
        visible,
        inFlight,
        desired,
        inService,
        reason,
      })),
    },
    seconds: rounded((state.now - state.startedAt) / 1000),
  };
}

/** The rows of the timeline at which the fleet changed, as lines of text. */
export function timelineText(timeline: TimelineRow[]): string[] {
  const lines = ['    time  waiting  in flight  desired  in service  decision'];
  let last: TimelineRow | undefined;
  for (const row of timeline) {
    const changed = row.desired !== last?.desired || row.inService !== last.inService;
    if (changed) {
      const cells = [`${Math.round(row.t)} s`.padStart(8), String(row.visible).padStart(8)];
      cells.push(
        String(row.inFlight).padStart(10),
        String(row.desired).padStart(8),
        String(row.inService).padStart(11),
      );
      lines.push(`${cells.join(' ')}  ${row.reason ?? '-'}`);
    }
    last = row;
  }
  return lines;
}

export function summaryText(summary: RunSummary, failures: RunState['failures']): string[] {
  const { photos, wait, fleet, seconds } = summary;
  return [
    `${photos.submitted} photos submitted: ${photos.coloured} coloured, ${photos.failed} failed, ${photos.lost} lost`,
    ...failures.map(({ key, code, message }) => `  failed  ${key}: ${code}, ${message}`),
    wait.mean === null ? 'no photo was started' : `waits: mean ${wait.mean} s, 95 % within ${wait.p95} s`,
    `fleet: 0 -> ${fleet.peak} -> ${fleet.final} instances`,
    `${seconds} s in all`,
  ];
}
