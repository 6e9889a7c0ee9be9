/** Makes a process the only one that fills a folder. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../common/errors.ts';

export const LOCK = '.ddcolor-elastic-folder.lock';

/**
 * @returns gives the folder up
 * @throws UserError while another process fills it
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, LOCK);
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const other = Number(readFileSync(file, 'utf8'));
      if (isAlive(other))
        throw new UserError(
          `Process ${other} fills ${folder} already, by its file ${file}: two would colour each photo twice.`,
        );
      // Of a process that was killed.
      rmSync(file, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!(Number.isSafeInteger(pid) && pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
