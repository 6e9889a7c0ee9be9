/** Reads the worker's settings. A tag of the instance names their parameter, so one image serves every stage. */
import { z } from 'zod';
import { pause } from '../common/time.ts';
import { CANDIDATE_TAG, SETTINGS_TAG } from '../contract/names.ts';
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

type RetryLimits = Pick<RetryPolicy, 'limitMs' | 'retryMs'>;

/** Tags can appear minutes after the instance, and the network after the worker. */
const RETRY_LIMITS: RetryLimits = { limitMs: 180_000, retryMs: 2000 };

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
 * @throws the last reason when they cannot be read within three minutes, and at once when they are invalid
 */
export async function readSettings(
  source: SettingsSource,
  log: Log,
  limits: RetryLimits = RETRY_LIMITS,
): Promise<WorkerSettings> {
  const { name, text } = await retry(log, limits, async () => {
    const tag = await source.metadata(`tags/instance/${SETTINGS_TAG}`);
    if (!tag)
      throw new Error(`the instance has no tag '${SETTINGS_TAG}' (are tags allowed in its metadata?)`);
    return { name: tag, text: await source.parameter(tag) };
  });
  return parseSettings(name, text);
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

async function retry<T>(log: Log, { limitMs, retryMs }: RetryLimits, attempt: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + limitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= untilMs) throw error;
      log('info', 'settings-awaited', { reason: describeError(error) });
      await pause(retryMs);
    }
  }
}
