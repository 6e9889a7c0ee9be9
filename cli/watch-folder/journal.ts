/**
 * The journal in the folder of results: a line of JSON for each outcome. It says which photos are done, also when their results
 * were moved away since, and which files in the folder are this command's.
 *
 * An outcome's line is written before its file gets its name: a file without a line is another program's.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';

export const JOURNAL = '.ddcolor-elastic-folder.jsonl';

const entrySchema = z.object({
  /** Epoch milliseconds. */
  at: z.number(),
  /** Path of the photo below its folder, with `/`. */
  name: z.string(),
  /** Of the photo's file. */
  size: z.number(),
  mtimeMs: z.number(),
  sha256: z.string(),
  outcome: z.enum(['succeeded', 'failed']),
  /** SHA-256 of the outcome's file. */
  made: z.string(),
  bytes: z.number(),
  /** As S3 would keep it with the outcome. */
  metadata: z.record(z.string(), z.string()).default({}),
  /** Of a failure: whether a later try may succeed. */
  retryable: z.boolean().optional(),
});

export type Entry = z.infer<typeof entrySchema>;
export type Outcome = Entry['outcome'];

export class Journal {
  private readonly last = new Map<string, Entry>();
  private readonly files = new Map<string, Entry>();

  private constructor(private readonly file: string) {}

  /** @throws UserError when it is there and cannot be read */
  static open(folder: string): Journal {
    const file = join(folder, JOURNAL);
    let text = '';
    try {
      text = readFileSync(file, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT')
        throw new UserError(`The journal ${file} cannot be read: ${(cause as Error).message}`, { cause });
    }
    const journal = new Journal(file);
    for (const line of text.split('\n')) journal.remember(line);
    // The last line is cut off where a disk was full: the next one begins behind it.
    if (text !== '' && !text.endsWith('\n')) journal.write('\n');
    return journal;
  }

  /** The last outcome of a photo. */
  of(name: string): Entry | undefined {
    return this.last.get(name);
  }

  /** The outcome that a file in the folder of results was written for, by its name there. */
  ofFile(file: string): Entry | undefined {
    return this.files.get(file);
  }

  /** @throws UserError, since without a journal photos would be coloured again: the command ends */
  append(entry: Entry): void {
    this.write(`${JSON.stringify(entry)}\n`);
    this.note(entry);
  }

  private write(text: string): void {
    try {
      appendFileSync(this.file, text, { mode: 0o600 });
    } catch (cause) {
      throw new UserError(`The journal ${this.file} cannot be written: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Skips what is no entry: the last line may be cut off. */
  private remember(line: string): void {
    if (line === '') return;
    try {
      this.note(entrySchema.parse(JSON.parse(line)));
    } catch {
      return;
    }
  }

  private note(entry: Entry): void {
    this.last.set(entry.name, entry);
    this.files.set(fileOf(entry.name, entry.outcome), entry);
  }
}

/** Name of an outcome's file below the folder of results. */
export const fileOf = (name: string, outcome: Outcome): string =>
  outcome === 'succeeded' ? name : `${name}.failed.json`;
