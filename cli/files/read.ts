/** Reads files of others: never a pipe or a device, never half of a change, never without a limit. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { pathOf } from './names.ts';

/** Of a photo, in memory. */
export const MAX_PHOTO_BYTES = 2 ** 31 - 1;
/** A file that still changes after so many reads is being written. */
const READS = 3;

/** A file that could not be read; the message says why, without its name. */
export class NotRead extends Error {
  constructor(
    message: string,
    /** Whether a later run may succeed. */
    readonly retryable = false,
  ) {
    super(message);
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it is gone',
  ELOOP: 'a link that leads to itself',
  EIO: 'the disk cannot read it',
  ENAMETOOLONG: 'its path is too long',
  EMFILE: 'too many open files',
};

/** Why a call of the file system failed: the words, and the code, by which it can be looked up. */
export function whyNot(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return message;
  return Object.hasOwn(REASONS, code) ? `${REASONS[code]} (${code})` : code;
}

export const notRead = (error: unknown): NotRead =>
  error instanceof NotRead ? error : new NotRead(`The file cannot be read: ${whyNot(error)}.`);

/** Without waiting for the writer of a pipe. @throws NotRead */
async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    const file = await open(pathOf(path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      if (!(await file.stat()).isFile()) throw new NotRead('It is no longer a file.');
      return await use(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw notRead(error);
  }
}

/** @throws NotRead */
export const firstBytes = (path: string, length: number): Promise<Buffer> =>
  withFile(path, async (file) => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  });

export interface ReadFile {
  body: Buffer<ArrayBuffer>;
  /** Of the content that was read, epoch milliseconds. */
  mtimeMs: number;
}

/** The content of a file at one time. @throws NotRead */
export async function readWhole(path: string): Promise<ReadFile> {
  for (let reads = 0; reads < READS; reads++) {
    const read = await withFile(path, async (file) => {
      const before = await file.stat();
      if (before.size > MAX_PHOTO_BYTES) {
        throw new NotRead(`The file has ${before.size} bytes: at most ${MAX_PHOTO_BYTES} are read.`);
      }
      const body = await file.readFile();
      const after = await file.stat();
      const same = before.mtimeMs === after.mtimeMs && before.size === after.size;
      return same && body.length === after.size ? { body, mtimeMs: after.mtimeMs } : undefined;
    });
    if (read) return read;
  }
  throw new NotRead('The file changes while it is read: another program is writing it.', true);
}
