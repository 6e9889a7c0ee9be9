/** Log lines: one JSON object each on standard output, which the machine's journal keeps. */

export type Level = 'info' | 'warn' | 'error';
export type Fields = Record<string, unknown>;

/**
 * Writes one line.
 *
 * @param event what happened, as a kebab-case name that does not change
 */
export type Log = (level: Level, event: string, fields?: Fields) => void;

/** The message of an error with those of its causes, which is where libraries put what really happened. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || error.name;
  return error.cause === undefined ? own : `${own} <- ${describeError(error.cause)}`;
}

/** @param instance name of this machine, asked for at each line since it is learnt after the first lines */
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
