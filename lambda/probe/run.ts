/**
 * The two steps of a probe: send a photo; later look at its outcome, publish what it proves, and delete all of it.
 *
 * Either may run twice or late: the photo's key follows from the hour of the schedule, and a check that has been done finds nothing.
 */
import { failedKey, resultKey } from '../../contract/keys.ts';
import { probePhotoKey, type ProbeStep } from '../../contract/probe.ts';
import { photoLogId } from '../../contract/trace.ts';
import { probePicture } from './picture.ts';
import { reasonNotToSend, verdictOn, type StageState } from './verdict.ts';

export interface ProbePorts {
  bucketName: string;
  /** @returns false if the key has an object already, which stays */
  put(key: string, body: Buffer): Promise<boolean>;
  exists(key: string): Promise<boolean>;
  /** @returns the code of a failure record; undefined without one */
  failure(key: string): Promise<string | undefined>;
  /** Does nothing where there is no such object. */
  remove(key: string): Promise<void>;
  stage(): Promise<StageState>;
  publish(failed: 0 | 1): Promise<void>;
  /** Epoch seconds. */
  now(): number;
  log(line: Record<string, unknown>): void;
}

const HOUR_SECONDS = 3600;
/** Hours back to earlier probe photos, hourly and daily: one whose check failed may have left something. */
const EARLIER_HOURS = [1, 24];

/**
 * @param scheduledAt epoch seconds
 * @throws Error what failed, once it is counted as a failed probe: a client's photo would meet the same
 */
export async function probe(step: ProbeStep, scheduledAt: number, ports: ProbePorts): Promise<void> {
  try {
    await (step === 'send' ? send : check)(scheduledAt, ports);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    ports.log({ message: 'probe-not-run', step, error: text });
    await ports.publish(1).catch(() => undefined);
    throw error;
  }
}

async function send(scheduledAt: number, ports: ProbePorts): Promise<void> {
  const key = probePhotoKey(scheduledAt);
  const reason = reasonNotToSend(await ports.stage(), ports.now());
  if (reason !== undefined)
    return ports.log({ message: 'probe-photo-not-sent', ...names(key, ports), reason });
  const isNew = await ports.put(key, probePicture());
  ports.log({ message: 'probe-photo-sent', ...names(key, ports), isNew });
}

async function check(scheduledAt: number, ports: ProbePorts): Promise<void> {
  const key = probePhotoKey(scheduledAt);
  // The photo first: what is found after it is no older.
  const photo = await ports.exists(key);
  const [result, failure, stage] = await Promise.all([
    ports.exists(resultKey(key)),
    ports.failure(failedKey(key)),
    ports.stage(),
  ]);
  const { failed, reason } = verdictOn({ photo, result, failure }, stage, ports.now());
  ports.log({ message: 'probe-photo-checked', ...names(key, ports), reason, failed: failed ?? null });
  if (failed !== undefined) await ports.publish(failed);
  for (const hours of [0, ...EARLIER_HOURS]) await remove(scheduledAt - hours * HOUR_SECONDS, ports);
}

/** A worker that is late then finds no photo, and leaves no outcome. */
async function remove(at: number, ports: ProbePorts): Promise<void> {
  const key = probePhotoKey(at);
  for (const one of [key, resultKey(key), failedKey(key)]) await ports.remove(one);
}

/** Not the key, as in every log; the id finds the lines of the worker. */
const names = (key: string, { bucketName }: ProbePorts) => ({ photo: photoLogId(bucketName, key) });
