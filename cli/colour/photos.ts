/** Finds the photos of a command line, and the name of each result. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import { kindOfBytes, kindOfName, SIGNATURE_BYTES, typeOfPhoto } from '../files/kind.ts';
import { linkTargetOf, pathOf, realPathOf } from '../files/names.ts';
import { firstBytes, readWhole, whyNot } from '../files/read.ts';
import { specialKind, walk, type FoundFile, type SkippedFile, type UnreadFile } from '../files/walk.ts';
import type { PhotoType } from '../../contract/photo-types.ts';
import { resultNames, type Fold } from './result-names.ts';

export interface FoundPhoto {
  /** Path of the file, as `cli/files/names.ts` writes names that are not UTF-8. */
  path: string;
  /** Name of the result, below the folder of results: with `/`. */
  name: string;
  size: number;
  mtimeMs: number;
}

export interface Found {
  photos: FoundPhoto[];
  /** Pictures and folders that cannot be read: they have failed before the run begins. */
  unread: UnreadFile[];
  /** Other files in the folders. */
  skipped: SkippedFile[];
}

/**
 * Finds named files, and pictures in folders and below, except hidden ones and those in `out`.
 *
 * @throws UsageError for a missing file, one that is not a picture, or one that would be overwritten
 */
export async function findPhotos(inputs: string[], out: string, fold: Fold): Promise<Found> {
  const exclude = await realPathOf(out).catch(() => undefined);
  const found: Omit<Found, 'photos'> = { unread: [], skipped: [] };
  const files: FoundFile[][] = [];
  for (const input of inputs) {
    const facts = await factsOf(input);
    if (!facts.isDirectory()) files.push([await namedFile(input, facts)]);
    else {
      // A folder that is also that of the results is refused below, by the photos in it.
      const isOut = (await realPathOf(input).catch(() => undefined)) === exclude;
      const walked = await walk(input, isOut ? undefined : exclude);
      files.push(walked.files);
      found.unread.push(...walked.unread);
      found.skipped.push(...walked.skipped);
    }
  }
  refuseRepeated(files, out, fold);
  const all = files.flat();
  if (all.length === 0 && found.unread.length === 0) {
    throw new UsageError(
      `No JPEG, PNG, WebP, TIFF or AVIF file in '${inputs.join("', '")}' (${found.skipped.length} other files).`,
    );
  }
  const names = resultNames(
    all.map(({ name }) => name),
    fold,
  );
  const photos = all.map((file, k) => ({ ...file, name: names[k]! }));
  await refuseOverwriting(photos, out);
  return { photos, ...found };
}

/** @throws UsageError */
async function factsOf(input: string): Promise<Stats> {
  try {
    return await stat(pathOf(input));
  } catch (error) {
    throw new UsageError(`'${input}': ${await whyMissing(input, error as NodeJS.ErrnoException)}.`, {
      cause: error,
    });
  }
}

async function whyMissing(input: string, error: NodeJS.ErrnoException): Promise<string> {
  const target = await linkTargetOf(input).catch(() => undefined);
  if (target !== undefined && error.code === 'ENOENT') return `a link to '${target}', where there is no file`;
  // Programs get their arguments as text: other bytes are lost on the way.
  if (error.code === 'ENOENT' && input.includes('\ufffd')) {
    return 'its name is not UTF-8, which cannot be given on a command line: name its folder';
  }
  return error.code === 'ENOENT' || error.code === 'ENOTDIR'
    ? 'there is no such file or folder'
    : whyNot(error);
}

/** @throws UsageError */
async function namedFile(path: string, facts: Stats): Promise<FoundFile> {
  const special = specialKind(facts);
  if (special !== undefined) throw new UsageError(`'${path}' is ${special}, not a file or folder.`);
  const start = async () => kindOfBytes(await firstBytes(path, SIGNATURE_BYTES));
  if (kindOfName(path).kind !== 'picture' && !(await start().catch(refuseUnread(path)))) {
    throw new UsageError(
      `'${path}' is not a picture by its name or content: JPEG, PNG, WebP, TIFF and AVIF are coloured.`,
    );
  }
  return { path, name: basename(resolve(path)), size: facts.size, mtimeMs: facts.mtimeMs };
}

const refuseUnread = (path: string) => (cause: Error) => {
  throw new UsageError(`'${path}': ${cause.message}`, { cause });
};

/** A name that two inputs have is a matter of the command line. @throws UsageError */
function refuseRepeated(inputs: FoundFile[][], out: string, fold: Fold): void {
  const writers = new Map<string, { path: string; input: number }>();
  for (const [input, files] of inputs.entries()) {
    for (const { path, name } of files) {
      const other = writers.get(fold(name));
      if (other && resolve(other.path) === resolve(path)) throw new UsageError(`'${path}' is named twice.`);
      if (other && other.input !== input) {
        throw new UsageError(
          `'${other.path}' and '${path}' would both be written to '${join(out, name)}': choose an --out for each.`,
        );
      }
      writers.set(fold(name), { path, input });
    }
  }
}

/** @throws UsageError */
async function refuseOverwriting(photos: FoundPhoto[], out: string): Promise<void> {
  const real = (path: string) => realPathOf(path).catch(() => undefined);
  const sources = new Set(await Promise.all(photos.map(({ path }) => real(path))));
  for (const { path, name } of photos) {
    const target = await real(join(out, name));
    if (target !== undefined && sources.has(target)) {
      throw new UsageError(`'${path}' would be written over a photo, '${target}': choose another --out.`);
    }
  }
}

export const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

export interface ReadPhoto {
  body: Buffer<ArrayBuffer>;
  /** Of the content that was read, epoch milliseconds. */
  mtimeMs: number;
  sha256: string;
  /** By its content, or else its extension; undefined for a format that no stage takes. */
  type: PhotoType | undefined;
}

/** @throws NotRead */
export async function readPhoto({ path }: Pick<FoundPhoto, 'path'>): Promise<ReadPhoto> {
  const { body, mtimeMs } = await readWhole(path);
  return { body, mtimeMs, sha256: sha256(body), type: typeOfPhoto(path, body) };
}
