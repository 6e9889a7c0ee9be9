/**
 * Two folders as the worker's bucket: photos in the one, outcomes in the other.
 *
 * ETags are SHA-256 of the content. Writes of this process alone are expected ({@link lockFolder}); a file of another program is never
 * replaced.
 */
import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { failureSchema } from '../../contract/failure.ts';
import { FAILED, INCOMING, RESULTS } from '../../contract/keys.ts';
import { encodedPhotoKey, PHOTO_KEY_METADATA, timesAsMetadata } from '../../contract/outcome-metadata.ts';
import { TRACE_METADATA } from '../../contract/trace.ts';
import {
  ConditionFailed,
  type Bucket,
  type ExpectedEtag,
  type StoredObject,
  type Write,
} from '../../worker/photo/bucket.ts';
import type { Results } from '../colour/results.ts';
import { pathOf } from '../files/names.ts';
import { readWhole, whyNot } from '../files/read.ts';
import { fileOf, type Entry, type Journal, type Outcome } from './journal.ts';

const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');

/** Name of a photo as its key has it. */
export const keyOf = (name: string): string => INCOMING + name;

export interface FolderPorts {
  /** Folder of the photos. */
  photos: string;
  results: Results;
  journal: Journal;
  /** What every photo chooses, by name. */
  metadata: Record<string, string>;
  /** Called after each outcome is in its folder. */
  written: (entry: Entry, body: Buffer) => void;
  /** Called when no outcome can be written any more: the disk is full, for one. */
  failed: (error: UserError) => void;
  now: () => number;
}

/** Facts that no file has: a photo with an outcome of these is to be coloured. */
const REPLACED = { size: -1, mtimeMs: 0 };

/** Which file a key is for. */
type Place = { kind: 'photo'; name: string } | { kind: 'outcome'; name: string; outcome: Outcome };

interface Shared {
  /** SHA-256 of photos by name, while their files are as they were. */
  known: Map<string, { size: number; mtimeMs: number; etag: string }>;
  /** Ends when the last write has: one at a time, so that a condition still holds when its write happens. */
  writes: Promise<unknown>;
}

export class FolderBucket implements Bucket {
  constructor(
    private readonly ports: FolderPorts,
    private readonly shared: Shared = { known: new Map(), writes: Promise.resolve() },
    private readonly signal?: AbortSignal,
  ) {}

  until(signal: AbortSignal): Bucket {
    return new FolderBucket(this.ports, this.shared, signal);
  }

  async head(key: string): Promise<StoredObject | undefined> {
    this.signal?.throwIfAborted();
    const place = placeOf(key);
    if (place.kind === 'photo') return this.photo(place.name);
    const entry = this.ports.journal.ofFile(fileOf(place.name, place.outcome));
    if (!entry || !(await this.ports.results.exists(fileOf(place.name, place.outcome)))) return undefined;
    return { etag: entry.made, sourceEtag: entry.sha256, bytes: entry.bytes, metadata: entry.metadata };
  }

  async get(key: string, etag: string): Promise<Buffer | undefined> {
    this.signal?.throwIfAborted();
    const place = placeOf(key);
    const path =
      place.kind === 'photo'
        ? join(this.ports.photos, place.name)
        : this.ports.results.path(fileOf(place.name, place.outcome));
    if (!(await exists(path))) return undefined;
    const { body } = await readWhole(path);
    if (sha256(body) !== etag) throw new ConditionFailed(`'${key}' is another version`);
    return body;
  }

