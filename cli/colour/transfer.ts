/** Sends a photo to the service, and waits for its outcome. */
import type { Lane } from '../../contract/lanes.ts';
import type { Options } from '../../contract/photo-option.ts';
import type { ColouredPhotos } from '../../contract/photo-types.ts';
import { withRetries, type RetryOptions } from '../../client/retry.ts';
import { ApiError } from '../../client/errors.ts';
import type { Clock } from '../../client/time.ts';
import { poll } from '../../client/poll.ts';
import type { DoneStatus, FailedStatus, Service } from './service/service.ts';
import { failure, type PhotoOutcome } from './outcome.ts';
import type { Journal, Sent } from './journal.ts';
import { FolderFailed } from './results.ts';
import { NotRead } from '../files/read.ts';
import { sha256, type FoundPhoto, type ReadPhoto } from './photos.ts';
import type { Job } from './plan.ts';
import type { Estimates, Tally } from './tally.ts';

export interface TransferPorts {
  service: Service;
  journal: Pick<Journal, 'append'>;
  read: (photo: FoundPhoto) => Promise<ReadPhoto>;
  save: (name: string, body: Buffer) => Promise<void>;
  clock: Clock;
  tally: Tally;
  estimates: Estimates;
  /** @default 'recolour' */
  colouredPhotos?: ColouredPhotos | undefined;
  /** @default 'interactive' */
  lane?: Lane;
  /** Of the workflow, by name. @default none */
  options?: Options;
}

/** A photo that the service has. */
export interface Open {
  job: Job;
  sent: Sent;
  /** As in a plan. */
  state: 'announced' | 'sent' | 'failed';
  /** When this run started it, epoch milliseconds. */
  startMs: number;
}

export type Retries = RetryOptions & { signal: AbortSignal };

const isRetryable = (error: Error) => error instanceof NotRead && error.retryable;

/** Sends a photo. @throws ApiError, UserError */
export async function send(job: Job, ports: TransferPorts, retries: Retries): Promise<Open | PhotoOutcome> {
  const { service, journal, clock, tally, colouredPhotos, lane, options } = ports;
  const { photo, source } = job;
  const startMs = clock.now();
  const read = await ports.read(photo).catch((error: Error) => error);
  if (read instanceof Error) return failure('not-read', read.message, isRetryable(read));
  const { body, mtimeMs } = read;
  if (body.length === 0) return failure('unreadable-image', 'The file is empty.');
  const record = {
    ...{ service: service.name, name: photo.name, source, size: body.length, mtimeMs },
    ...(options && Object.keys(options).length > 0 && { options }),
  };
  const sentAs = (id: string): Sent => ({ ...record, sha256: read.sha256, id });
  tally.uploading++;
  try {
    const outgoing = {
      name: photo.name.split('/').at(-1) ?? photo.name,
      type: read.type,
      body,
      colouredPhotos,
      lane,
      options,
    };
    const announced = (id: string) => journal.append({ ...sentAs(id), at: clock.now(), state: 'announced' });
    const sent = sentAs(await service.submit(outgoing, { ...retries, announced }));
    journal.append({ ...sent, at: clock.now(), state: 'sent' });
    tally.bytesSent += body.length;
    return { job, sent, state: 'sent', startMs };
  } finally {
    tally.uploading--;
  }
}

/**
 * Waits for a photo's outcome, and downloads its result.
 *
 * @returns `again` when it has to be sent again: the service never got it, or no longer knows it
 * @throws ApiError, UserError
 */
export async function awaitOutcome(
  open: Open,
  ports: TransferPorts,
  retries: Retries,
): Promise<PhotoOutcome | 'again'> {
  const { service, clock, estimates } = ports;
  const { id } = open.sent;
  let wasThere = false;
  try {
    for await (const look of poll(() => service.look(id, retries.signal), retries)) {
      estimates.note(id, look, clock.now());
      if (look.status === 'done') return await fetch(open, look, ports, retries);
      if (look.status === 'failed') return failed(open, look, ports);
      wasThere = look.uploaded;
      // The run that was to send it was cut off.
      if (open.state === 'announced' && !look.uploaded) return 'again';
    }
    throw new Error(`the looks at '${id}' ended without an outcome`);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'not-found') throw error;
    // Deleted while it waited: sent again, it would be back.
    if (wasThere) return wasDeleted(open, ports);
    // Its retention is over, or the service was deployed again.
    return 'again';
  } finally {
    estimates.forget(id);
  }
}

async function fetch(
  { job, sent }: Open,
  look: DoneStatus,
  { journal, clock, tally, save }: TransferPorts,
  retries: Retries,
): Promise<PhotoOutcome> {
  const body = await withRetries(() => look.fetch(retries.signal), retries);
  tally.bytesReceived += body.length;
  const result = sha256(body);
  journal.append({ ...sent, at: clock.now(), state: 'saving', result });
  const error = await save(job.photo.name, body).catch((one: Error) => one);
  if (error instanceof FolderFailed) throw error;
  // The service still has it: a later run downloads it again.
  if (error) return failure('not-written', error.message, true);
  journal.append({ ...sent, at: clock.now(), state: 'succeeded', result });
  const { remarks = [] } = look;
  return { outcome: 'succeeded', before: false, ...(remarks.length > 0 && { remarks }) };
}

function wasDeleted({ sent }: Open, { journal, clock }: TransferPorts): PhotoOutcome {
  const [code, message, retryable] = ['deleted', 'The photo was deleted at the service.', true] as const;
  journal.append({ ...sent, at: clock.now(), state: 'failed', code, message, retryable });
  return failure(code, message, retryable);
}

function failed(
  { sent, state }: Open,
  look: FailedStatus,
  { journal, clock }: TransferPorts,
): PhotoOutcome | 'again' {
  const { code, message, retryable } = look;
  // It never arrived or is gone, or it failed in an earlier run and may succeed now.
  if (code === 'not-uploaded' || code === 'expired' || (state === 'failed' && retryable)) return 'again';
  journal.append({ ...sent, at: clock.now(), state: 'failed', code, message, retryable });
  return failure(code, message, retryable);
}
