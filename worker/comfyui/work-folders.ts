/**
 * Removes the files of attempts from ComfyUI's folders, after each attempt and by a sweep for those whose worker died.
 * ComfyUI's API cannot delete files.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, type Log } from '../telemetry/log.ts';
import { pause } from '../../common/time.ts';

const FOLDERS = ['input', 'output', 'temp'];
/** The folder of an attempt is named by a UUID; others are left alone. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Longer than any attempt. Counted from the first sweep that found the folder, since file times follow the wall clock. */
const ABANDONED_MS = 600_000;
const SWEEP_EVERY_MS = 300_000;

export class WorkFolders {
  /** When a sweep first found each folder, by `clock`. */
  private found = new Map<string, number>();

  /** @param directory with ComfyUI's `input`, `output` and `temp` */
  constructor(
    private readonly directory: string,
    private readonly log: Log,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** Removes the files of an attempt. */
  async remove(id: string): Promise<void> {
    if (!UUID.test(id)) throw new Error(`'${id}' is not the id of an attempt`);
    const paths = FOLDERS.map((folder) => join(this.directory, folder, id));
    await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })));
  }

  /** Removes the files of every attempt. @returns the number of folders removed */
  clear(): Promise<number> {
    return this.removeWhere(() => true);
  }

  /** Removes folders that a sweep found ten minutes ago. @returns the number of folders removed */
  sweep(): Promise<number> {
    const now = this.clock();
    const found = new Map<string, number>();
    return this.removeWhere((path) => {
      const since = this.found.get(path) ?? now;
      if (now - since >= ABANDONED_MS) return true;
      found.set(path, since);
      return false;
    }).finally(() => (this.found = found));
  }

  private async removeWhere(matches: (path: string) => boolean): Promise<number> {
    let swept = 0;
    for (const folder of FOLDERS) {
      const parent = join(this.directory, folder);
      for (const name of await readdir(parent).catch(() => [] as string[])) {
        const path = join(parent, name);
        if (!UUID.test(name) || !matches(path)) continue;
        await rm(path, { recursive: true, force: true });
        swept++;
      }
    }
    if (swept > 0) this.log('info', 'folders-swept', { swept });
    return swept;
  }

  /** Sweeps at once and every five minutes until `stop` is aborted; never rejects. */
  async keepSwept(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.sweep().catch((error: unknown) =>
        this.log('warn', 'folders-not-swept', { error: describeError(error) }),
      );
      await pause(SWEEP_EVERY_MS, stop);
    }
  }
}
