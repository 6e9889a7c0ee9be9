/**
 * File names as texts, also those whose bytes are not UTF-8: Linux allows any bytes but `/` and NUL, and old disks and archives have
 * names in Latin-1 or Shift JIS.
 *
 * A byte that is not UTF-8 becomes a lone surrogate, U+DC80 to U+DCFF, as in Python (PEP 383). No UTF-8 text has one, so a name
 * keeps its bytes through joins, comparisons and JSON; only calls of the file system need them back.
 */
import { isUtf8 } from 'node:buffer';
import { readdir, readlink, realpath } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { sep } from 'node:path';

/** Names of Windows are UTF-16: there are no bytes to keep. */
const HAS_BYTES = process.platform !== 'win32';
const ESCAPE = 0xdc00;
const LONGEST_SEQUENCE = 4;

export function nameOf(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let name = '';
  for (let at = 0; at < bytes.length;) {
    let length = 1;
    while (length < LONGEST_SEQUENCE && !isUtf8(bytes.subarray(at, at + length))) length++;
    const character = bytes.subarray(at, at + length);
    if (isUtf8(character)) name += character.toString();
    else {
      name += String.fromCharCode(ESCAPE + bytes[at]!);
      length = 1;
    }
    at += length;
  }
  return name;
}

const ESCAPED = /(?<![\ud800-\udbff])[\udc80-\udcff]/;

/** @returns what calls of the file system take for a path made of such names */
export function pathOf(path: string): string | Buffer {
  if (!HAS_BYTES || !ESCAPED.test(path)) return path;
  const parts = path.split(/((?<![\ud800-\udbff])[\udc80-\udcff])/);
  return Buffer.concat(
    parts.map((part, k) => (k % 2 === 1 ? Buffer.from([part.charCodeAt(0) - ESCAPE]) : Buffer.from(part))),
  );
}

export interface Entry {
  name: string;
  facts: Dirent | Dirent<Buffer>;
}

/** The entries of a folder, in the order of their names. */
export async function entriesOf(folder: string): Promise<Entry[]> {
  const entries: Entry[] = HAS_BYTES
    ? (await readdir(pathOf(folder), { withFileTypes: true, encoding: 'buffer' })).map((facts) => ({
        name: nameOf(facts.name),
        facts,
      }))
    : (await readdir(folder, { withFileTypes: true })).map((facts) => ({ name: facts.name, facts }));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const realPathOf = async (path: string): Promise<string> =>
  HAS_BYTES ? nameOf(await realpath(pathOf(path), { encoding: 'buffer' })) : realpath(path);

export const linkTargetOf = async (path: string): Promise<string> =>
  HAS_BYTES ? nameOf(await readlink(pathOf(path), { encoding: 'buffer' })) : readlink(path);

/** Whether a real path is below that of a folder, which may be the root of a disk. */
export const isWithin = (path: string, folder: string): boolean =>
  path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
