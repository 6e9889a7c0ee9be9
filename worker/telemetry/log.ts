/** Structured logging: one JSON object per line on standard output, which journald keeps. */

export type Level = 'info' | 'warn' | 'error';
export type Fields = Record<string, unknown>;

/**
 * Writes one line.
 *
 * @param event stable kebab-case name, noun and past participle: `photo-finished`
 */
export type Log = (level: Level, event: string, fields?: Fields) => void;

/** The message of an error followed by those of its causes, where libraries put the details. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  return error.cause === undefined ? own : `${own} <- ${describeError(error.cause)}`;
}

/** @param instance returns this instance's id, which is unknown at the first lines */
export function jsonLog(
  instance: () => string,
  write: (line: string) => void,
  now: () => number = Date.now,
): Log {
  return (level, event, fields = {}) => {
    const time = new Date(now()).toISOString();
    write(JSON.stringify({ time, level, instance: instance(), event, ...fields }));
  };
}
