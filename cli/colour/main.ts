/** `ddcolor-elastic colour`: sends photos to a service and downloads their results. */
import { withRetries } from '../../client/retry.ts';
import { ApiError } from '../../client/errors.ts';
import { systemClock } from '../../client/time.ts';
import type { CommandLine } from '../../common/command-line.ts';
import { EXIT, Interrupted, UsageError, UserError } from '../../common/errors.ts';
import { interruptible } from '../shared/interruptible.ts';
import { Journal } from './journal.ts';
import {
  destinationOf,
  photoOptionsOf,
  withOptions,
  type ColourOptions,
  type Destination,
} from './options.ts';
import { TimedOut, Unreachable, type FinishedPhoto } from './outcome.ts';
import { findPhotos, readPhoto } from './photos.ts';
import { plan, unreadJobs, type Job } from './plan.ts';
import { reportOf, type Report } from './report.ts';
import { foldFor } from './result-names.ts';
import { Results } from './results.ts';
import { run } from './run.ts';
import { chooseService } from './service/choose.ts';
import type { Service } from './service/service.ts';
import { Estimates, newTally } from './tally.ts';
import { progressLine, type RunSummary } from './text.ts';
import { printError } from '../../common/terminal.ts';

const SHOW_EVERY_MS = 500;
/** Failures of the first request after which the service counts as unreachable: about fifteen seconds. */
const FIRST_ATTEMPTS = 4;

export const define = (command: CommandLine): CommandLine =>
  withOptions(command).runs((inputs: string[], options: ColourOptions) => {
    const destination = destinationOf(options, process.env);
    return interruptible(async (abort) => {
      try {
        return await colour(inputs, destination, options, abort);
      } catch (error) {
        // Nothing has been sent yet.
        if (error instanceof UsageError) throw error;
        const { text, exit } = stopReason(error);
        if (exit === undefined) throw error;
        printError(text);
        return exit;
      }
    });
  });

async function colour(
  inputs: string[],
  destination: Destination,
  options: ColourOptions,
  abort: AbortController,
): Promise<number> {
  const { out, json = false, quiet = false, force = false, retry = false } = options;
  const { signal } = abort;
  const chosen = photoOptionsOf(options);
  const clock = systemClock;
  const report = reportOf({ json, quiet }, out, { out: process.stdout, err: process.stderr });
  const { photos, unread, skipped } = await findPhotos(inputs, out, await foldFor(out));
  report.skipped(skipped);
  const results = new Results(out);
  const service = await connect(destination, report, signal);
  const journal = Journal.open(out);
  const sha256 = (photo: Job['photo']) =>
    readPhoto(photo)
      .then((read) => read.sha256)
      .catch(() => undefined);
  const planned = await plan(
    photos,
    { service: service.name, journal, results, sha256 },
    { force, retry, chosen },
    signal,
  );
  const jobs = [...planned, ...unreadJobs(unread)];
  await results.prepare();

  const tally = newTally(jobs.length);
  const estimates = new Estimates();
  const finished: FinishedPhoto[] = [];
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
      timeoutSeconds: options.timeout,
      colouredPhotos: options.colouredPhotos,
      lane: options.bulk ? 'bulk' : 'interactive',
      options: chosen,
      onFinished: (photo) => {
        finished.push(photo);
        report.finished(photo);
      },
    });
  } finally {
    clearInterval(showing);
  }
  const failures = finished.filter(({ outcome }) => outcome.outcome === 'failed');
  const done = new Set(finished.map(({ job }) => job));
  const open = jobs.filter((job) => !done.has(job));
  const reason = open.length > 0 && signal.aborted ? stopReason(signal.reason) : undefined;
  const exit = reason ? (reason.exit ?? EXIT.failed) : failures.length > 0 ? EXIT.failed : EXIT.done;
  const seconds = (clock.now() - startMs) / 1000;
  const remarked = finished.filter(({ outcome }) => outcome.outcome === 'succeeded' && outcome.remarks);
  const summary: RunSummary = {
    ...{ tally, failures, remarked, open, skipped, seconds },
    stopped: reason?.text,
    folder: out,
  };
  report.close(summary, exit);
  return exit;
}

/** @returns the service once it has answered */
async function connect(destination: Destination, report: Report, signal: AbortSignal): Promise<Service> {
  const onRetry = (refusal: ApiError, _waitMs: number, failures: number) => {
    if (failures >= FIRST_ATTEMPTS) throw new Unreachable(refusal.detail, { cause: refusal });
    if (failures === 1) report.say(`${refusal.detail} Trying again...`);
  };
  return withRetries(
    async () => {
      const service = await chooseService(destination, signal);
      await service.check(signal);
      return service;
    },
    { signal, onRetry },
  );
}

/** Why a run stopped, and its exit code; undefined for a bug. */
function stopReason(error: unknown): { text: string; exit: number | undefined } {
  const { message, stack } = error as Error;
  if (error instanceof UsageError) return { text: message, exit: EXIT.usage };
  if (error instanceof Interrupted) return { text: message, exit: EXIT.interrupted };
  if (error instanceof TimedOut || error instanceof Unreachable)
    return { text: message, exit: EXIT.incomplete };
  if (error instanceof UserError) return { text: message, exit: EXIT.failed };
  if (error instanceof ApiError) return { text: `${message} (${error.code})`, exit: EXIT.failed };
  return { text: `ddcolor-elastic colour failed: ${stack ?? message}`, exit: undefined };
}
