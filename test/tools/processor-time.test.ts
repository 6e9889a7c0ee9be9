/** The processor time that `npm test` prints. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../common/processes.ts';
import { childSeconds, processorSeconds } from '../../tools/processor-time.ts';

// Of proc(5): state, parent, ten more, utime, stime, cutime, cstime.
const stat = (name: string) => `7 (${name}) S 1 7 7 0 -1 4194304 90 80 2 1 11 22 330 44 20 0 1 0 100`;

describe('CPU seconds of child processes', () => {
  it.each(['node', 'a b', 'Web) S 1 (x', ''])('of a process called %j', (name) =>
    expect(childSeconds(stat(name))).toBe(3.74),
  );

  it.runIf(process.platform === 'linux')('grow by what a child takes', async () => {
    const before = processorSeconds().children;
    const busy = 'const from = process.cpuUsage().user; while (process.cpuUsage().user - from < 200_000);';
    await runToEnd(process.execPath, ['-e', busy], {});
    expect(processorSeconds().children - before).toBeGreaterThanOrEqual(0.2);
  });
});
