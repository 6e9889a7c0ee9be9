/** What happens with each entry of the journal: its line is written; an XID is counted, and a fatal one has the instance replaced. */
import { describeError, type Log } from '../telemetry/log.ts';
import { lineOf } from './entry.ts';
import { gpuErrorOf } from './gpu-errors.ts';

export interface JournalPorts {
  instance: string;
  write: (line: string) => void;
  /** Publishes one GPU error. */
  publishGpuError: () => Promise<void>;
  /** Has this instance replaced. */
  markUnhealthy: () => Promise<void>;
  log: Log;
}

/** @returns handles one entry, as JSON of journalctl; never rejects */
export function journalReader(ports: JournalPorts): (json: string) => Promise<void> {
  const { instance, write, publishGpuError, markUnhealthy, log } = ports;
  let isMarked = false;
  return async (json) => {
    const line = lineOf(json, instance);
    if (!line) return;
    write(line.text);
    const error = line.source === 'kernel' ? gpuErrorOf(line.message) : undefined;
    if (!error) return;
    const { xid, fatal } = error;
    log(fatal === undefined ? 'warn' : 'error', 'gpu-error-reported', { xid, fatal });
    await publishGpuError().catch((failed: unknown) =>
      log('warn', 'metrics-not-published', { error: describeError(failed) }),
    );
    if (fatal === undefined || isMarked) return;
    isMarked = true;
    log('error', 'instance-marked-unhealthy', { xid });
    await markUnhealthy().catch((failed: unknown) => {
      // The next fatal XID tries again.
      isMarked = false;
      log('error', 'health-not-set', { error: describeError(failed) });
    });
  };
}
