/** Holds the state of a run: the watcher and the workers' log lines write it, page and summary read it. */
import type { RunState } from '../page/state.ts';

const PAIRS = 12;
const DECISIONS = 30;
/** One hour of one point per second. */
const POINTS = 3600;

export class Recorder {
  private readonly listeners = new Set<() => void>();
  private readonly state: RunState;
  private endedAt: number | undefined;

  constructor(
    start: Pick<RunState, 'standIn' | 'comfyui' | 'stage'>,
    private readonly now: () => number = Date.now,
  ) {
    this.state = {
      ...start,
      phase: 'starting',
      startedAt: now(),
      now: now(),
      photos: { submitted: 0, succeeded: 0, failed: 0, lost: 0 },
      timeline: [],
      waits: [],
      pairs: [],
      failures: [],
      decisions: [],
      instances: [],
      warm: [],
    };
  }

  /** Seconds since the run began. */
  elapsed(at: number = this.now()): number {
    return Math.round((at - this.state.startedAt) / 100) / 10;
  }

  current(): RunState {
    return { ...this.state, now: this.endedAt ?? this.now() };
  }

  /** Ends the run and stops its clock. */
  end(): void {
    this.endedAt = this.now();
    this.update((state) => void (state.phase = 'done'));
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  update(change: (state: RunState) => void): void {
    change(this.state);
    this.state.pairs.splice(PAIRS);
    this.state.decisions.splice(DECISIONS);
    const { timeline } = this.state;
    if (timeline.length > POINTS) timeline.splice(0, timeline.length - POINTS);
    for (const listener of this.listeners) listener();
  }
}
