/** Sends a photo through a deployed stage, waits for its outcome, checks the result and cleans up. */
import type { Clock } from '../../client/time.ts';
import { isPreliminary, readFailure } from '../../contract/failure.ts';
import { failedKey, INCOMING, resultKey } from '../../contract/keys.ts';
import { defectOf, type Picture } from './picture.ts';

export interface SmokeBucket {
  put(key: string, body: Buffer): Promise<void>;
  /** @returns undefined while there is no such object */
  get(key: string): Promise<Buffer | undefined>;
  delete(key: string): Promise<void>;
}

export interface SmokePorts {
  bucket: SmokeBucket;
  measurePicture: (name: string, bytes: Buffer) => Promise<Picture>;
  clock: Clock;
  signal: AbortSignal;
  /** Called at each poll. @param seconds since the start */
  onWait: (seconds: number) => void;
}

/** Stored as `incoming/smoke/<id>/<name>`. */
export interface SmokePhoto {
  id: string;
  name: string;
  body: Buffer;
  picture: Picture;
}

/** Seconds of each phase; undefined for those that were not reached. */
export interface Phases {
  upload?: number;
  /** From the end of the upload to the outcome; includes a boot when the fleet was at 0. */
  wait?: number;
  check?: number;
}

export type Verdict =
  | { outcome: 'succeeded'; result: Picture }
  | { outcome: 'wrong'; reason: string; result: Picture | undefined }
  | { outcome: 'failed'; code: string; reason: string }
  | { outcome: 'timed-out' };

export interface SmokeResult {
  key: string;
  phases: Phases;
  verdict: Verdict;
  /** Keys that could not be deleted. */
  left: string[];
}

/** A poll is two requests. */
const POLL_MS = 2000;
const SMOKE = `${INCOMING}smoke/`;

/** @throws UserError, ApiError; the signal's reason. Result and failure record are deleted in any case */
export async function smoke(
  photo: SmokePhoto,
  timeoutSeconds: number,
  ports: SmokePorts,
): Promise<SmokeResult> {
  const key = `${SMOKE}${photo.id}/${photo.name}`;
  const phases: Phases = {};
  const result: SmokeResult = { key, phases, verdict: { outcome: 'timed-out' }, left: [] };
  try {
    result.verdict = await verdictOn(key, photo, timeoutSeconds, ports, phases);
  } finally {
    // Both: a result may replace a failure record meanwhile.
    for (const one of [resultKey(key), failedKey(key)]) {
      await ports.bucket.delete(one).catch(() => result.left.push(one));
    }
  }
  return result;
}

async function verdictOn(
  key: string,
  { body, picture }: SmokePhoto,
  timeoutSeconds: number,
  { bucket, measurePicture, clock, signal, onWait }: SmokePorts,
  phases: Phases,
): Promise<Verdict> {
  const startMs = clock.now();
  const lap = laps(clock);
  await bucket.put(key, body);
  phases.upload = lap();
  let failed: Verdict = { outcome: 'timed-out' };
  for (;;) {
    const bytes = await bucket.get(resultKey(key));
    if (bytes) {
      phases.wait = lap();
      const result = await measurePicture('The result', bytes).catch((error: Error) => error);
      phases.check = lap();
      if (result instanceof Error) return { outcome: 'wrong', reason: result.message, result: undefined };
      const reason = defectOf(picture, result);
      return reason === undefined ? { outcome: 'succeeded', result } : { outcome: 'wrong', reason, result };
    }
    const record = await bucket.get(failedKey(key));
    const failure = record && readFailure(record.toString());
    if (failure) failed = { outcome: 'failed', code: failure.code, reason: failure.message };
    // Its age is unknown, so a preliminary one is waited for until the end.
    if (failure && !isPreliminary(failure, 0)) {
      phases.wait = lap();
      return failed;
    }
    const sinceMs = clock.now() - startMs;
    if (sinceMs >= timeoutSeconds * 1000) return failed;
    onWait(sinceMs / 1000);
    await clock.sleep(Math.min(POLL_MS, timeoutSeconds * 1000 - sinceMs), signal);
  }
}

/** @returns a function that gives the seconds since its last call */
function laps(clock: Clock): () => number {
  let beforeMs = clock.now();
  return () => {
    const nowMs = clock.now();
    const seconds = (nowMs - beforeMs) / 1000;
    beforeMs = nowMs;
    return seconds;
  };
}
