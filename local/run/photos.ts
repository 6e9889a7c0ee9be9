/** The photos of a run: the user's own files or generated samples, and their upload. */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { NotRead, notRead, readWhole, whyNot } from '../../cli/files/read.ts';
import { walk, type SkippedFile, type UnreadFile } from '../../cli/files/walk.ts';
import { safeFileName, shortened, uniqueNames } from '../../contract/file-name.ts';
import { INCOMING, MAX_KEY_BYTES } from '../../contract/keys.ts';
import { FOLDERS } from '../../contract/lanes.ts';
import { makeSamples } from '../samples/samples.ts';
import { UserError } from '../../common/errors.ts';

const SAMPLE_SEED = 7;

export interface Photo {
  /** Path below the user's folder, with `/`. */
  name: string;
  /** Of the photo in the bucket. */
  key: string;
  read(): Promise<Buffer>;
}

/**
 * Replaces plus and percent signs of a name by their full-width forms.
 *
 * S3 form-encodes the keys in its events; the local AWS does not, so decoding would change a key with one of these signs.
 */
const withoutEscapes = (name: string) => name.replaceAll('+', '\uFF0B').replaceAll('%', '\uFF05');

/** Longest relative key: with its prefix it has to fit S3's limit. */
const MAX_NAME_BYTES = MAX_KEY_BYTES - Buffer.byteLength(INCOMING);

/** Keys of photos: their names as S3 can hold them, in UTF-8 and not too long; those that would be equal are numbered. */
export function localKeys(names: readonly string[]): string[] {
  const keys = names.map((name) => {
    const key = withoutEscapes(name.split('/').map(safeFileName).join('/'));
    if (Buffer.byteLength(key) <= MAX_NAME_BYTES) return key;
    const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
    return `long-names/${digest}/${shortened(key.split('/').at(-1)!)}`;
  });
  // S3 compares keys by their bytes.
  return uniqueNames(keys, (key) => key);
}

export interface FoundPhotos {
  photos: Photo[];
  /** Pictures and folders that cannot be read. */
  unread: UnreadFile[];
  skipped: SkippedFile[];
}

/**
 * Finds the photos in a folder and its subfolders, in the order of their paths.
 *
 * @throws UserError when there is no such folder, or nothing in it that may be a photo
 */
export async function findPhotos(directory: string): Promise<FoundPhotos> {
  const facts = await stat(directory).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such folder' : whyNot(cause);
    throw new UserError(`--photos '${directory}': ${why}.`, { cause });
  });
  if (!facts.isDirectory()) throw new UserError(`--photos '${directory}' is not a folder.`);
  const { files, unread, skipped } = await walk(directory);
  if (files.length === 0 && unread.length === 0) {
    throw new UserError(
      `--photos '${directory}' has no JPEG, PNG, WebP, TIFF or AVIF file (${skipped.length} other files).`,
    );
  }
  const keys = localKeys(files.map(({ name }) => name));
  const photos = files.map(({ path, name }, k) => ({
    name,
    key: INCOMING + keys[k]!,
    read: async () => (await readWhole(path)).body,
  }));
  return { photos, unread, skipped };
}

/**
 * Generates sample photos, the same ones for the same count.
 *
 * @param bulk how many of them, the last ones, are of the bulk lane
 */
export async function samplePhotos(count: number, bulk = 0): Promise<Photo[]> {
  const photos: Photo[] = [];
  for await (const { name, body } of makeSamples(count, SAMPLE_SEED)) {
    const { photos: folder } = FOLDERS[photos.length < count - bulk ? 'interactive' : 'bulk'];
    photos.push({ name, key: folder + name, read: () => Promise.resolve(body) });
  }
  return photos;
}

/** Concurrent uploads. */
const UPLOADS = 8;

/**
 * Uploads all photos; `onSubmitted` is called after each.
 *
 * @returns those that could not be read
 */
export async function submit(
  s3: S3Client,
  bucket: string,
  photos: Photo[],
  abort: AbortSignal,
  onSubmitted: (photo: Photo) => void,
): Promise<{ photo: Photo; message: string }[]> {
  const queue = [...photos];
  const unread: { photo: Photo; message: string }[] = [];
  const upload = async () => {
    for (let photo = queue.shift(); photo; photo = queue.shift()) {
      abort.throwIfAborted();
      const Body = await photo.read().catch((error: unknown) => notRead(error));
      if (Body instanceof NotRead) {
        unread.push({ photo, message: Body.message });
        continue;
      }
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: photo.key, Body }));
      onSubmitted(photo);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS }, upload));
  return unread;
}
