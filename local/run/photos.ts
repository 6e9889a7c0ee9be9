/** The photos of a run: the user's own files or generated samples, and their upload. */
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { INCOMING } from '../../contract/keys.ts';
import { makeSamples } from '../samples/samples.ts';
import { UserError } from '../../common/errors.ts';

/** Files that are submitted, formats that the worker refuses included: those get a failure record. */
const PICTURE = /\.(jpe?g|png|webp|tiff?|gif|bmp|hei[cf]|avif)$/i;
const SAMPLE_SEED = 7;

export interface Photo {
  /** Path below the user's folder, with `/`. */
  name: string;
  /** Key below `incoming/` and `results/`. */
  key: string;
  read(): Promise<Buffer>;
}

/**
 * Replaces plus and percent signs of a name by their full-width forms.
 *
 * S3 form-encodes the keys in its events; the local AWS does not, so decoding would change a key with one of these signs.
 */
export const localKey = (name: string) => name.replaceAll('+', '\uFF0B').replaceAll('%', '\uFF05');

/**
 * Finds the photos in a folder and its subfolders.
 *
 * @returns the photos sorted by path, and the number of other files
 * @throws UserError when the folder cannot be read or has no photo
 */
export async function findPhotos(directory: string): Promise<{ photos: Photo[]; skipped: number }> {
  const found = await stat(directory).catch(() => undefined);
  if (!found) throw new UserError(`--photos '${directory}': there is no such folder.`);
  if (!found.isDirectory()) throw new UserError(`--photos '${directory}' is not a folder.`);
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch((cause: Error) => {
    throw new UserError(`--photos '${directory}' cannot be read: ${cause.message}`, { cause });
  });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pictures = files.filter((file) => PICTURE.test(file)).sort();
  if (pictures.length === 0) {
    throw new UserError(
      `--photos '${directory}' has no JPEG, PNG, WebP or TIFF file (${files.length} other files).`,
    );
  }
  for (const file of pictures) {
    await access(file, constants.R_OK).catch((cause: Error) => {
      throw new UserError(`--photos: '${file}' cannot be read: ${cause.message}`, { cause });
    });
  }
  const photos = pictures.map((file) => {
    const name = relative(directory, file).split(sep).join('/').normalize('NFC');
    return { name, key: localKey(name), read: () => readFile(file) };
  });
  const keys = new Set<string>();
  for (const { key } of photos) {
    if (keys.has(key)) throw new UserError(`--photos: two files would get the key '${key}'; rename one.`);
    keys.add(key);
  }
  return { photos, skipped: files.length - pictures.length };
}

/** Generates sample photos, the same ones for the same count. */
export async function samplePhotos(count: number): Promise<Photo[]> {
  const photos: Photo[] = [];
  for await (const { name, body } of makeSamples(count, SAMPLE_SEED)) {
    photos.push({ name, key: name, read: () => Promise.resolve(body) });
  }
  return photos;
}

/** Concurrent uploads. */
const UPLOADS = 8;

/** Uploads all photos; `onSubmitted` is called after each. */
export async function submit(
  s3: S3Client,
  bucket: string,
  photos: Photo[],
  abort: AbortSignal,
  onSubmitted: (photo: Photo) => void,
): Promise<void> {
  const queue = [...photos];
  const upload = async () => {
    for (let photo = queue.shift(); photo; photo = queue.shift()) {
      abort.throwIfAborted();
      const Body = await photo.read();
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: INCOMING + photo.key, Body }));
      onSubmitted(photo);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS }, upload));
}
