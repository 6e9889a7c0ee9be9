/**
 * Delivers the lines of a file, as the CloudWatch agent does on an instance: it remembers how far it has read in a state file, once
 * CloudWatch Logs has taken the lines, so that a restart goes on where it was. Lines may be delivered twice, and none is left out.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { InputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { deliveredBytes } from '../../worker/journal/delivery.ts';

/** CloudWatch Logs takes 1 MiB with 26 bytes for each event. */
const MOST_BYTES = 512 * 1024;
const MOST_EVENTS = 1000;
const LINE_BREAK = 10;

export interface AgentPorts {
  /** File with the lines. */
  path: string;
  statePath: string;
  /** Rejects when CloudWatch Logs has not taken them. */
  put: (events: InputLogEvent[]) => Promise<void>;
  now: () => number;
}

export class LogAgent {
  private offset: number;

  constructor(private readonly ports: AgentPorts) {
    const { statePath } = ports;
    this.offset = existsSync(statePath) ? deliveredBytes(readFileSync(statePath, 'utf8')) : 0;
  }

  /** Delivers everything that has been written. @throws when CloudWatch Logs refuses lines, which are kept */
  async deliver(): Promise<void> {
    for (;;) {
      const whole = await this.nextLines();
      if (whole.length === 0) return;
      const lines = whole.toString('utf8').split('\n').slice(0, -1);
      await this.ports.put(lines.filter((line) => line !== '').map((line) => this.eventOf(line)));
      this.offset += whole.length;
      this.remember();
    }
  }

  /** Whole lines after the offset, at most what one request takes. */
  private async nextLines(): Promise<Buffer> {
    const file = await open(this.ports.path, 'r');
    try {
      // A file that has become shorter is a new one.
      const { size } = await file.stat();
      if (size < this.offset) this.offset = 0;
      const bytes = Math.min(MOST_BYTES, size - this.offset);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, this.offset);
      const read = buffer.subarray(0, bytesRead);
      let end = 0;
      for (let lines = 0; lines < MOST_EVENTS; lines++) {
        const at = read.indexOf(LINE_BREAK, end);
        if (at < 0) break;
        end = at + 1;
      }
      return read.subarray(0, end);
    } finally {
      await file.close();
    }
  }

  /** A line of a clock that is ahead has the present time, since CloudWatch Logs refuses the future. */
  private eventOf(message: string): InputLogEvent {
    const now = this.ports.now();
    return { message, timestamp: Math.min(now, timeOf(message) ?? now) };
  }

  /** Complete or not at all: a state file that is cut off would send the agent back to the start. */
  private remember(): void {
    const { path, statePath } = this.ports;
    writeFileSync(`${statePath}.new`, `${this.offset}\n${path}`);
    renameSync(`${statePath}.new`, statePath);
  }
}

const lineSchema = z.object({ time: z.iso.datetime() });

/** @returns epoch milliseconds; undefined for a line without a time */
function timeOf(line: string): number | undefined {
  try {
    return Date.parse(lineSchema.parse(JSON.parse(line)).time);
  } catch {
    return undefined;
  }
}
