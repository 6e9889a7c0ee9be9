/** The port of a service that colours photos: its HTTP API, or its bucket. */
import type { RetryOptions } from '../../../client/retry.ts';
import type { Lane } from '../../../contract/lanes.ts';
import type { Options } from '../../../contract/photo-option.ts';
import type { ColouredPhotos, PhotoType, Remark } from '../../../contract/photo-types.ts';

export interface Outgoing {
  /** File name, not a path. */
  name: string;
  /** By its content, or else the file extension; undefined for other picture formats. */
  type: PhotoType | undefined;
  body: Buffer<ArrayBuffer>;
  /** @default 'recolour' */
  colouredPhotos?: ColouredPhotos | undefined;
  /** @default 'interactive' */
  lane?: Lane | undefined;
  /** Of the workflow, by name. @default none */
  options?: Options | undefined;
}

export interface SubmitOptions extends RetryOptions {
  /** Called with the photo's id before a byte is sent, and again when it gets another id. */
  announced: (id: string) => void;
}

export interface WaitingStatus {
  status: 'waiting';
  /** Whether the photo has arrived. */
  uploaded: boolean;
  /** Estimated until it is done; null when unknown. */
  seconds: number | null;
  retryAfterSeconds?: number;
}

export interface DoneStatus {
  status: 'done';
  /** @default none */
  remarks?: readonly Remark[];
  /** One attempt. @throws ApiError */
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

/** A transient error is a retryable ApiError; only `submit` retries by itself. */
export interface Service {
  /** Its address without secrets, for the journal and messages. */
  readonly name: string;
  /** @throws ApiError, UserError when it does not answer */
  check(signal: AbortSignal): Promise<void>;
  /** Sends a photo, with retries. @returns its id. @throws ApiError, UserError */
  submit(photo: Outgoing, options: SubmitOptions): Promise<string>;
  /** @returns the status of a photo. @throws ApiError `not-found` for an unknown one; UserError */
  look(id: string, signal: AbortSignal): Promise<PhotoStatus>;
}
