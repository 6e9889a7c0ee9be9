/**
 * The journal in the folder of results: one line of JSON per step of each photo. A later run continues from it, and it
 * distinguishes results of this command from other files.
 *
 * A step is written before it is taken: an id before the first byte is sent, a result before it gets its name.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';

export const JOURNAL = '.ddcolor-elastic.jsonl';

const photoShape = {
  /** Epoch milliseconds, of the step. */
  at: z.number(),
  /** Name of the service. */
  service: z.string(),
  /** Of the result, below this folder. */
  name: z.string(),
  /** Path of the photo from this folder. */
  source: z.string(),
  size: z.number(),
  mtimeMs: z.number(),
  sha256: z.string(),
  /** The service's id of the photo. */
  id: z.string(),
  /** It was sent with. @default none */
  options: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
};

const entrySchema = z.discriminatedUnion('state', [
  /** Whether it has arrived is unknown. */
  z.object({ ...photoShape, state: z.literal('announced') }),
  z.object({ ...photoShape, state: z.literal('sent') }),
  /** `result`: SHA-256 of the file. */
  z.object({ ...photoShape, state: z.literal('saving'), result: z.string() }),
  z.object({ ...photoShape, state: z.literal('succeeded'), result: z.string() }),
  z.object({
    ...photoShape,
    state: z.literal('failed'),
    code: z.string(),
    message: z.string(),
    retryable: z.boolean(),
  }),
]);

export type Entry = z.infer<typeof entrySchema>;
/** A photo as it was sent. */
export type Sent = Omit<Extract<Entry, { state: 'sent' }>, 'state' | 'at'>;

const keyOf = (service: string, name: string) => JSON.stringify([service, name]);
const madeKey = (name: string, source: string, result: string) => JSON.stringify([name, source, result]);

export class Journal {
  private readonly last = new Map<string, Entry>();
  private readonly made = new Set<string>();

  private constructor(
    private readonly file: string,
    private cutOff: boolean,
  ) {}

  /** @throws UserError when it is there and cannot be read */
  static open(folder: string): Journal {
    const file = join(folder, JOURNAL);
    const text = read(file);
    const journal = new Journal(file, text !== '' && !text.endsWith('\n'));
    for (const line of text.split('\n')) journal.remember(line);
    return journal;
  }

  /** @returns the last step of a photo at a service */
  entry(service: string, name: string): Entry | undefined {
    return this.last.get(keyOf(service, name));
  }

  /** Whether a result was made by this command, from a photo at this path. */
  hasMade(name: string, source: string, result: string): boolean {
    return this.made.has(madeKey(name, source, result));
  }

  /** @throws UserError, since without a journal photos would be sent twice */
  append(entry: Entry): void {
    this.note(entry);
    try {
      // Readable by its owner only: where access is open, an id is enough to get a photo.
      const line = `${this.cutOff ? '\n' : ''}${JSON.stringify(entry)}\n`;
      // Until all of it is written: a full disk takes a part.
      this.cutOff = true;
      appendWithin(this.file, line);
      this.cutOff = false;
    } catch (cause) {
      throw new UserError(`The journal ${this.file} cannot be written: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Skips what is not an entry: the last line may be cut off, and a later version may write others. */
  private remember(line: string): void {
    if (line === '') return;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return;
    }
    const parsed = entrySchema.safeParse(renamed(value));
    if (parsed.success) this.note(parsed.data);
  }

  private note(entry: Entry): void {
    const { service, name, source } = entry;
    this.last.set(keyOf(service, name), entry);
    if (entry.state === 'saving' || entry.state === 'succeeded')
      this.made.add(madeKey(name, source, entry.result));
  }
}

/** Journals of version 0.2 call the state `coloured`. */
const renamed = (value: unknown) =>
  (value as { state?: unknown } | null)?.state === 'coloured'
    ? { ...(value as object), state: 'succeeded' }
    : value;

/** Refuses a symbolic link, which leads out of the folder of results. Windows has no such flag. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

function appendWithin(file: string, text: string): void {
  const to = openSync(file, constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | NO_LINK, 0o600);
  try {
    writeFileSync(to, text);
  } finally {
    closeSync(to);
  }
}

/** @throws for what is no file, such as a pipe, from which reading would never end */
function readRegular(file: string): string {
  const from = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | NO_LINK);
  try {
    if (!fstatSync(from).isFile()) throw new Error('it is not a file');
    return readFileSync(from, 'utf8');
  } finally {
    closeSync(from);
  }
}

function read(file: string): string {
  try {
    return readRegular(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new UserError(`The journal ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
