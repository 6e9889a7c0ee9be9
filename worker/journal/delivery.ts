/**
 * Whether the agent delivers: it stores how far it has read each file, once CloudWatch Logs has taken the lines.
 *
 * Its state file is named by the log file with `_` for `/`. The first line has the offset, or ranges of offsets in newer versions.
 */

import { describeError, type Log } from '../telemetry/log.ts';

/** Bytes behind which the agent may be for a while: it sends each 5 seconds. */
const MAX_LAG_BYTES = 0;
/** Minutes in a row after which a lag is a failure. */
const MAX_LAG_MINUTES = 5;

/** @returns the largest offset in the state file; 0 without one */
export function deliveredBytes(state: string | undefined): number {
  const [first = ''] = (state ?? '').split('\n');
  return Math.max(0, ...(first.match(/\d{1,15}/g) ?? []).map(Number));
}

export class DeliveryCheck {
  private minutes = 0;
  private writtenBefore = 0;

  /**
   * Called each minute.
   *
   * @param written bytes of the log file
   * @param delivered bytes that the agent has delivered of it
   * @returns whether lines that were there a minute ago are not delivered, five times in a row
   */
  hasFailed(written: number, delivered: number): boolean {
    const due = Math.min(this.writtenBefore, written);
    this.writtenBefore = written;
    this.minutes = due - delivered > MAX_LAG_BYTES ? this.minutes + 1 : 0;
    return this.minutes >= MAX_LAG_MINUTES;
  }
}

export interface DeliveryPorts {
  /** Bytes of the log file. */
  written: () => number;
  /** Reads the agent's state file; undefined without one. */
  readState: () => Promise<string | undefined>;
  /** Publishes one delivery failure. */
  publishFailure: () => Promise<void>;
  log: Log;
}

/** @returns to be called each minute: reports and counts a minute in which the agent does not deliver; never rejects */
export function deliveryWatch(ports: DeliveryPorts): () => Promise<void> {
  const { written, readState, publishFailure, log } = ports;
  const check = new DeliveryCheck();
  return async () => {
    const delivered = deliveredBytes(await readState().catch(() => undefined));
    if (!check.hasFailed(written(), delivered)) return;
    log('error', 'logs-not-delivered', { written: written(), delivered });
    await publishFailure().catch((error: unknown) =>
      log('warn', 'metrics-not-published', { error: describeError(error) }),
    );
  };
}
