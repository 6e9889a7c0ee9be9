/**
 * Sends photos and awaits their outcomes, many at a time.
 *
 * Photos are sent as fast as possible, since the fleet grows with its queue. Only the ones sent first are polled, as they
 * finish first, so a thousand waiting photos cost no more requests than a few.
 */
import { ApiError } from '../../client/errors.ts';
import { send, awaitOutcome, type TransferPorts, type Open, type Retries } from './transfer.ts';
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

/** Consecutive errors for this long stop a run; rate limits do not count. */
const UNREACHABLE_MS = 5 * 60_000;
/** A photo that the service loses this often fails. */
const MAX_SENDS = 3;
/** Between two polls of the photo sent last, whose estimate is that of the run. */
const ESTIMATE_MS = 10_000;
const CHECK_MS = 1000;

export interface RunContext extends TransferPorts {
  /** Stops the run, with its reason. */
  abort: AbortController;
  width: number;
  timeoutSeconds: number | undefined;
  onFinished: (photo: FinishedPhoto) => void;
}

/** Resolves when every photo has its outcome or the run was stopped; a later run continues with the rest. */
export const run = (jobs: Job[], context: RunContext): Promise<void> => new Run(context).all(jobs);

class Run {
  private readonly toSend = new AsyncQueue<Job>();
  private readonly toPoll = new AsyncQueue<Open>();
  private readonly open = new Set<Job>();
  private readonly sends = new Map<Job, number>();
  private readonly polled = new Set<string>();
  /** Id of the photo sent last. */
  private newest: string | undefined;
  private readonly signal: AbortSignal;

  constructor(private readonly context: RunContext) {
    this.signal = context.abort.signal;
  }

  async all(jobs: Job[]): Promise<void> {
    const { signal } = this;
    const background = new AbortController();
    const stop = () => {
      this.close();
      background.abort();
    };
    signal.addEventListener('abort', stop, { once: true });
    for (const job of jobs) this.open.add(job);
    for (const job of jobs) this.begin(job);
    if (signal.aborted || this.open.size === 0) stop();
    const extras = [this.timeout(background.signal), this.estimate(background.signal)];
    const extrasEnded = extras.map((extra) => extra.catch(() => undefined));
    const consume = async <T>(queue: AsyncQueue<T>, one: (item: T) => Promise<void>) => {
      for (let item = await queue.next(); item !== undefined; item = await queue.next()) await one(item);
    };
    const consumers = Array.from({ length: this.context.width }, () => [
      consume(this.toSend, (job) => this.guarded(job, () => this.send(job))),
      consume(this.toPoll, (open) => this.guarded(open.job, () => this.poll(open))),
    ]);
    await Promise.all(consumers.flat());
    stop();
    await Promise.all(extrasEnded);
    signal.removeEventListener('abort', stop);
  }

  private begin(job: Job): void {
    const { step } = job;
    if (step.kind === 'done') this.finish(job, { outcome: 'succeeded', before: true });
    else if (step.kind === 'failed') this.finish(job, failure(step.code, step.message, false, step.before));
    else if (step.kind === 'send') this.toSend.push(job);
    else this.wait({ job, sent: step.sent, state: step.state, startMs: this.context.clock.now() });
  }

  private wait(open: Open): void {
    this.context.tally.waiting++;
    this.newest = open.sent.id;
    this.toPoll.push(open);
  }

  private async send(job: Job): Promise<void> {
    const count = (this.sends.get(job) ?? 0) + 1;
    this.sends.set(job, count);
    if (count > MAX_SENDS) {
      return this.finish(
        job,
        failure('not-found', `The service has lost the photo ${MAX_SENDS} times.`, true),
      );
    }
    const result = await send(job, this.context, this.retries());
    if ('outcome' in result) this.finish(job, result);
    else this.wait(result);
  }

  private async poll(open: Open): Promise<void> {
    const { job, sent, startMs } = open;
    this.polled.add(sent.id);
    try {
      const result = await awaitOutcome(open, this.context, this.retries());
      if (result === 'again') this.toSend.push(job);
      else this.finish(job, result, sent.id, startMs);
    } finally {
      this.polled.delete(sent.id);
      this.context.tally.waiting--;
    }
  }

  private finish(job: Job, outcome: PhotoOutcome, id?: string, startMs?: number): void {
    const { tally, clock, onFinished } = this.context;
    if (!this.open.delete(job)) return;
    if (outcome.before) tally.before++;
    tally[outcome.outcome]++;
    const seconds = startMs === undefined ? 0 : (clock.now() - startMs) / 1000;
    onFinished({ job, outcome, id, seconds });
    if (this.open.size === 0) this.close();
  }

  private close(): void {
    this.toSend.close();
    this.toPoll.close();
  }

  /** An error of one photo is its outcome; one that affects every photo stops the run. */
  private async guarded(job: Job, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      if (this.signal.aborted) return;
      if (!(error instanceof ApiError) || affectsEveryPhoto(error)) this.context.abort.abort(error);
      else this.finish(job, failure(error.code, error.detail, error.retryable));
    }
  }

  /** Retry options of one photo's requests; an outage that lasts too long stops the run. */
  private retries(): Retries {
    const { clock, tally } = this.context;
    let outage: { failures: number; sinceMs: number } | undefined;
    return {
      clock,
      signal: this.signal,
      onRetry: (refusal, waitMs, failures) => {
        const nowMs = clock.now();
        tally.error = { text: refusal.detail, untilMs: nowMs + waitMs };
        if (refusal.code !== 'unavailable') return;
        if (!outage || failures <= outage.failures) outage = { failures, sinceMs: nowMs };
        outage.failures = failures;
        if (nowMs - outage.sinceMs >= UNREACHABLE_MS)
          throw new Unreachable(refusal.detail, { cause: refusal });
      },
    };
  }

  private async timeout(signal: AbortSignal): Promise<void> {
    const { timeoutSeconds, clock, abort } = this.context;
    if (timeoutSeconds === undefined) return;
    await clock.sleep(timeoutSeconds * 1000, signal);
    abort.abort(new TimedOut(`It was not done within ${timeoutSeconds} s.`));
  }

  /** Polls the photo sent last: first, then every ten seconds, and as soon as all have been sent. */
  private async estimate(signal: AbortSignal): Promise<void> {
    const { service, clock, estimates, tally } = this.context;
    let last: { id: string; atMs: number } | undefined;
    for (;;) {
      await clock.sleep(CHECK_MS, signal);
      const id = this.newest;
      if (id === undefined || this.polled.has(id) || !estimates.any) continue;
      const isNewest = last?.id !== id && tally.uploading === 0;
      if (last && !isNewest && clock.now() - last.atMs < ESTIMATE_MS) continue;
      last = { id, atMs: clock.now() };
      const look = await service.look(id, signal).catch(() => undefined);
      if (look) estimates.note(id, look, clock.now());
    }
  }
}
