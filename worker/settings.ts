/** The worker's settings: a tag of the instance names the parameter that holds them, so one image serves every stage. */
import { z } from 'zod';
import { CANDIDATE_TAG, SETTINGS_TAG } from '../contract/names.ts';
import { workerSettingsSchema, type WorkerSettings } from '../contract/worker.ts';
import { describeError, type Log } from './telemetry/log.ts';
import { pause } from '../common/time.ts';

export interface SettingsSource {
  /** Metadata of the instance; undefined where there is none. */
  metadata: (path: string) => Promise<string | undefined>;
  /** Value of a parameter. */
  parameter: (name: string) => Promise<string>;
}

/** Who and where this machine is. */
export interface Identity {
  instanceId: string;
  region: string;
}

/** Tags can come minutes after the machine, and the network after the worker. */
const PATIENCE: RetryLimits = { limitMs: 180_000, retryMs: 2000 };

export interface RetryLimits {
  limitMs: number;
  retryMs: number;
}

/** @throws with every wrong field named */
export function parseSettings(parameter: string, text: string): WorkerSettings {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`parameter '${parameter}' is not JSON: '${text.slice(0, 60)}'`, { cause });
  }
  const settings = workerSettingsSchema.safeParse(json);
  if (!settings.success)
    throw new Error(`parameter '${parameter}' is not as expected: ${z.prettifyError(settings.error)}`);
  return settings.data;
}

/**
 * @param region the one to use instead of the machine's own
 * @throws when the metadata service stays silent
 */
export function identify(
  metadata: SettingsSource['metadata'],
  region: string | undefined,
  log: Log,
  patience: RetryLimits = PATIENCE,
): Promise<Identity> {
  return eventually(log, patience, async () => {
    const instanceId = await metadata('instance-id');
    const place = region || (await metadata('placement/region'));
    if (!instanceId || !place) throw new Error('the metadata has no instance id or region');
    return { instanceId, region: place };
  });
}

/**
 * Reads the settings, again and again for a while.
 *
 * @throws the last reason when they are still not there after three minutes, and at once when they are wrong
 */
export async function readSettings(
  source: SettingsSource,
  log: Log,
  patience: RetryLimits = PATIENCE,
): Promise<WorkerSettings> {
  const { name, text } = await eventually(log, patience, () => find(source));
  return parseSettings(name, text);
}

/**
 * Whether this machine is there to prove its image and takes no photo.
 *
 * @throws when the metadata service stays silent
 */
export function isCandidate(
  metadata: SettingsSource['metadata'],
  log: Log,
  patience: RetryLimits = PATIENCE,
): Promise<boolean> {
  // Once the settings are read, the tags are there: all of them come together.
  return eventually(
    log,
    patience,
    async () => (await metadata(`tags/instance/${CANDIDATE_TAG}`)) !== undefined,
  );
}

async function eventually<T>(log: Log, patience: RetryLimits, attempt: () => Promise<T>): Promise<T> {
  const until = performance.now() + patience.limitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() >= until) throw error;
      log('info', 'settings-awaited', { reason: describeError(error) });
      await pause(patience.retryMs);
    }
  }
}

async function find(source: SettingsSource): Promise<{ name: string; text: string }> {
  const name = await source.metadata(`tags/instance/${SETTINGS_TAG}`);
  if (!name) throw new Error(`the instance has no tag '${SETTINGS_TAG}' (are tags allowed in its metadata?)`);
  return { name, text: await source.parameter(name) };
}
