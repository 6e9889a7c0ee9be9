/**
 * Finds the pictures of a folder, and names everything that is not taken from it: what cannot be read is never silently absent, and
 * what is not a file is never opened.
 *
 * Links to files of the folder are followed; links out of it and links to folders are not, since an album of others could send
 * other files of this computer and could have no end.
 */
import { stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { kindOfBytes, kindOfName, SIGNATURE_BYTES } from './kind.ts';
import { entriesOf, isWithin, linkTargetOf, pathOf, realPathOf, type Entry } from './names.ts';
import { firstBytes, notRead, whyNot } from './read.ts';

export interface FoundFile {
  path: string;
  /** Path from the folder, with `/`. */
  name: string;
  size: number;
  mtimeMs: number;
}

/** A picture by its name, or a folder, that could not be read. */
export interface UnreadFile {
  path: string;
  name: string;
  code: 'not-read' | 'not-a-file' | 'link-outside';
  message: string;
}

/** Why a file was passed over. */
export const SKIP_REASONS = ['not-a-picture', 'hidden', 'linked-folder', 'special-file'] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

export interface SkippedFile {
  path: string;
  reason: SkipReason;
}

export interface Walked {
  files: FoundFile[];
  unread: UnreadFile[];
  skipped: SkippedFile[];
}

/** Of file managers, cameras and network disks; those that begin with a dot are hidden anyway. */
const OF_THE_SYSTEM = new Set([
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  '@eadir',
  '#recycle',
  '$recycle.bin',
  '__macosx',
  'system volume information',
  'lost+found',
]);

export const isHidden = (name: string): boolean =>
  name.startsWith('.') || OF_THE_SYSTEM.has(name.toLowerCase());

const isPicture = (name: string) => kindOfName(name).kind === 'picture';

/** What an entry is that is neither a file nor a folder; undefined for these. */
export function specialKind(
  facts: Pick<Stats, 'isFIFO' | 'isSocket' | 'isFile' | 'isDirectory'>,
): string | undefined {
  if (facts.isFile() || facts.isDirectory()) return undefined;
  return facts.isFIFO() ? 'a named pipe' : facts.isSocket() ? 'a socket' : 'a device';
}

/** @param exclude real path of a folder that is left out: that of the results */
export async function walk(folder: string, exclude?: string): Promise<Walked> {
  const found = new Walk(await realPathOf(folder).catch(() => folder), exclude);
  await found.folder(folder, '');
  return found;
}

class Walk implements Walked {
  readonly files: FoundFile[] = [];
  readonly unread: UnreadFile[] = [];
  readonly skipped: SkippedFile[] = [];

  constructor(
    /** Real path of the folder. */
    private readonly root: string,
    private readonly exclude: string | undefined,
  ) {}

  async folder(path: string, name: string): Promise<void> {
    let entries: Entry[];
    try {
      if (this.exclude !== undefined && (await realPathOf(path)) === this.exclude) return;
      entries = await entriesOf(path);
    } catch (error) {
      return this.fail(path, `${name}/`, 'not-read', `The folder cannot be read: ${whyNot(error)}.`);
    }
    for (const entry of entries) {
      await this.entry(entry, join(path, entry.name), name === '' ? entry.name : `${name}/${entry.name}`);
    }
  }

  private async entry({ name: own, facts }: Entry, path: string, name: string): Promise<void> {
    if (isHidden(own)) return this.skip(path, 'hidden');
    if (facts.isDirectory()) return this.folder(path, name);
    if (facts.isSymbolicLink()) return this.link(path, name);
    const special = specialKind(facts);
    if (special !== undefined) return this.special(path, name, special);
    await this.file(path, name);
  }

  private async link(path: string, name: string): Promise<void> {
    let target: string;
    let facts: Stats;
    try {
      [target, facts] = await Promise.all([realPathOf(path), stat(pathOf(path))]);
    } catch (error) {
      const to = await linkTargetOf(path).catch(() => '');
      const why =
        (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : whyNot(error);
      return this.refuse(path, name, 'not-read', `A link to '${to}': ${why}.`);
    }
    if (facts.isDirectory()) return this.skip(path, 'linked-folder');
    const special = specialKind(facts);
    if (special !== undefined) return this.special(path, name, special);
    if (isWithin(target, this.root)) return this.file(path, name);
    const message = `A link out of the folder, to '${target}': name that file itself to send it.`;
    this.refuse(path, name, 'link-outside', message);
  }

  private async file(path: string, name: string): Promise<void> {
    try {
      const { size, mtimeMs } = await stat(pathOf(path));
      if (await this.isTaken(path, name, size)) this.files.push({ path, name, size, mtimeMs });
      else this.skip(path, 'not-a-picture');
    } catch (error) {
      this.refuse(path, name, 'not-read', notRead(error).message);
    }
  }

  private async isTaken(path: string, name: string, size: number): Promise<boolean> {
    const known = kindOfName(name);
    if (known.kind === 'picture') return true;
    if (known.kind === 'sidecar' || size === 0) return false;
    const start = await firstBytes(path, SIGNATURE_BYTES).catch((error: Error) => {
      // A text that cannot be read would not be sent either.
      if (known.hasExtension) return Buffer.alloc(0);
      throw error;
    });
    return kindOfBytes(start) !== undefined;
  }

  private special(path: string, name: string, what: string): void {
    if (isPicture(name)) this.fail(path, name, 'not-a-file', `This is ${what}, not a file.`);
    else this.skip(path, 'special-file');
  }

  /** Only what is named as a picture would have been sent; without an extension it may be one. */
  private refuse(path: string, name: string, code: UnreadFile['code'], message: string): void {
    const known = kindOfName(name);
    const mayBePicture = known.kind === 'picture' || (known.kind === 'unknown' && !known.hasExtension);
    if (mayBePicture) this.fail(path, name, code, message);
    else this.skip(path, 'not-a-picture');
  }

  private fail(path: string, name: string, code: UnreadFile['code'], message: string): void {
    this.unread.push({ path, name, code, message });
  }

  private skip(path: string, reason: SkipReason): void {
    this.skipped.push({ path, reason });
  }
}
