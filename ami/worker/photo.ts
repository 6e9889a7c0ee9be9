/** One photo from its key to its end. */
import type { Job } from '../../contract/job.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { ConditionFailed, type Bucket } from './bucket.ts';
import type { Ends, Version, Written } from './ends.ts';
import { PermanentFault, TransientFault } from './faults.ts';
import { CONTENT_TYPES } from './formats.ts';
import { describeError, type Log } from './log.ts';
import { encodeResult, readPicture, readResult, type Picture } from './picture.ts';
import { seconds } from './time.ts';

/** How a photo was left, for the log. */
export type PhotoEnd =
  | { outcome: 'coloured' }
  | { outcome: 'failed'; code: string }
  /** Nothing was to be done: a newer version has its own job, the photo is gone, or an earlier delivery did it. */
  | { outcome: 'dropped'; reason: 'superseded' | 'gone' | 'done-already' };

/** What the log says of a photo beside its end; filled as far as it got. */
export interface PhotoFigures {
  megapixels?: number;
  fetchSeconds?: number;
  comfySeconds?: number;
  storeSeconds?: number;
}

export interface PhotoPorts {
  bucket: Bucket;
  ends: Ends;
  settings: Pick<WorkerSettings, 'maxMegapixels' | 'maxReceiveCount' | 'workflow'>;
  /** The workflow's output for a PNG of so many megapixels. */
  infer: (png: Buffer, megapixels: number) => Promise<Buffer>;
  log: Log;
  now: () => number;
}

/** 16 bits of four channels: no picture within the limit on pixels needs more, but for what else is in the file. */
const BYTES_PER_PIXEL = 8;
const OTHER_BYTES = 32e6;

/** Uploads of the same bytes during one attempt; each means starting again. */
const RESTARTS = 3;

const SUPERSEDED: PhotoEnd = { outcome: 'dropped', reason: 'superseded' };

/**
 * Brings a photo to its end.
 *
 * @param figures filled on the way
 * @throws TransientFault, InfraFault or anything else when it has to be tried again
 */
export async function processPhoto(
  job: Job,
  receiveCount: number,
  figures: PhotoFigures,
  ports: PhotoPorts,
): Promise<PhotoEnd> {
  for (let start = 0; start < RESTARTS; start++) {
    const photo = await ports.bucket.head(job.key);
    const etag = job.etag ?? photo?.etag;
    if (etag === undefined) return { outcome: 'dropped', reason: 'gone' };
    const version = { key: job.key, etag };
    if (photo?.etag !== etag) {
      // Clears what an earlier delivery of this job may have left before it died.
      if (!(await ports.ends.removeSuperseded(version))) continue;
      return photo ? SUPERSEDED : { outcome: 'dropped', reason: 'gone' };
    }
    const end = await processVersion(version, photo.bytes, receiveCount, figures, ports);
    if (end) return end;
  }
  throw new TransientFault(`'${job.key}' changes all the time`);
}

/** Undefined when the photo is no longer what it was at the start. */
async function processVersion(
  version: Version,
  bytes: number,
  receiveCount: number,
  figures: PhotoFigures,
  ports: PhotoPorts,
): Promise<PhotoEnd | undefined> {
  const { bucket, ends, settings, log, now } = ports;
  if (await ends.existing(version)) return { outcome: 'dropped', reason: 'done-already' };
  if (receiveCount >= settings.maxReceiveCount) {
    // Nobody is told when a worker dies in its last attempt, so the end comes first and success replaces it.
    const message = `The photo could not be coloured in ${receiveCount} attempts; it is worth sending again.`;
    const written = await ends.writeFailure(version, { code: 'gave-up', message, retryable: true });
    if (written !== 'written') return fromWritten(written, { outcome: 'dropped', reason: 'done-already' });
  }
  try {
    const startMs = now();
    const body = await fetchPhoto(bucket, version, bytes, settings.maxMegapixels);
    if (!body) return undefined;
    const picture = await readPicture(body, settings.maxMegapixels, settings.workflow.input.colour);
    figures.megapixels = picture.megapixels;
    const fetchedMs = now();
    figures.fetchSeconds = seconds(fetchedMs - startMs);
    const output = await ports.infer(picture.upload, picture.megapixels);
    const inferredMs = now();
    figures.comfySeconds = seconds(inferredMs - fetchedMs);
    const written = await storeResult(output, picture, version, ports);
    figures.storeSeconds = seconds(now() - inferredMs);
    return fromWritten(written, { outcome: 'coloured' });
  } catch (error) {
    if (!(error instanceof PermanentFault)) throw error;
    log('info', 'photo-refused', { key: version.key, code: error.code, error: describeError(error) });
    const failure = { code: error.code, message: error.message, retryable: false };
    return fromWritten(await ends.writeFailure(version, failure), { outcome: 'failed', code: error.code });
  }
}

/** @throws PermanentFault when no picture within the limits can be that large */
async function fetchPhoto(
  bucket: Bucket,
  { key, etag }: Version,
  bytes: number,
  maxMegapixels: number,
): Promise<Buffer | undefined> {
  const allowed = maxMegapixels * 1e6 * BYTES_PER_PIXEL + OTHER_BYTES;
  if (bytes > allowed) {
    const [has, at] = [Math.ceil(bytes / 1e6), Math.floor(allowed / 1e6)];
    throw new PermanentFault('too-large', `The file has ${has} MB; at most ${at} MB are allowed.`);
  }
  return bucket.get(key, etag).catch((error: unknown) => {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  });
}

async function storeResult(
  output: Buffer,
  picture: Picture,
  version: Version,
  { ends, settings }: PhotoPorts,
): Promise<Written> {
  const pixels = await readResult(output, picture, settings.workflow.output.coloured);
  const body = await encodeResult(pixels, picture, version.etag);
  return ends.writeResult(version, body, CONTENT_TYPES[picture.format]);
}

function fromWritten(written: Written, end: PhotoEnd): PhotoEnd {
  if (written === 'superseded') return SUPERSEDED;
  return written === 'coloured' ? { outcome: 'coloured' } : end;
}
