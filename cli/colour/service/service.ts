/** A service that colours photos, whichever way it is reached. */
import type { RetryOptions } from '../../../client/retry.ts';
import type { PhotoType } from '../../../contract/photo-types.ts';

export interface Outgoing {
  /** File name, not a path. */
  name: string;
  /** By the name; undefined for a format that is no more than a picture. */
  type: PhotoType | undefined;
  body: Buffer<ArrayBuffer>;
}

export interface SubmitOptions extends RetryOptions {
  /** Told of the photo's id before a byte of it is sent; of another one when it has to be announced anew. */
  announced: (id: string) => void;
}

export interface WaitingStatus {
  status: 'waiting';
  /** Whether the photo has arrived. */
  uploaded: boolean;
  /** Estimated until it is done; null when nobody knows. */
  seconds: number | null;
  retryAfterSeconds?: number;
}

export interface DoneStatus {
  status: 'done';
  /** One try. @throws ApiError */
  fetch(signal: AbortSignal): Promise<Buffer>;
}

export interface FailedStatus {
  status: 'failed';
  code: string;
  message: string;
  /** Whether sending the same photo again may succeed. */
  retryable: boolean;
}

export type PhotoStatus = WaitingStatus | DoneStatus | FailedStatus;

/** What fails in passing is thrown as an ApiError that is retryable; nothing but `submit` tries again by itself. */
export interface Service {
  /** What the journal knows it by, and people: an address without secrets. */
  readonly name: string;
  /** Whether it is there. @throws ApiError, UserError */
  check(signal: AbortSignal): Promise<void>;
  /** Sends a photo, with patience. @returns its id. @throws ApiError, UserError */
  submit(photo: Outgoing, options: SubmitOptions): Promise<string>;
  /** How a photo is. @throws ApiError `not-found` for one that the service does not know, or no longer; UserError */
  look(id: string, signal: AbortSignal): Promise<PhotoStatus>;
}
