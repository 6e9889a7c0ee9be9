/** The failure record: `failed/<name>.json`. */
import { z } from 'zod';
import { TRACE_ID } from './trace.ts';

export const FAILURE_CODES = [
  /** The file cannot be decoded: truncated, damaged, or not a picture. */
  'unreadable-image',
  /** A picture of a format that the service does not accept. */
  'unsupported-format',
  /** More pixels or bytes than the stage allows. */
  'too-large',
  /** The photo is in colour already, and its uploader wants such photos refused. */
  'already-coloured',
  /** An option of the photo has a value that the workflow does not allow. */
  'bad-option',
  /** The workflow failed on this picture, and would fail again. */
  'cannot-be-coloured',
  /** Written after the last allowed attempt. */
  'retries-exhausted',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

export const failureSchema = z.object({
  /** Records that were stored before version 0.3.0 say `gave-up`. */
  code: z.preprocess((code) => (code === 'gave-up' ? 'retries-exhausted' : code), z.enum(FAILURE_CODES)),
  /** For the uploader: what is wrong with the photo, and what is allowed. Contains no internal path or host. */
  message: z.string(),
  /** Whether submitting the same photo again may succeed. */
  retryable: z.boolean(),
  /** The photo's key: the name of this object may be a digest. */
  key: z.string(),
  /** ETag of the photo, unquoted. */
  etag: z.string(),
  /** Finds the photo's log lines; records of versions before 0.4.0 have none. */
  trace: z.string().regex(TRACE_ID).optional(),
  /** Of `retries-exhausted`: attempts that were made. Versions before 0.4.0 wrote that code before the last one, without it. */
  attempts: z.int().nonnegative().optional(),
});

export type Failure = z.infer<typeof failureSchema>;

/** A worker's record is smaller. Readers take no more: any instance may write any object as a record. */
export const MOST_FAILURE_BYTES = 16_384;
const MAX_MESSAGE = 600;
const MAX_KEY = 2048;

/** What a reader relies on. A record may be of a later version, or of an instance that was taken over. */
const readSchema = z.object({
  // A code that this version does not have is no reason to fail a reader, nor is its text to be shown.
  code: failureSchema.shape.code.catch('cannot-be-coloured'),
  message: z.string().transform((message) => [...message].slice(0, MAX_MESSAGE).join('')),
  retryable: z.boolean(),
  key: z.string().max(MAX_KEY).catch(''),
  etag: z.string().max(MAX_KEY).catch(''),
  trace: failureSchema.shape.trace.catch(undefined),
  attempts: z.int().nonnegative().optional().catch(undefined),
});

/** Seconds of a last attempt, of versions that wrote `retries-exhausted` before it. */
const LAST_ATTEMPT_SECONDS = 300;

/**
 * Whether the photo is still tried: a record of an earlier version, written before the last attempt, which a result may replace.
 *
 * @param ageSeconds of the record
 */
export const isPreliminary = ({ code, attempts }: Failure, ageSeconds: number): boolean =>
  code === 'retries-exhausted' && attempts === undefined && ageSeconds < LAST_ATTEMPT_SECONDS;

const UNREADABLE: Failure = {
  code: 'cannot-be-coloured',
  message: 'The photo failed, and its failure record cannot be read.',
  retryable: true,
  key: '',
  etag: '',
};

/**
 * Reads a stored record, for clients: whatever it has, the photo failed.
 *
 * @param text undefined for an object of more than {@link MOST_FAILURE_BYTES}
 */
export function readFailure(text: string | undefined): Failure {
  if (text === undefined || text.length > MOST_FAILURE_BYTES) return UNREADABLE;
  try {
    return readSchema.catch(UNREADABLE).parse(JSON.parse(text));
  } catch {
    return UNREADABLE;
  }
}
