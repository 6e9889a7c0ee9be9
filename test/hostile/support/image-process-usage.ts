/** What the image processes of this process use. Linux only: elsewhere nothing is known. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export interface Usage {
  /** Of all, since they started. */
  cpuSeconds: number;
  /** The most that one of them held resident since {@link forgetPeaks}. */
  megabytes: number;
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // It has ended meanwhile.
  }
};
/** Fields of proc_pid_stat(5) after the name: ppid is 1, utime and stime are 11 and 12, in hundredths of a second. */
const statOf = (pid: string): number[] =>
  textOf(`/proc/${pid}/stat`).replace(/^.*\)/s, '').trim().split(' ').map(Number);

const imageProcesses = (): string[] =>
  readdirSync('/proc').filter(
    (pid) =>
      /^\d+$/.test(pid) &&
      statOf(pid)[1] === process.pid &&
      textOf(`/proc/${pid}/cmdline`).includes('image-process.mjs'),
  );

export const isKnown = process.platform === 'linux';

export function usage(): Usage {
  const pids = imageProcesses();
  const cpu = pids.map((pid) => {
    const stat = statOf(pid);
    return ((stat[11] ?? 0) + (stat[12] ?? 0)) / 100;
  });
  const peaks = pids.map((pid) => Number(/VmHWM:\s+(\d+) kB/.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0));
  return {
    cpuSeconds: cpu.reduce((sum, one) => sum + one, 0),
    megabytes: Math.max(...peaks) / 1000,
  };
}

/** Peaks count from now. proc_pid_clear_refs(5). */
export function forgetPeaks(): void {
  for (const pid of imageProcesses()) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
