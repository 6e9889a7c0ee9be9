/** Names of results: those of the photos, unless two photos would get the same file. */
import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { numbered, portableFileName } from '../../contract/file-name.ts';
import { entriesOf, pathOf } from '../files/names.ts';

/** Maps names of the same file on a file system to one key. */
export type Fold = (name: string) => string;

const exact: Fold = (name) => name;
const ignoringCase: Fold = (name) => name.toLowerCase();
/** APFS and HFS+ ignore the form of accents too. */
const ignoringForm: Fold = (name) => name.normalize('NFC').toLowerCase();

const swapCase = (name: string) => {
  const lower = name.toLowerCase();
  return lower === name ? name.toUpperCase() : lower;
};

/**
 * How the file system of a folder compares names, by an entry that it already has: disks of cameras ignore case on Linux as well,
 * and some of a Mac do not. Without such an entry, as the system usually does.
 */
export async function foldFor(folder: string, platform: NodeJS.Platform = process.platform): Promise<Fold> {
  const observed = await ignoresCase(folder);
  if (observed ?? (platform === 'darwin' || platform === 'win32')) {
    return platform === 'darwin' ? ignoringForm : ignoringCase;
  }
  return exact;
}

/** @returns undefined when no entry of the folder, or of the next one above that exists, has a letter */
async function ignoresCase(folder: string): Promise<boolean | undefined> {
  const entries = await entriesOf(folder).catch(() => undefined);
  if (!entries) return dirname(folder) === folder ? undefined : ignoresCase(dirname(folder));
  const entry = entries.find(({ name }) => swapCase(name) !== name);
  if (!entry) return undefined;
  const [own, other] = await Promise.all(
    [entry.name, swapCase(entry.name)].map((name) =>
      lstat(pathOf(join(folder, name))).catch(() => undefined),
    ),
  );
  if (!own) return undefined;
  return other !== undefined && own.ino === other.ino && own.dev === other.dev;
}

const portablePath = (name: string) => name.split('/').map(portableFileName).join('/');

/**
 * The name of each photo's result, below the folder of results: composed (NFC), as journals have it. A photo whose result would be
 * that of another keeps its own form where the file system tells them apart, and gets a number where it does not.
 *
 * @param names of photos, with `/`
 */
export function resultNames(
  names: readonly string[],
  fold: Fold,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const own = platform === 'win32' ? names.map(portablePath) : names;
  const composed = own.map((name) => name.normalize('NFC'));
  const isComposed = (k: number) => own[k] === composed[k];
  const results: string[] = [];
  const taken = new Set<string>();
  // A name that is composed already is never given to another.
  const order = [...own.keys()].sort((a, b) => Number(isComposed(b)) - Number(isComposed(a)) || a - b);
  for (const k of order) {
    let free = composed[k]!;
    if (taken.has(fold(free))) free = own[k]!;
    for (let n = 2; taken.has(fold(free)); n++) free = numbered(own[k]!, n);
    taken.add(fold(free));
    results[k] = free;
  }
  return results;
}
