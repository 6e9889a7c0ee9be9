/** The pictures of a run: the user's own files, or sample pictures made on the spot. */
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { makeSamples } from '../samples/samples.ts';
import { UserError } from '../../common/errors.ts';

/** Files that are submitted. The formats that the worker refuses are among them: they end with a reason. */
const PICTURE = /\.(jpe?g|png|webp|tiff?|gif|bmp|hei[cf]|avif)$/i;
const SAMPLE_SEED = 7;

export interface Photo {
  /** Name of the photo for people: path below the user's folder, with `/`. */
  name: string;
  /** Key below `incoming/` and `results/`. */
  key: string;
  read(): Promise<Buffer>;
}

/**
 * Key for a name.
 *
 * The local AWS puts keys into its events as they are, where S3 form-encodes them, so decoding as S3 asks for would
 * make another key of a name with a plus or a percent sign. Their full-width forms stand in for them here.
 */
export const localKey = (name: string) => name.replaceAll('+', '\uFF0B').replaceAll('%', '\uFF05');

/**
 * Pictures in a folder and below it, in order of name; `skipped` counts the other files.
 *
 * @throws UserError when the folder cannot be read or holds no picture
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
      `--photos '${directory}' holds no JPEG, PNG, WebP or TIFF file (${files.length} other files).`,
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
    if (keys.has(key)) throw new UserError(`--photos: two files would share the name '${key}'; rename one.`);
    keys.add(key);
  }
  return { photos, skipped: files.length - pictures.length };
}

/** Made pictures, the same for every run of the same count. */
export async function samplePhotos(count: number): Promise<Photo[]> {
  const photos: Photo[] = [];
  for await (const { name, body } of makeSamples(count, SAMPLE_SEED)) {
    photos.push({ name, key: name, read: () => Promise.resolve(body) });
  }
  return photos;
}
