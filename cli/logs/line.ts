/** A line of a log as a command shows it, whichever group it is from. */

/** What it is a line of: an instance, by its id, or a function. */
export type Origin = 'gateway' | 'scaler' | (string & {});

export interface LogEvent {
  /** Epoch milliseconds. */
  at: number;
  origin: Origin;
  text: string;
}

export interface LogLine {
  at: number;
  origin: Origin;
  /** Name of the event, or the text of a line that has none. */
  event: string;
  fields: Record<string, unknown>;
}

/** Lambda's own lines about each run. */
const OF_LAMBDA = /^(START|END|REPORT|INIT_START|EXTENSION)\b/;
/** In the columns already, or the same for every line that is shown. */
const SHOWN = new Set(['time', 'level', 'instance', 'event', 'message', 'photo']);

/** @returns undefined for Lambda's lines about a run */
export function lineOf({ at, origin, text }: LogEvent): LogLine | undefined {
  if (OF_LAMBDA.test(text)) return undefined;
  // Lambda puts time, request id and level before what a function prints.
  const fields = objectIn(text) ?? objectIn(text.slice(Math.max(0, text.indexOf('{'))));
  if (!fields) return { at, origin, event: text.trim(), fields: {} };
  const { event, message, time } = fields;
  // The worker's clock: CloudWatch may have the seconds alone.
  const own = typeof time === 'string' ? Date.parse(time) : NaN;
  return { at: Number.isNaN(own) ? at : own, origin, event: nameOf(event) ?? nameOf(message) ?? '', fields };
}

const nameOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Time, origin, event and fields. @param hidden names of fields that every line of the answer has */
export function lineText({ at, origin, event, fields }: LogLine, hidden: readonly string[] = []): string {
  const shown = Object.entries(fields)
    .filter(([name, value]) => !SHOWN.has(name) && !hidden.includes(name) && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const level = fields.level === 'error' || fields.level === 'warn' ? [fields.level] : [];
  return [new Date(at).toISOString().slice(11, 23), origin.padEnd(19), ...level, event, ...shown].join(' ');
}
