/** Which files of a folder are photos to colour: those that are complete and have no outcome. */
import { MAX_KEY_BYTES } from '../../contract/keys.ts';
import type { FoundFile } from '../files/walk.ts';
import type { Entry } from './journal.ts';
import { keyOf } from './folder-bucket.ts';

/** Longer ones would have a digest as the name of their outcome. */
const MOST_KEY_BYTES = MAX_KEY_BYTES - 8;

type Facts = Pick<FoundFile, 'size' | 'mtimeMs'>;

export interface Scanned {
  files: readonly FoundFile[];
  /** Of the scan before, by name. */
  before: ReadonlyMap<string, Facts>;
  /** Last outcome of a photo. */
  outcomeOf: (name: string) => Entry | undefined;
  isQueued: (name: string) => boolean;
  /** Epoch milliseconds: failures from before it that may not last are tried again. */
  startedAtMs: number;
}

export interface Due {
  /** To colour. */
  due: FoundFile[];
  /** Still being written, or seen for the first time: the next scan decides. */
  unsettled: number;
  /** Whose path is too long for a key. */
  tooLong: FoundFile[];
}

/** A file that had the same size and time at two scans is complete. */
export function dueOf({ files, before, outcomeOf, isQueued, startedAtMs }: Scanned): Due {
  const found: Due = { due: [], unsettled: 0, tooLong: [] };
  for (const file of files) {
    const entry = outcomeOf(file.name);
    const isDone = entry !== undefined && isSame(entry, file) && !isTriedAgain(entry, startedAtMs);
    if (isDone || isQueued(file.name)) continue;
    const last = before.get(file.name);
    if (!last || !isSame(last, file)) found.unsettled++;
    else if (Buffer.byteLength(keyOf(file.name)) > MOST_KEY_BYTES) found.tooLong.push(file);
    else found.due.push(file);
  }
  return found;
}

/** Whether a new run tries a failure of an earlier one again. */
export const isTriedAgain = ({ retryable = false, at }: Entry, startedAtMs: number): boolean =>
  retryable && at < startedAtMs;

const isSame = (a: Facts, b: Facts): boolean => a.size === b.size && a.mtimeMs === b.mtimeMs;
