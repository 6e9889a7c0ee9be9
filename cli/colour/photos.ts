/** Finds the photos of a command line, and the name of each result. */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import type { PhotoType } from '../../contract/photo-types.ts';
import { UsageError } from '../../common/errors.ts';

/** Media types by file extension; pictures without one are sent too and fail with a reason. */
const TYPES: Record<string, PhotoType | undefined> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  ...Object.fromEntries(['gif', 'bmp', 'heic', 'heif', 'avif'].map((extension) => [extension, undefined])),
};
const extension = (name: string) => /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
const isPicture = (name: string) => Object.hasOwn(TYPES, extension(name));

export interface FoundPhoto {
  /** Path of the file. */
  path: string;
  /** Name of the result, below the folder of results: with `/`, composed (NFC). */
  name: string;
  type: PhotoType | undefined;
  size: number;
  mtimeMs: number;
}

export interface Found {
  photos: FoundPhoto[];
  /** Other files in the folders. */
  skipped: number;
}

/** Maps names of the same file on this system to one key. */
export type Fold = (name: string) => string;
export const foldOf = (platform: NodeJS.Platform): Fold =>
  platform === 'darwin' || platform === 'win32' ? (name) => name.toLowerCase() : (name) => name;

/**
 * Finds named files, and pictures in folders and below, except hidden ones and those in `out`.
 *
 * @throws UsageError for a missing file, one that is not a picture, or one that would be overwritten
 */
export async function findPhotos(inputs: string[], out: string, fold: Fold): Promise<Found> {
  const found: Found = { photos: [], skipped: 0 };
  for (const input of inputs) {
    const facts = await stat(input).catch(() => undefined);
    if (facts?.isDirectory()) await findBelow(input, out, found);
    else if (!facts?.isFile()) throw new UsageError(`'${input}': there is no such file or folder.`);
    else if (isPicture(input)) await add(found, input, basename(resolve(input)));
    else
      throw new UsageError(`'${input}' is not a picture by its name: JPEG, PNG, WebP and TIFF are coloured.`);
  }
  if (found.photos.length === 0) {
    throw new UsageError(
      `No JPEG, PNG, WebP or TIFF file in '${inputs.join("', '")}' (${found.skipped} other files).`,
    );
  }
  await refuseClashes(found.photos, out, fold);
  return found;
}

async function findBelow(folder: string, out: string, found: Found): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: Error) => {
    throw new UsageError(`'${folder}' cannot be read: ${cause.message}`, { cause });
  });
  const paths = entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  // Results of earlier runs are not photos; using a folder of photos as --out is refused later.
  const own = relative(folder, out);
  const ownPrefix = own === '' || own.startsWith('..') ? undefined : own + sep;
  for (const path of paths) {
    const name = relative(folder, path);
    const hidden = name.split(sep).some((part) => part.startsWith('.'));
    if (hidden || (ownPrefix !== undefined && name.startsWith(ownPrefix))) continue;
    if (isPicture(name)) await add(found, path, name);
    else found.skipped++;
  }
}

async function add({ photos }: Found, path: string, name: string): Promise<void> {
  const facts = await stat(path).catch(() => undefined);
  // A broken link, or a link to a folder.
  if (!facts?.isFile()) return;
  const plain = name.split(sep).join('/').normalize('NFC');
  photos.push({ path, name: plain, type: TYPES[extension(name)], size: facts.size, mtimeMs: facts.mtimeMs });
}

async function refuseClashes(photos: FoundPhoto[], out: string, fold: Fold): Promise<void> {
  const writers = new Map<string, string>();
  const sources = new Set(await Promise.all(photos.map(({ path }) => realpath(path))));
  for (const { path, name } of photos) {
    const other = writers.get(fold(name));
    if (other !== undefined && resolve(other) !== resolve(path)) {
      throw new UsageError(
        `'${other}' and '${path}' would both be written to '${join(out, name)}'; rename one.`,
      );
    }
    if (other !== undefined) throw new UsageError(`'${path}' is named twice.`);
    writers.set(fold(name), path);
    const target = await realpath(join(out, name)).catch(() => undefined);
    if (target !== undefined && sources.has(target)) {
      throw new UsageError(`'${path}' would be written over a photo, '${target}': choose another --out.`);
    }
  }
}

export const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

export interface ReadPhoto {
  body: Buffer<ArrayBuffer>;
  /** Taken before reading, so that a concurrent change is noticed next time. */
  mtimeMs: number;
  sha256: string;
}

export async function readPhoto({ path }: FoundPhoto): Promise<ReadPhoto> {
  const { mtimeMs } = await stat(path);
  const body = await readFile(path);
  return { body, mtimeMs, sha256: sha256(body) };
}
