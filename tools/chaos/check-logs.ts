/**
 * Compares the journals of the instances with CloudWatch Logs: every line that an agent counts as delivered is there, and what is not
 * delivered is only the end of an instance that ended before.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { journalFiles } from '../../local/logs/journals.ts';
import { deliveredBytes } from '../../worker/journal/delivery.ts';

export interface LogCheck {
  instances: number;
  lines: number;
  /** Lines that ended with their instance. */
  undelivered: number;
  /** A sentence for each instance that lacks lines which its agent counts as delivered. */
  missing: string[];
}

/**
 * @param directory with a folder per instance
 * @param delivered lines of an instance in CloudWatch Logs
 */
export async function checkLogs(
  directory: string,
  delivered: (instanceId: string) => Promise<ReadonlySet<string>>,
): Promise<LogCheck> {
  const check: LogCheck = { instances: 0, lines: 0, undelivered: 0, missing: [] };
  for (const instanceId of existsSync(directory) ? readdirSync(directory) : []) {
    const { log, state } = journalFiles(directory, instanceId);
    const all = readFileSync(log);
    const offset = existsSync(state) ? deliveredBytes(readFileSync(state, 'utf8')) : 0;
    const [sent, rest] = [linesOf(all.subarray(0, offset)), linesOf(all.subarray(offset))];
    check.instances++;
    check.lines += sent.length;
    check.undelivered += rest.length;
    if (sent.length === 0) continue;
    const there = await delivered(instanceId);
    const gone = sent.filter((line) => !there.has(line));
    if (gone.length > 0)
      check.missing.push(`${instanceId} lacks ${gone.length} of ${sent.length} lines, the first: ${gone[0]}`);
  }
  return check;
}

const linesOf = (bytes: Buffer): string[] => bytes.toString('utf8').split('\n').filter(Boolean);
