/** A photo put through a deployed stage: sent, waited for, looked at, and cleared away. */
import type { Clock } from '../../client/time.ts';
import { failureSchema } from '../../contract/failure.ts';
import { failedKey, INCOMING, resultKey } from '../../contract/keys.ts';
import { defectOf, type Picture } from './seen.ts';

export interface SmokeBucket {
  put(key: string, body: Buffer): Promise<void>;
  /** Undefined as long as it is not there. */
  get(key: string): Promise<Buffer | undefined>;
  delete(key: string): Promise<void>;
}

export interface SmokePorts {
  bucket: SmokeBucket;
  see: (what: string, bytes: Buffer) => Promise<Picture>;
  clock: Clock;
  signal: AbortSignal;
  /** Told at each look, with the seconds since the photo was there. */
  waiting: (seconds: number) => void;
}

/** What is put, as `incoming/smoke/<id>/<name>`. */
export interface SmokePhoto {
  id: string;
  name: string;
  body: Buffer;
  seen: Picture;
}

/** Seconds of each phase that can be seen from outside; undefined for those that were not come to. */
export interface Phases {
  upload?: number;
  /** From the end of the upload to the end of the photo: a boot, where the fleet was asleep. */
  wait?: number;
  check?: number;
}

export type Verdict =
  | { outcome: 'coloured'; result: Picture }
  | { outcome: 'wrong'; reason: string; result: Picture | undefined }
  | { outcome: 'failed'; code: string; reason: string }
  | { outcome: 'late' };

export interface SmokeResult {
  key: string;
  phases: Phases;
  verdict: Verdict;
  /** Ends that could not be cleared away. */
  left: string[];
}

/** Between two looks, which are two requests each. */
const EVERY_MS = 2000;
const SMOKE = `${INCOMING}smoke/`;

/** @throws UserError, ApiError; the signal's reason. What can be cleared away is, however it ends */
export async function smoke(
  photo: SmokePhoto,
  timeoutSeconds: number,
  ports: SmokePorts,
): Promise<SmokeResult> {
  const { bucket } = ports;
  const key = `${SMOKE}${photo.id}/${photo.name}`;
  const ends = [resultKey(key), failedKey(key)];
  const left: string[] = [];
  const clear = async () => {
    for (const end of ends) await bucket.delete(end).catch(() => left.push(end));
  };
  const phases: Phases = {};
  const result: SmokeResult = { key, phases, verdict: { outcome: 'late' }, left };
  try {
    result.verdict = await pass(key, photo, timeoutSeconds, ports, phases);
  } finally {
    // Both: a last attempt that succeeds takes the place of its failure.
    await clear();
  }
  return result;
}

async function pass(
  key: string,
  { body, seen }: SmokePhoto,
  timeoutSeconds: number,
  { bucket, see, clock, signal, waiting }: SmokePorts,
  phases: Phases,
): Promise<Verdict> {
  const startMs = clock.now();
  const lap = laps(clock);
  await bucket.put(key, body);
  phases.upload = lap();
  let failed: Verdict = { outcome: 'late' };
  for (;;) {
    const bytes = await bucket.get(resultKey(key));
    if (bytes) {
      phases.wait = lap();
      const result = await see('The result', bytes).catch((error: Error) => error);
      phases.check = lap();
      if (result instanceof Error) return { outcome: 'wrong', reason: result.message, result: undefined };
      const reason = defectOf(seen, result);
      return reason === undefined ? { outcome: 'coloured', result } : { outcome: 'wrong', reason, result };
    }
    const end = await bucket.get(failedKey(key));
    failed = end ? failureOf(end) : failed;
    // Written before the last attempt, which may succeed yet.
    if (failed.outcome === 'failed' && failed.code !== 'retries-exhausted') {
      phases.wait = lap();
      return failed;
    }
    const sinceMs = clock.now() - startMs;
    if (sinceMs >= timeoutSeconds * 1000) return failed;
    waiting(sinceMs / 1000);
    await clock.sleep(Math.min(EVERY_MS, timeoutSeconds * 1000 - sinceMs), signal);
  }
}

function failureOf(end: Buffer): Verdict {
  try {
    const { code, message } = failureSchema.parse(JSON.parse(end.toString()));
    return { outcome: 'failed', code, reason: message };
  } catch {
    return { outcome: 'failed', code: 'unknown', reason: 'The failure says nothing that can be understood.' };
  }
}

/** Seconds since it was last asked. */
function laps(clock: Clock): () => number {
  let beforeMs = clock.now();
  return () => {
    const nowMs = clock.now();
    const seconds = (nowMs - beforeMs) / 1000;
    beforeMs = nowMs;
    return seconds;
  };
}
