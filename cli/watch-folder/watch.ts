/** Looks at the folder of photos at an interval, and puts each that is complete and has no outcome into the queue. */
import { pause } from '../../common/time.ts';
import { notRead } from '../files/read.ts';
import { walk, type FoundFile } from '../files/walk.ts';
import { keyOf, type FolderBucket } from './folder-bucket.ts';
import type { FolderQueue } from './folder-queue.ts';
import type { Journal } from './journal.ts';
import { dueOf, isTriedAgain } from './scan.ts';

export interface WatchPorts {
  /** Folder of the photos. */
  photos: string;
  /** Real path of the folder of results, which may be in that of the photos. */
  exclude: string;
  journal: Journal;
  bucket: Pick<FolderBucket, 'head' | 'foreign'>;
  queue: FolderQueue;
  /** Prints a line. */
  say: (line: string) => void;
  /** Called after each look. */
  looked?: () => void;
  pollMs: number;
  /** Ends when every photo in the folder has an outcome. */
  once: boolean;
  stop: AbortSignal;
  /** Epoch milliseconds. */
  startedAtMs: number;
}

/** Resolves when `stop` is aborted, or with `once` when nothing is left. */
export async function watchFolder(ports: WatchPorts): Promise<void> {
  const { photos, exclude, journal, queue, stop, once, startedAtMs } = ports;
  let before = new Map<string, FoundFile>();
  const said = new Set<string>();
  const sayOnce = (line: string) => {
    if (!said.has(line)) ports.say(line);
    said.add(line);
  };
  while (!stop.aborted) {
    const { files, unread } = await walk(photos, exclude);
    for (const { name, message } of unread) sayOnce(`not coloured  ${name}: ${message}`);
    const found = dueOf({
      files,
      before,
      outcomeOf: (name) => journal.of(name),
      isQueued: (name) => queue.has(keyOf(name)),
      startedAtMs,
    });
    for (const { name } of found.tooLong) sayOnce(`not coloured  ${name}: its path is too long.`);
    let added = 0;
    for (const file of found.due) {
      const refusal = await take(file, ports).catch((error: unknown) => notRead(error).message);
      if (refusal === undefined) added++;
      else if (refusal !== 'done') sayOnce(`not coloured  ${file.name}: ${refusal}`);
    }
    ports.looked?.();
    if (once && added + found.unsettled + queue.size === 0) return;
    before = new Map(files.map((file) => [file.name, file]));
    await pause(ports.pollMs, stop);
  }
}

/** Puts a photo into the queue. @returns why it was not put there; `done` for content that has its outcome */
async function take({ name, size, mtimeMs }: FoundFile, ports: WatchPorts): Promise<string | undefined> {
  const { journal, bucket, queue, startedAtMs } = ports;
  const photo = await bucket.head(keyOf(name));
  if (!photo) return 'done';
  const entry = journal.of(name);
  if (entry?.sha256 === photo.etag && !isTriedAgain(entry, startedAtMs)) {
    // Touched, or copied here again.
    journal.append({ ...entry, size, mtimeMs });
    return 'done';
  }
  const refusal = await bucket.foreign(name, 'succeeded');
  if (refusal !== undefined) return `${refusal}.`;
  queue.add(keyOf(name), photo.etag);
  return undefined;
}
