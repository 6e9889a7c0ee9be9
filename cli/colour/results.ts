/** Saves results in their folder, each complete or not at all. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError, UserError } from '../../common/errors.ts';
import { isWithin, pathOf, realPathOf } from '../files/names.ts';
import { readWhole, whyNot } from '../files/read.ts';
import { sha256 } from './photos.ts';

/** No result can be saved any more: the rest of the run would only download them in vain. */
export class FolderFailed extends UserError {}

const OF_THE_FOLDER: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EIO: 'the disk cannot be written',
  ENODEV: 'the disk is gone',
  ENXIO: 'the disk is gone',
};

export class Results {
  constructor(readonly folder: string) {}

  /** @throws UsageError when the folder is not writable */
  async prepare(): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true });
      await access(this.folder, constants.W_OK);
    } catch (cause) {
      throw new UsageError(`--out '${this.folder}' cannot be written: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  path(name: string): string {
    return join(this.folder, ...name.split('/'));
  }

  async exists(name: string): Promise<boolean> {
    return stat(pathOf(this.path(name))).then(
      () => true,
      () => false,
    );
  }

  /** Why a result cannot have a name here, known before its photo is sent: too long, or with a file where it needs a folder. */
  async refusal(name: string): Promise<string | undefined> {
    try {
      await stat(pathOf(this.path(name)));
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      return code === 'ENOTDIR' ? 'a file has the name of its folder' : whyNot(error);
    }
  }

  /** @returns undefined when there is no readable file; a pipe or a device is none, which could be read without end */
  async sha256(name: string): Promise<string | undefined> {
    return readWhole(this.path(name)).then(
      ({ body }) => sha256(body),
      () => undefined,
    );
  }

  /** @throws FolderFailed when none can be saved; any other error is of this result */
  async save(name: string, body: Buffer): Promise<void> {
    try {
      await this.write(name, body);
    } catch (cause) {
      const why = OF_THE_FOLDER[(cause as NodeJS.ErrnoException).code ?? ''];
      if (why === undefined) throw cause;
      throw new FolderFailed(
        `'${this.path(name)}' cannot be saved: ${why} (${(cause as NodeJS.ErrnoException).code}). The service keeps the results.`,
        { cause },
      );
    }
  }

  private async write(name: string, body: Buffer): Promise<void> {
    const target = this.path(name);
    const directory = dirname(target);
    await this.refuseLinks(directory);
    await mkdir(pathOf(directory), { recursive: true });
    // Short, since the name may have the maximum length, and always the same, so that none is left behind.
    const short = createHash('sha256').update(pathOf(name)).digest('hex').slice(0, 16);
    const temporary = pathOf(join(directory, `.ddcolor-elastic-${short}.part`));
    try {
      // Exclusive: whatever else has the name, such as a link to a file elsewhere, is removed and never followed.
      await rm(temporary, { force: true });
      await writeFile(temporary, body, { flag: 'wx' });
      await rename(temporary, pathOf(target));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** @throws UserError when a link on the way leads out of the folder of results */
  private async refuseLinks(directory: string): Promise<void> {
    // What does not exist yet is made without links.
    const resolved = (path: string): Promise<string> =>
      realPathOf(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' && path !== this.folder) return resolved(dirname(path));
        throw error;
      });
    const [root, actual] = await Promise.all([realPathOf(this.folder), resolved(directory)]);
    if (actual === root || isWithin(actual, root)) return;
    throw new UserError(`'${directory}' is a link out of '${this.folder}', to '${actual}'.`);
  }
}
