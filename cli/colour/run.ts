/**
 * Takes photos to their ends, many at a time.
 *
 * Some are sent while others are asked about: all are brought to the service as fast as they go, for its fleet grows with
 * its queue. Those asked about are the ones that were sent first, which end first; so a thousand that wait are no more
 * requests than a few.
 */
import { ApiError } from '../../client/errors.ts';
import { send, awaitOutcome, type TransferPorts, type Open, type Patience } from './transfer.ts';
import {
  failure,
  affectsEveryPhoto,
  TimedOut,
  Unreachable,
  type FinishedPhoto,
  type PhotoOutcome,
} from './outcome.ts';
import { AsyncQueue } from './async-queue.ts';
import type { Job } from './plan.ts';

/** Failures in a row, over so long, end a run: nobody is there. Limits on photos are no failures. */
const AWAY_MS = 5 * 60_000;
/** A service that loses a photo so often has no place for it. */
const SENDINGS = 3;
/** Between two questions about the photo sent last, whose estimate is that of the run; and between two thoughts of it. */
const ESTIMATE_MS = 10_000;
const GLANCE_MS = 1000;

export interface RunContext extends TransferPorts {
  /** Stops the run, with its reason. */
  abort: AbortController;
  width: number;
  timeoutSeconds: number | undefined;
  ended: (ended: FinishedPhoto) => void;
}

/** Resolves when every photo has ended, or the run was stopped; those that have not ended are left to a later run. */
export const run = (jobs: Job[], context: RunContext): Promise<void> => new Run(context).all(jobs);

class Run {
  private readonly toSend = new AsyncQueue<Job>();
  private readonly toWatch = new AsyncQueue<Open>();
  private readonly open = new Set<Job>();
  private readonly sendings = new Map<Job, number>();
  private readonly watched = new Set<string>();
  /** Id of the photo sent last. */
  private newest: string | undefined;
  private readonly signal: AbortSignal;

  constructor(private readonly context: RunContext) {
    this.signal = context.abort.signal;
  }

  async all(jobs: Job[]): Promise<void> {
    const { signal } = this;
    const beside = new AbortController();
    const stop = () => {
      this.close();
      beside.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    for (const job of jobs) this.open.add(job);
    for (const job of jobs) this.begin(job);
    if (signal.aborted || this.open.size === 0) stop();
    // What runs beside the photos ends with them.
    const extras = [this.timeout(beside.signal), this.estimate(beside.signal)];
    const ended = extras.map((extra) => extra.catch(() => undefined));
    const serve = async <T>(line: AsyncQueue<T>, one: (item: T) => Promise<void>) => {
      for (let item = await line.next(); item !== undefined; item = await line.next()) await one(item);
    };
    const lanes = Array.from({ length: this.context.width }, () => [
      serve(this.toSend, (job) => this.guarded(job, () => this.send(job))),
      serve(this.toWatch, (open) => this.guarded(open.job, () => this.watch(open))),
    ]);
    await Promise.all(lanes.flat());
    stop();
    await Promise.all(ended);
    signal.removeEventListener('abort', stop);
  }

  private begin(job: Job): void {
    const { step } = job;
    if (step.kind === 'done') this.end(job, { outcome: 'coloured', before: true });
    else if (step.kind === 'failed') this.end(job, failure(step.code, step.message, false, true));
    else if (step.kind === 'send') this.toSend.push(job);
    else this.wait({ job, sent: step.sent, state: step.state, startMs: this.context.clock.now() });
  }

  private wait(open: Open): void {
    this.context.tally.waiting++;
    this.newest = open.sent.id;
    this.toWatch.push(open);
  }

  private async send(job: Job): Promise<void> {
    const count = (this.sendings.get(job) ?? 0) + 1;
    this.sendings.set(job, count);
    if (count > SENDINGS) {
      return this.end(job, failure('not-found', `The service has lost the photo ${SENDINGS} times.`, true));
    }
    const result = await send(job, this.context, this.patience());
    if ('outcome' in result) this.end(job, result);
    else this.wait(result);
  }

  private async watch(open: Open): Promise<void> {
    const { job, sent, startMs } = open;
    this.watched.add(sent.id);
    try {
      const result = await awaitOutcome(open, this.context, this.patience());
      if (result === 'again') this.toSend.push(job);
      else this.end(job, result, sent.id, startMs);
    } finally {
      this.watched.delete(sent.id);
      this.context.tally.waiting--;
    }
  }

  private end(job: Job, ending: PhotoOutcome, id?: string, startMs?: number): void {
    const { tally, clock, ended } = this.context;
    if (!this.open.delete(job)) return;
    if (ending.before) tally.before++;
    tally[ending.outcome]++;
    const seconds = startMs === undefined ? 0 : (clock.now() - startMs) / 1000;
    ended({ job, ending, id, seconds });
    if (this.open.size === 0) this.close();
  }

  private close(): void {
    this.toSend.close();
    this.toWatch.close();
  }

  /** A photo that is refused ends; what would meet all of them stops the run. */
  private async guarded(job: Job, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (this.signal.aborted) return;
      if (!(error instanceof ApiError) || affectsEveryPhoto(error)) this.context.abort.abort(error);
      else this.end(job, failure(error.code, error.detail, error.retryable));
    }
  }

  /** For one photo's requests, one after the other: what fails for too long stops the run. */
  private patience(): Patience {
    const { clock, tally } = this.context;
    let away: { failures: number; sinceMs: number } | undefined;
    return {
      clock,
      signal: this.signal,
      onRetry: (refusal, waitMs, failures) => {
        const nowMs = clock.now();
        tally.trouble = { text: refusal.detail, untilMs: nowMs + waitMs };
        if (refusal.code !== 'unavailable') return;
        if (!away || failures <= away.failures) away = { failures, sinceMs: nowMs };
        away.failures = failures;
        if (nowMs - away.sinceMs >= AWAY_MS) throw new Unreachable(refusal.detail, { cause: refusal });
      },
    };
  }

  private async timeout(signal: AbortSignal): Promise<void> {
    const { timeoutSeconds, clock, abort } = this.context;
    if (timeoutSeconds === undefined) return;
    await clock.sleep(timeoutSeconds * 1000, signal);
    abort.abort(new TimedOut(`It was not done within ${timeoutSeconds} s.`));
  }

  /** Asks about the photo that was sent last: at first, then now and then, and as soon as all have been sent. */
  private async estimate(signal: AbortSignal): Promise<void> {
    const { service, clock, estimates, tally } = this.context;
    let asked: { id: string; atMs: number } | undefined;
    for (;;) {
      await clock.sleep(GLANCE_MS, signal);
      const id = this.newest;
      if (id === undefined || this.watched.has(id) || !estimates.any) continue;
      const last = asked?.id !== id && tally.uploading === 0;
      if (asked && !last && clock.now() - asked.atMs < ESTIMATE_MS) continue;
      asked = { id, atMs: clock.now() };
      const look = await service.look(id, signal).catch(() => undefined);
      if (look) estimates.note(id, look, clock.now());
    }
  }
}
