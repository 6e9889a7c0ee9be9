/** `ddcolor-elastic colour`: from a command line to an exit code. */
import { setMaxListeners } from 'node:events';
import { withRetries } from '../../client/retry.ts';
import { ApiError } from '../../client/errors.ts';
import { systemClock } from '../../client/time.ts';
import { UserError } from '../../common/errors.ts';
import { EXIT, UsageError } from '../../common/errors.ts';
import { chooseService } from './service/choose.ts';
import type { Service } from './service/service.ts';
import { Interrupted, TimedOut, Unreachable, type FinishedPhoto } from './outcome.ts';
import { Journal } from './journal.ts';
import { HELP, parseOptions, type ColourOptions } from './options.ts';
import { findPhotos, foldOf, readPhoto } from './photos.ts';
import { plan, type Job } from './plan.ts';
import { reportOf, type Report } from './report.ts';
import { Results } from './results.ts';
import { run } from './run.ts';
import { Estimates, newTally } from './tally.ts';
import { progressLine, type RunSummary } from './text.ts';

export { HELP };

const SHOW_EVERY_MS = 500;
/** Failures of the first question after which nobody seems to be there: some fifteen seconds. */
const FIRST_TRIES = 4;

export async function main(args: string[]): Promise<number> {
  const options = parseOptions(args, process.env);
  if (options === 'help') {
    console.log(HELP);
    return EXIT.done;
  }
  const abort = new AbortController();
  // Each transfer and each wait listens to it.
  setMaxListeners(0, abort.signal);
  const stop = () => {
    // The second one does not wait.
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    abort.abort(new Interrupted('Interrupted.'));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await colour(options, abort);
  } catch (error) {
    // Nothing has been sent yet.
    const { text, exit } = reasonOf(error);
    if (exit === undefined) throw error;
    console.error(text);
    return exit;
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

async function colour(options: ColourOptions, abort: AbortController): Promise<number> {
  const { inputs, where, out, json, quiet } = options;
  const { signal } = abort;
  const clock = systemClock;
  const report = reportOf({ json, quiet }, out, { out: process.stdout, err: process.stderr });
  const { photos, skipped } = await findPhotos(inputs, out, foldOf(process.platform));
  if (skipped > 0) report.say(`Left out: ${skipped} that are no pictures.`);
  const results = new Results(out);
  const service = await reach(where, report, signal);
  const journal = Journal.open(out);
  const known = (photo: Job['photo']) =>
    readPhoto(photo)
      .then((read) => read.sha256)
      .catch(() => undefined);
  const jobs = await plan(
    photos,
    { service: service.name, journal, results, sha256: known },
    options,
    signal,
  );
  await results.prepare();

  const tally = newTally(jobs.length);
  const estimates = new Estimates();
  const ended: FinishedPhoto[] = [];
  const startMs = clock.now();
  const show = () => {
    const nowMs = clock.now();
    report.progress(progressLine(tally, estimates.secondsLeft(nowMs), startMs, nowMs));
  };
  const showing = setInterval(show, SHOW_EVERY_MS);
  try {
    await run(jobs, {
      ...{ service, journal, clock, abort, tally, estimates },
      read: readPhoto,
      save: (name, body) => results.save(name, body),
      width: options.width,
      timeoutSeconds: options.timeoutSeconds,
      ended: (one) => {
        ended.push(one);
        report.ended(one);
      },
    });
  } finally {
    clearInterval(showing);
  }
  const failures = ended.filter(({ ending }) => ending.outcome === 'failed');
  const gone = new Set(ended.map(({ job }) => job));
  const open = jobs.filter((job) => !gone.has(job));
  const reason = open.length > 0 && signal.aborted ? reasonOf(signal.reason) : undefined;
  const exit = reason ? (reason.exit ?? EXIT.failed) : failures.length > 0 ? EXIT.failed : EXIT.done;
  const seconds = (clock.now() - startMs) / 1000;
  const closing: RunSummary = { tally, failures, open, stopped: reason?.text, folder: out, seconds };
  report.close(closing, exit);
  return exit;
}

/** The service, once it has answered. */
async function reach(where: ColourOptions['where'], report: Report, signal: AbortSignal): Promise<Service> {
  const onRetry = (refusal: ApiError, _waitMs: number, failures: number) => {
    if (failures >= FIRST_TRIES) throw new Unreachable(refusal.detail, { cause: refusal });
    if (failures === 1) report.say(`${refusal.detail} Trying again...`);
  };
  return withRetries(
    async () => {
      const service = await chooseService(where, signal);
      await service.check(signal);
      return service;
    },
    { signal, onRetry },
  );
}

/** What stopped a run, for people, and what to end with; undefined for a fault of ours. */
function reasonOf(error: unknown): { text: string; exit: number | undefined } {
  const { message, stack } = error as Error;
  if (error instanceof UsageError) return { text: message, exit: EXIT.usage };
  if (error instanceof Interrupted) return { text: message, exit: EXIT.interrupted };
  if (error instanceof TimedOut) return { text: message, exit: EXIT.open };
  if (error instanceof Unreachable) return { text: message, exit: EXIT.open };
  if (error instanceof UserError) return { text: message, exit: EXIT.failed };
  if (error instanceof ApiError) return { text: `${message} (${error.code})`, exit: EXIT.failed };
  return { text: `ddcolor-elastic colour failed: ${stack ?? message}`, exit: undefined };
}
