/** Processor time of tests, on Linux: unlike their wall time it does not depend on what else the machine does. */
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { localPath } from '../common/environment.ts';

/** USER_HZ, which Linux has had at 100 on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** @param stat text of `/proc/PID/stat`. @returns CPU seconds of children that have exited, and of theirs */
export function childSeconds(stat: string): number {
  // The name of the program, in parentheses, may have blanks.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** CPU seconds of this process, without and with those of its exited children; of children none on other systems. */
export function processorSeconds(): { own: number; children: number } {
  const { user, system } = process.cpuUsage();
  const children = process.platform === 'linux' ? childSeconds(readFileSync('/proc/self/stat', 'utf8')) : 0;
  return { own: (user + system) / 1e6, children };
}

interface FileSeconds {
  file: string;
  own: number;
  children: number;
}

const record = () => localPath('processor-time.jsonl');

export const forget = (): void => rmSync(record(), { force: true });
export const write = (one: FileSeconds): void => appendFileSync(record(), `${JSON.stringify(one)}\n`);

/** @returns a line for each of the `count` test files that took most */
export function largest(count: number): string[] {
  const total = ({ own, children }: FileSeconds) => own + children;
  if (!existsSync(record())) return [];
  return readFileSync(record(), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as FileSeconds)
    .toSorted((a, b) => total(b) - total(a))
    .slice(0, count)
    .map(
      ({ file, own, children }) =>
        `${own.toFixed(1).padStart(7)} ${children.toFixed(1).padStart(7)}  ${file}`,
    );
}
