/**
 * The files that attempts leave in ComfyUI's folders, where no route of its own deletes any: removed after each attempt, and
 * swept for those whose worker died.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, type Log } from '../telemetry/log.ts';
import { pause } from '../../common/time.ts';

const FOLDERS = ['input', 'output', 'temp'];
/** Attempts name their folders by UUIDs; nothing else is touched. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** No attempt takes this long, counted from the first sweep that met it: by no clock that somebody may set. */
const LEFT_BEHIND_MS = 600_000;
const SWEEP_EVERY_MS = 300_000;

export class WorkFolders {
  /** When a sweep first met a folder that is still there. */
  private met = new Map<string, number>();

  /** @param directory with ComfyUI's `input`, `output` and `temp` */
  constructor(
    private readonly directory: string,
    private readonly log: Log,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** What an attempt has left; rejects when it cannot be removed. */
  async remove(id: string): Promise<void> {
    if (!UUID.test(id)) throw new Error(`'${id}' is no attempt`);
    const paths = FOLDERS.map((folder) => join(this.directory, folder, id));
    await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })));
  }

  /** Whatever a worker before this one has left. @returns how many folders went */
  clear(): Promise<number> {
    return this.removeThose(() => true);
  }

  /** What was there ten minutes ago. @returns how many folders went */
  sweep(): Promise<number> {
    const now = this.clock();
    const met = new Map<string, number>();
    return this.removeThose((path) => {
      const since = this.met.get(path) ?? now;
      if (now - since >= LEFT_BEHIND_MS) return true;
      met.set(path, since);
      return false;
    }).finally(() => (this.met = met));
  }

  private async removeThose(matches: (path: string) => boolean): Promise<number> {
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

  /** Sweeps at once, and again and again until it is time to stop; never rejects. */
  async keepSwept(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.sweep().catch((error: unknown) =>
        this.log('warn', 'folders-not-swept', { error: describeError(error) }),
      );
      await pause(SWEEP_EVERY_MS, stop);
    }
  }
}
