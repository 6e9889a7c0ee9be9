/**
 * A journal entry as the line that leaves the instance: one JSON object with `time`, `level`, `instance`, `source` and `message`.
 * Lines of the worker are JSON already, with its own fields.
 *
 * journald's fields: systemd.journal-fields(7). The text of an entry that is not valid UTF-8 is a list of bytes.
 */
import { z } from 'zod';
import { MAX_LINE_BYTES, type LogSource } from '../../contract/logs.ts';

const entrySchema = z.object({
  MESSAGE: z.union([z.string(), z.array(z.number().int().min(0).max(255))]).nullish(),
  PRIORITY: z.string().optional(),
  _TRANSPORT: z.string().optional(),
  _SYSTEMD_UNIT: z.string().optional(),
  UNIT: z.string().optional(),
  SYSLOG_IDENTIFIER: z.string().optional(),
  /** Microseconds since the epoch. */
  __REALTIME_TIMESTAMP: z.string().regex(/^\d{1,20}$/),
});

/** Fields that `journalctl --output-fields` has to give. */
export const JOURNAL_FIELDS = Object.keys(entrySchema.shape).filter((name) => !name.startsWith('__'));

export interface JournalLine {
  source: LogSource;
  /** JSON, without a line break. */
  text: string;
  message: string;
}

const WORKER_UNIT = 'photo-worker.service';
const COMFYUI_UNIT = 'comfyui.service';

/** @returns undefined for what is no entry, or has no text */
export function lineOf(json: string, instance: string): JournalLine | undefined {
  const entry = entrySchema.safeParse(parsed(json)).data;
  if (!entry) return undefined;
  const { MESSAGE } = entry;
  const whole = typeof MESSAGE === 'string' ? MESSAGE : Buffer.from(MESSAGE ?? []).toString('utf8');
  if (whole === '') return undefined;
  const source = sourceOf(entry);
  const message = cut(whole);
  if (source === 'worker' && isOwnLine(message)) return { source, text: message, message };
  const time = new Date(Number(entry.__REALTIME_TIMESTAMP) / 1000).toISOString();
  const unit = entry.UNIT ?? entry._SYSTEMD_UNIT ?? entry.SYSLOG_IDENTIFIER;
  const from = source === 'boot' && unit !== undefined ? { unit } : {};
  const fields = { time, level: levelOf(entry.PRIORITY), instance, source, ...from, message };
  return { source, text: JSON.stringify(fields), message };
}

function sourceOf({ _TRANSPORT, _SYSTEMD_UNIT }: z.infer<typeof entrySchema>): LogSource {
  if (_TRANSPORT === 'kernel') return 'kernel';
  if (_SYSTEMD_UNIT === WORKER_UNIT || _SYSTEMD_UNIT?.startsWith('image-process@')) return 'worker';
  return _SYSTEMD_UNIT === COMFYUI_UNIT ? 'comfyui' : 'boot';
}

/** syslog(3): 0 to 3 are errors, 4 is a warning. */
function levelOf(priority = '6'): 'error' | 'warn' | 'info' {
  const level = Number(priority);
  if (level <= 3) return 'error';
  return level === 4 ? 'warn' : 'info';
}

/** Half of the limit: characters of JSON can take two bytes each, and what is cut says so. */
const cut = (text: string): string =>
  text.length <= MAX_LINE_BYTES / 4
    ? text
    : `${text.slice(0, MAX_LINE_BYTES / 4)}… (${text.length} characters)`;

function isOwnLine(message: string): boolean {
  const value = parsed(message);
  return typeof value === 'object' && value !== null && 'event' in value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
