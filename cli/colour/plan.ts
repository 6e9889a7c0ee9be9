/** Plans the next step of each photo from the journal of earlier runs. */
import { join, relative, sep } from 'node:path';
import { UsageError } from '../../common/errors.ts';
import type { Options } from '../../contract/photo-option.ts';
import type { UnreadFile } from '../files/walk.ts';
import type { Entry, Journal, Sent } from './journal.ts';
import type { FoundPhoto } from './photos.ts';

export type Step =
  /** Its result exists. */
  | { kind: 'done' }
  /** It failed for good, in an earlier run or before it could be sent. */
  | { kind: 'failed'; code: string; message: string; before: boolean }
  | { kind: 'send' }
  /** The service may have it: `announced` may never have arrived, `failed` may succeed when it is sent again. */
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
    /** Why no result can have this name; undefined when one can. */
    refusal(name: string): Promise<string | undefined>;
    sha256(name: string): Promise<string | undefined>;
  };
  /** Of a photo; undefined when it cannot be read. */
  sha256: (photo: FoundPhoto) => Promise<string | undefined>;
}

export interface PlanOptions {
  /** Overwrite files that this command did not make. */
  force: boolean;
  /** Send failed photos again. */
  retry: boolean;
  /** With which photos are sent. @default none */
  chosen?: Options;
}

/** Names shown in an error. */
const SHOWN = 3;

/** @throws UsageError when a result would overwrite another file */
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

/** What could not be read, as photos that have failed. */
export const unreadJobs = (unread: UnreadFile[]): Job[] =>
  unread.map(({ path, name, code, message }) => ({
    photo: { path, name, size: 0, mtimeMs: 0 },
    source: path,
    step: { kind: 'failed', code, message, before: false },
  }));

/** @returns undefined when the result would overwrite another file */
async function stepOf(
  photo: FoundPhoto,
  source: string,
  ports: PlanPorts,
  { force, retry, chosen = {} }: PlanOptions,
): Promise<Step | undefined> {
  const { service, journal, results } = ports;
  const { name } = photo;
  const refused = await results.refusal(name);
  if (refused !== undefined) {
    const message = `Its result cannot be saved as '${join(results.folder, name)}': ${refused}.`;
    return { kind: 'failed', code: 'not-written', message, before: false };
  }
  const last = journal.entry(service, name);
  // With other options it gets another result.
  const isAsked = last && isSameChoice(last.options ?? {}, chosen);
  const entry = isAsked && (await isSame(photo, source, last, ports)) ? last : undefined;
  const exists = await results.exists(name);
  if (entry?.state === 'succeeded' && exists) return { kind: 'done' };
  // The earlier run was cut off between saving the result and noting it.
  const saved = entry?.state === 'saving' && exists && (await results.sha256(name)) === entry.result;
  if (saved) return { kind: 'done' };
  if (entry?.state === 'failed' && !entry.retryable && !retry) {
    return { kind: 'failed', code: entry.code, message: entry.message, before: true };
  }
  if (exists && !force) {
    const result = await results.sha256(name);
    if (result === undefined || !journal.hasMade(name, source, result)) return undefined;
  }
  return entry ? follow(entry, photo, source) : { kind: 'send' };
}

function follow(entry: Entry, { mtimeMs }: FoundPhoto, source: string): Step {
  const { state, service, name, size, sha256, id, options } = entry;
  if (state === 'failed' && !entry.retryable) return { kind: 'send' };
  const sent = { service, name, source, size, mtimeMs, sha256, id, ...(options && { options }) };
  return { kind: 'follow', sent, state: state === 'announced' || state === 'failed' ? state : 'sent' };
}

const isSameChoice = (sent: Options, now: Options): boolean =>
  [...new Set([...Object.keys(sent), ...Object.keys(now)])].every((name) => sent[name] === now[name]);

/** By path, size and time; when these differ by content, since a copied or touched file is the same photo. */
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