  put(key: string, write: Write, expected: ExpectedEtag): Promise<string> {
    const place = placeOf(key);
    if (place.kind === 'photo') throw new Error(`'${key}' is a photo: nothing writes there`);
    return this.inTurn(async () => {
      const { journal, results, written, now } = this.ports;
      const file = fileOf(place.name, place.outcome);
      if ((await this.head(key))?.etag !== expected) throw new ConditionFailed(`'${key}' has changed`);
      const refusal = await this.foreign(place.name, place.outcome);
      if (refusal !== undefined) throw new Error(refusal);
      const known = this.shared.known.get(place.name);
      // Replaced meanwhile: the outcome is not that of the file as it is.
      const photo = known?.etag === write.sourceEtag ? known : REPLACED;
      const made = sha256(write.body);
      const entry: Entry = {
        at: now(),
        name: place.name,
        size: photo.size,
        mtimeMs: photo.mtimeMs,
        sha256: write.sourceEtag,
        outcome: place.outcome,
        made,
        bytes: write.body.length,
        metadata: metadataOf(write),
        ...(place.outcome === 'failed' && { retryable: isRetryable(write.body) }),
      };
      try {
        journal.append(entry);
        await results.save(file, write.body);
      } catch (error) {
        if (error instanceof UserError) this.ports.failed(error);
        throw error;
      }
      written(entry, write.body);
      return made;
    });
  }

  delete(key: string, etag: string): Promise<void> {
    const place = placeOf(key);
    return this.inTurn(async () => {
      const found = await this.head(key);
      if (!found) return;
      if (place.kind === 'photo') throw new Error(`'${key}' is a photo: nothing deletes it`);
      if (found.etag !== etag) throw new ConditionFailed(`'${key}' has changed`);
      const isOurs = (await this.foreign(place.name, place.outcome)) === undefined;
      if (!isOurs) return;
      const { journal, results, now } = this.ports;
      const last = journal.of(place.name);
      if (last?.outcome === place.outcome) journal.append({ ...last, ...REPLACED, sha256: '', at: now() });
      await rm(pathOf(results.path(fileOf(place.name, place.outcome))), { force: true });
    });
  }

  /** Why an outcome cannot be written: a file that is not this command's has its name. */
  async foreign(name: string, outcome: Outcome): Promise<string | undefined> {
    const { journal, results } = this.ports;
    const file = fileOf(name, outcome);
    if (!(await results.exists(file))) return results.refusal(file);
    const entry = journal.ofFile(file);
    if (entry?.made === (await results.sha256(file))) return undefined;
    return entry ? 'its result was changed since' : 'a file of its name is in the folder of results';
  }

  private async photo(name: string): Promise<StoredObject | undefined> {
    const path = join(this.ports.photos, name);
    const facts = await stat(pathOf(path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw new Error(`the photo cannot be read: ${whyNot(error)}`, { cause: error });
    });
    if (!facts?.isFile()) return undefined;
    const { size, mtimeMs } = facts;
    let known = this.shared.known.get(name);
    if (known?.size !== size || known.mtimeMs !== mtimeMs) {
      const read = await readWhole(path);
      known = { size: read.body.length, mtimeMs: read.mtimeMs, etag: sha256(read.body) };
      this.shared.known.set(name, known);
    }
    return { etag: known.etag, sourceEtag: undefined, bytes: known.size, metadata: this.ports.metadata };
  }

  private inTurn<T>(write: () => Promise<T>): Promise<T> {
    const done = this.shared.writes.then(write);
    this.shared.writes = done.catch(() => undefined);
    return done;
  }
}

const metadataOf = (write: Write): Record<string, string> => ({
  [TRACE_METADATA]: write.trace,
  ...timesAsMetadata(write),
  ...(write.photoKey !== undefined && { [PHOTO_KEY_METADATA]: encodedPhotoKey(write.photoKey) }),
});

function placeOf(key: string): Place {
  if (key.startsWith(INCOMING)) return { kind: 'photo', name: key.slice(INCOMING.length) };
  if (key.startsWith(RESULTS))
    return { kind: 'outcome', name: key.slice(RESULTS.length), outcome: 'succeeded' };
  if (key.startsWith(FAILED) && key.endsWith('.json'))
    return { kind: 'outcome', name: key.slice(FAILED.length, -'.json'.length), outcome: 'failed' };
  throw new Error(`'${key}' is no key of a photo or an outcome`);
}

const exists = (path: string): Promise<boolean> =>
  stat(pathOf(path)).then(
    () => true,
    () => false,
  );

const isRetryable = (record: Buffer): boolean => failureSchema.parse(JSON.parse(record.toString())).retryable;
