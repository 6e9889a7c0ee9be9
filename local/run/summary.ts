/** Progress line, timeline and summary of a run, as text and JSON. */
import { INCOMING } from '../../contract/keys.ts';
import type { RunState } from '../page/state.ts';

export interface RunSummary {
  photos: { submitted: number; succeeded: number; failed: number; lost: number };
  /** Seconds from a photo's arrival to the start of its processing; null when no photo was started. */
  wait: { mean: number | null; p95: number | null };
  fleet: {
    /** Maximum of instances in service. */
    peak: number;
    /** Maximum of on-demand instances in service. */
    onDemandPeak: number;
    /** Instances at the end of the run, in any state but those of the warm pool. */
    final: number;
    /** Stopped instances at the end of the run. */
    stopped: number;
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
  /** Of those in service: bought on demand. */
  onDemand: number;
  /** Stopped instances. */
  stopped: number;
  /** Reason of the scaler's latest decision; null before its first. */
  reason: string | null;
}

const rounded = (value: number) => Math.round(value * 10) / 10;

/**
 * Percentile by linear interpolation between the closest ranks, to one decimal.
 *
 * @param p 0 to 1
 * @returns null for no values
 */
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
      succeeded: state.photos.succeeded,
      failed: state.photos.failed,
      lost: state.photos.lost ?? 0,
    },
    wait: { mean: seconds.length > 0 ? rounded(sum / seconds.length) : null, p95: percentile(seconds, 0.95) },
    fleet: {
      peak: Math.max(0, ...state.timeline.map((row) => row.inService)),
      onDemandPeak: Math.max(0, ...state.timeline.map((row) => row.onDemand)),
      final: state.instances.length,
      stopped: state.warm.length,
      timeline: state.timeline.map(({ pending: _pending, draining: _draining, ...row }) => row),
    },
    seconds: rounded((state.now - state.startedAt) / 1000),
  };
}

export function progressLine(state: RunState): string {
  const row = state.timeline.at(-1);
  const parts = [`${Math.round((state.now - state.startedAt) / 1000)} s`.padStart(5), state.phase.padEnd(10)];
  if (row) {
    parts.push(
      `waiting ${row.visible}`,
      `in flight ${row.inFlight}`,
      `fleet ${row.inService} of ${row.desired} in service`,
    );
  }
  const { succeeded, failed, submitted } = state.photos;
  if (submitted > 0) parts.push(`coloured ${succeeded}, failed ${failed} of ${submitted}`);
  return parts.join('  ');
}

/** Formats the rows of the timeline at which the fleet changed. */
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

/** @returns '' for a fleet of one group */
const poolsText = ({ onDemandPeak, stopped }: RunSummary['fleet']): string =>
  onDemandPeak + stopped === 0 ? '' : `, of which ${onDemandPeak} on demand at most; ${stopped} stopped`;

export function summaryText(summary: RunSummary, failures: RunState['failures']): string[] {
  const { photos, wait, fleet, seconds } = summary;
  return [
    `${photos.submitted} photos submitted: ${photos.succeeded} coloured, ${photos.failed} failed, ${photos.lost} lost`,
    ...failures.map(({ key, code, message }) => `  failed  ${nameOf(key)}: ${code}, ${message}`),
    wait.mean === null ? 'no photo was started' : `wait: mean ${wait.mean} s, p95 ${wait.p95} s`,
    `fleet: 0 -> ${fleet.peak} -> ${fleet.final} instances${poolsText(fleet)}`,
    `${seconds} s in total`,
  ];
}

/** A photo's key without the folder of the interactive lane. */
const nameOf = (key: string) => (key.startsWith(INCOMING) ? key.slice(INCOMING.length) : key);
