/** What is to be done with each photo, by what earlier runs have done. */
import { relative, sep } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { Entry, Journal, Sent } from './journal.ts';
import type { FoundPhoto } from './photos.ts';

export type Step =
  /** Its result is there. */
  | { kind: 'done' }
  /** Refused by an earlier run for good. */
  | { kind: 'failed'; code: string; message: string }
  | { kind: 'send' }
  /** With the service already: `announced` may never have arrived, `failed` is worth another try when it still is. */
  | { kind: 'follow'; sent: Sent; state: 'announced' | 'sent' | 'failed' };

export interface Job {
  photo: FoundPhoto;
  /** Path of the photo from the folder of results, with `/`. */
  source: string;
  step: Step;
}

export interface PlanPorts {
  service: string;
  journal: Pick<Journal, 'entry' | 'hasMade'>;
  results: {
    folder: string;
    exists(name: string): Promise<boolean>;
    sha256(name: string): Promise<string | undefined>;
  };
  /** Of a photo; undefined when it cannot be read. */
  sha256: (photo: FoundPhoto) => Promise<string | undefined>;
}

export interface PlanOptions {
  /** Overwrite what this command has not made. */
  force: boolean;
  /** Send again what was refused. */
  retry: boolean;
}

/** Names that are shown of many. */
const SHOWN = 3;

/** @throws UsageError when a file is in the way of a result */
export async function plan(
  photos: FoundPhoto[],
  ports: PlanPorts,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<Job[]> {
  const jobs: Job[] = [];
  const inTheWay: string[] = [];
  for (const photo of photos) {
    signal.throwIfAborted();
    const source = relative(ports.results.folder, photo.path).split(sep).join('/');
    const step = await stepOf(photo, source, ports, options);
    if (step) jobs.push({ photo, source, step });
    else inTheWay.push(photo.name);
  }
  if (inTheWay.length === 0) return jobs;
  const shown = inTheWay.slice(0, SHOWN).join("', '") + (inTheWay.length > SHOWN ? "', …" : "'");
  const folder = ports.results.folder;
  throw new UsageError(
    `In '${folder}', '${shown} (${inTheWay.length}) were not made by this command from these photos: choose another --out, or overwrite with --force.`,
  );
}

/** Undefined when a file is in the way. */
async function stepOf(
  photo: FoundPhoto,
  source: string,
  ports: PlanPorts,
  { force, retry }: PlanOptions,
): Promise<Step | undefined> {
  const { service, journal, results } = ports;
  const { name } = photo;
  const last = journal.entry(service, name);
  const entry = last && (await isSame(photo, source, last, ports)) ? last : undefined;
  const exists = await results.exists(name);
  if (entry?.state === 'coloured' && exists) return { kind: 'done' };
  // Cut off between a result's name and the note of it.
  const saved = entry?.state === 'saving' && exists && (await results.sha256(name)) === entry.result;
  if (saved) return { kind: 'done' };
  if (entry?.state === 'failed' && !entry.retryable && !retry) {
    return { kind: 'failed', code: entry.code, message: entry.message };
  }
  if (exists && !force) {
    const result = await results.sha256(name);
    if (result === undefined || !journal.hasMade(name, source, result)) return undefined;
  }
  return entry ? follow(entry, photo, source) : { kind: 'send' };
}

function follow(entry: Entry, { mtimeMs }: FoundPhoto, source: string): Step {
  const { state, service, name, size, sha256, id } = entry;
  if (state === 'failed' && !entry.retryable) return { kind: 'send' };
  const sent = { service, name, source, size, mtimeMs, sha256, id };
  return { kind: 'follow', sent, state: state === 'announced' || state === 'failed' ? state : 'sent' };
}

/** By path, size and time; where these differ, by what is in it: a file that was copied or touched is the same photo. */
async function isSame(
  photo: FoundPhoto,
  source: string,
  entry: Entry,
  { sha256 }: PlanPorts,
): Promise<boolean> {
  if (photo.size !== entry.size) return false;
  if (source === entry.source && photo.mtimeMs === entry.mtimeMs) return true;
  return (await sha256(photo)) === entry.sha256;
}
