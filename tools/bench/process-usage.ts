/** CPU seconds and memory of processes as Linux counts them, all of their threads included. */
import { readdirSync, readFileSync } from 'node:fs';

/** Fields of proc_pid_stat(5) from `state` on, by their number there less 3. */
const [PPID, UTIME, CSTIME] = [1, 11, 14];
const TICKS_PER_SECOND = 100;

/** @returns undefined for a process that has ended, and outside of Linux */
function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

function statOf(pid: string): number[] {
  const stat = read(`/proc/${pid}/stat`) ?? '';
  return stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
}

/** Ids of the processes that a process has started and that have not ended. */
function childrenOf(parent: number): string[] {
  const all = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return all.filter((pid) => statOf(pid)[PPID] === parent);
}

const secondsOf = (ticks: number[]) => ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;

/**
 * CPU seconds so far of this process and of those that it has started, ended ones included; to 10 ms for each of them. Outside of
 * Linux those of this process alone.
 */
export function cpuSecondsWithChildren(): number {
  const ended = secondsOf(statOf('self').slice(UTIME + 2, CSTIME + 1));
  const running = childrenOf(process.pid).flatMap((pid) => statOf(pid).slice(UTIME, CSTIME + 1));
  return ownCpuSeconds() + (Number.isFinite(ended) ? ended : 0) + secondsOf(running);
}

/** CPU seconds of a process so far, all of its threads; to 10 ms. NaN without such a process, and outside of Linux. */
export function cpuSecondsOf(pid: number): number {
  const ticks = statOf(String(pid)).slice(UTIME, UTIME + 2);
  return ticks.length > 0 ? secondsOf(ticks) : NaN;
}

/** CPU seconds of this process so far. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Most resident memory, megabytes; undefined without such a process, and outside of Linux. */
export interface Peaks {
  own: number | undefined;
  /** Of the child process that had most. */
  child: number | undefined;
}

/** Most resident memory of a process so far, megabytes; undefined without such a process, and outside of Linux. */
export function peakMegabytesOf(pid: number | string): number | undefined {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '') ?? [];
  return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / 1e6;
}

/** Between two looks: a process may end soon after its peak. */
const LOOK_MS = 100;

/** Watches the memory of a process and its children, from another process, so that looking costs them nothing. */
export function watchMemory(pid: number | undefined): { stop: () => Peaks } {
  const peaks: Peaks = { own: undefined, child: undefined };
  const most = (values: (number | undefined)[]) => {
    const known = values.filter((value) => value !== undefined);
    return known.length > 0 ? Math.max(...known) : undefined;
  };
  const look = () => {
    if (pid === undefined) return;
    peaks.own = most([peaks.own, peakMegabytesOf(pid)]);
    peaks.child = most([peaks.child, ...childrenOf(pid).map(peakMegabytesOf)]);
  };
  const timer = setInterval(look, LOOK_MS);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return peaks;
    },
  };
}
