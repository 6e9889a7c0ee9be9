/**
 * Several ticks in one invocation, at absolute times: a schedule's shortest period is a minute, and a fleet needs more.
 *
 * Gotcha: EventBridge Scheduler may fire at any second of its minute. Ticks are counted from the scheduled time, not
 * from the start of the function, and an event is dropped only once its successor is due, a whole period later.
 */
import { POLL_SECONDS } from './policy/poll.ts';
import type { TickResult } from './tick.ts';

/** The schedule's period, seconds. */
export const PERIOD_SECONDS = 60;
/** No tick starts with less than this left before the function's time-out, milliseconds. */
const TICK_ALLOWANCE_MS = 10_000;
/** No poll starts so long before the next invocation is due, which then finds the lease free. */
export const HANDOVER_SECONDS = 3;

export interface Clock {
  /** Epoch seconds. */
  now(): number;
  sleepUntil(at: number): Promise<void>;
}

/** Epoch seconds of the event's schedule; undefined where the placeholder was not filled in. */
export function scheduledAt(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '') / 1000;
  return Number.isFinite(at) ? at : undefined;
}

/**
 * Times of the ticks of one invocation, epoch seconds. Of the times that have passed only the latest is made up for, at
 * once; an event older than its schedule's period has none.
 */
export function tickTimes(scheduled: number, now: number, tickSeconds: number): number[] {
  if (now - scheduled >= PERIOD_SECONDS) return [];
  const all = Array.from(
    { length: Math.floor(PERIOD_SECONDS / tickSeconds) },
    (_, k) => scheduled + k * tickSeconds,
  );
  const upcoming = all.filter((at) => at > now);
  return all.length > upcoming.length ? [now, ...upcoming] : upcoming;
}

export interface RunOptions {
  scheduled: number | undefined;
  tickSeconds: number;
  clock: Clock;
  remainingMs: () => number;
  /** @param woken by a photo at a fleet of size zero */
  tick: (woken: boolean) => Promise<TickResult>;
  /** Whether such a photo started this run. @default false */
  woken?: boolean;
  /** Whether such a photo starts a run. @default false: a fleet that sleeps has its usual ticks */
  wakesByEvent?: boolean;
  /** Gives the lease back; called once, after the last tick. */
  release: () => Promise<void>;
  log: (line: { message: string; [field: string]: unknown }) => void;
}

/**
 * Times of the polls after a tick at `at`: all before the next one.
 *
 * @param until epoch seconds
 */
export function pollTimes(at: number, until: number): number[] {
  const count = Math.ceil((until - at) / POLL_SECONDS - 0.01) - 1;
  return Array.from({ length: Math.max(0, count) }, (_, k) => at + (k + 1) * POLL_SECONDS);
}

/** Whether the queue asks for a tick before a time, epoch seconds. A poll that fails asks for none. */
async function isCalledFor(
  { clock, log }: RunOptions,
  poll: NonNullable<TickResult['poll']>,
  until: number,
): Promise<boolean> {
  for (const time of pollTimes(clock.now(), until)) {
    await clock.sleepUntil(time);
    try {
      if (await poll()) return true;
    } catch (error) {
      log({ message: 'poll-failed', error: (error as Error).message });
    }
  }
  return false;
}

/**
 * Runs the ticks until the next invocation is due.
 *
 * @returns whether it ever had the lease
 * @throws AggregateError at the end, when a part of any tick failed
 */
export async function runTicks(options: RunOptions): Promise<boolean> {
  const { scheduled, tickSeconds, clock, remainingMs, tick, wakesByEvent, release, log } = options;
  const start = clock.now();
  const times = tickTimes(scheduled ?? start, start, tickSeconds);
  if (times.length === 0) log({ message: 'event-dropped', ageSeconds: start - (scheduled ?? start) });
  const errors: Error[] = [];
  const end = (scheduled ?? start) + PERIOD_SECONDS;
  let held = false;
  let woken = options.woken ?? false;
  for (let at = times.shift(); at !== undefined; at = times.shift()) {
    await clock.sleepUntil(at);
    if (remainingMs() < TICK_ALLOWANCE_MS) {
      log({ message: 'ticks-skipped', remainingMs: remainingMs() });
      break;
    }
    const result = await tick(woken);
    for (const error of result.errors) log({ message: 'tick-failed', error: error.message });
    errors.push(...result.errors);
    if (!result.held) {
      log({ message: held ? 'lease-lost' : 'lease-refused' });
      // An invocation that lost its lease has a successor. One that never had it may follow one that died with it. One that a photo
      // started comes beside those of the schedule.
      if (held || woken) break;
      continue;
    }
    held = true;
    woken = false;
    // One that the rule asks for comes beside those of the stage's pace.
    const next = at + (result.nextSeconds ?? tickSeconds);
    if (next < (times[0] ?? end)) times.unshift(next);
    if (result.record) log({ message: 'tick-finished', ...result.record });
    // A photo would start a run of its own.
    if (result.asleep && wakesByEvent)
      times.splice(0, times.length, ...times.filter((time) => time >= next - 1));
    if (result.poll && (await isCalledFor(options, result.poll, times[0] ?? end - HANDOVER_SECONDS)))
      times.unshift(clock.now());
  }
  if (held) {
    await release().catch((cause: Error) => errors.push(new Error(`release: ${cause.message}`, { cause })));
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join('; '));
  return held;
}
