/** Reads the worker's settings. A tag of the instance names their parameter, so one image serves every stage. */
import { z } from 'zod';
import { jittered, pause } from '../common/time.ts';
import { CANDIDATE_TAG, GROUP_TAG, SETTINGS_TAG } from '../contract/names.ts';
import { workerSettingsSchema, type WorkerSettings } from '../contract/worker.ts';
import type { RetryPolicy } from './comfyui/readiness.ts';
import type { ReadMetadata } from './instance/notices.ts';
import { describeError, type Log } from './telemetry/log.ts';

export interface SettingsSource {
  metadata: ReadMetadata;
  /** Value of a parameter. */
  parameter: (name: string) => Promise<string>;
}

export interface Identity {
  instanceId: string;
  region: string;
}

interface RetryLimits extends Pick<RetryPolicy, 'limitMs' | 'retryMs'> {
  /** Pauses grow to so long, and are in part random. @default retryMs, always */
  mostMs?: number;
}

/** Tags can appear minutes after the instance, and the network after the worker. */
const RETRY_LIMITS: RetryLimits = { limitMs: 180_000, retryMs: 2000 };
/**
 * SSM answers 40 calls a second of an account by default: a thousand instances that boot at once take half a minute, and repeat their calls
 * the less often the longer that takes.
 */
const PARAMETER_LIMITS: RetryLimits = { limitMs: 300_000, retryMs: 2000, mostMs: 15_000 };

/** @throws with every wrong field named */
export function parseSettings(parameter: string, text: string): WorkerSettings {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`parameter '${parameter}' is not JSON: '${text.slice(0, 60)}'`, { cause });
  }
  const settings = workerSettingsSchema.safeParse(json);
  if (settings.success) return settings.data;
  throw new Error(`parameter '${parameter}' is invalid: ${z.prettifyError(settings.error)}`);
}

/**
 * Reads the id and region of this instance.
 *
 * @param region the one to use instead of the instance's
 * @throws when the metadata service does not answer
 */
export function identify(
  metadata: ReadMetadata,
  region: string | undefined,
  log: Log,
  limits: RetryLimits = RETRY_LIMITS,
): Promise<Identity> {
  return retry(log, limits, async () => {
    const instanceId = await metadata('instance-id');
    const place = region || (await metadata('placement/region'));
    if (!instanceId || !place) throw new Error('the metadata has no instance id or region');
    return { instanceId, region: place };
  });
}

/**
 * Reads the settings, with retries.
 *
 * @throws the last reason when the tag cannot be read within three minutes, or the parameter within five, and at once when they
 * are invalid
 */
export async function readSettings(
  source: SettingsSource,
  log: Log,
  given?: RetryLimits,
): Promise<WorkerSettings> {
  const name = await retry(log, given ?? RETRY_LIMITS, async () => {
    const tag = await source.metadata(`tags/instance/${SETTINGS_TAG}`);
    if (!tag)
      throw new Error(`the instance has no tag '${SETTINGS_TAG}' (are tags allowed in its metadata?)`);
    return tag;
  });
  return parseSettings(
    name,
    await retry(log, { ...PARAMETER_LIMITS, ...given }, () => source.parameter(name)),
  );
}

/**
 * Whether this instance checks a candidate image and receives no photos. To be called when the settings are read: all tags
 * appear together.
 *
 * @throws when the metadata service does not answer
 */
export function isCandidate(
  metadata: ReadMetadata,
  log: Log,
  limits: RetryLimits = RETRY_LIMITS,
): Promise<boolean> {
  return retry(log, limits, async () => (await metadata(`tags/instance/${CANDIDATE_TAG}`)) !== undefined);
}

/**
 * Reads the name of this instance's Auto Scaling group, whose hooks it completes. To be called as {@link isCandidate}.
 *
 * @param fleetGroup of an instance without the tag: that of a fleet with one group, or launched before there was a second one
 * @throws when the metadata service does not answer
 */
export function readGroupName(
  metadata: ReadMetadata,
  fleetGroup: string,
  log: Log,
  limits: RetryLimits = RETRY_LIMITS,
): Promise<string> {
  return retry(log, limits, async () => (await metadata(`tags/instance/${GROUP_TAG}`)) || fleetGroup);
}

async function retry<T>(
  log: Log,
  { limitMs, retryMs, mostMs }: RetryLimits,
  attempt: () => Promise<T>,
): Promise<T> {
  const untilMs = performance.now() + limitMs;
  for (let pauseMs = retryMs; ; pauseMs = Math.min(2 * pauseMs, mostMs ?? retryMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= untilMs) throw error;
      log('info', 'settings-awaited', { reason: describeError(error) });
      await pause(mostMs === undefined ? retryMs : jittered(pauseMs));
    }
  }
}
