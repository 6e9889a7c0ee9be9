/**
 * The lines of instances in CloudWatch Logs: one group per stage, one stream per instance.
 *
 * A line is a JSON object. Those of the worker are its own; the others have `time`, `level`, `instance`, `source` and `message`.
 */
import { SERVICE } from './names.ts';

/** Where a line is from. `boot`: units of systemd, cloud-init and the services of the image. */
export const LOG_SOURCES = ['worker', 'comfyui', 'kernel', 'boot'] as const;
export type LogSource = (typeof LOG_SOURCES)[number];

/** Log group of a stage's instances. */
export const instanceLogGroupName = (stage: string) => `/${SERVICE}/${stage}/instances`;

/** Instance tags: the log group, and the value of the metrics' dimension `Stage`. The agent reads them at boot. */
export const LOG_GROUP_TAG = `${SERVICE}:log-group`;
export const STAGE_TAG = `${SERVICE}:stage`;

/** What CloudWatch Logs takes of one line, bytes of UTF-8. */
export const MAX_LINE_BYTES = 200_000;
