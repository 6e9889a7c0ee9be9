/** What stands in `failed/<name>.json`. */
import { z } from 'zod';

export const FAILURE_CODES = [
  /** The file cannot be decoded: truncated, damaged, or no picture at all. */
  'unreadable-image',
  /** A picture, but of a format the service does not take. */
  'unsupported-format',
  /** More pixels or bytes than the stage allows. */
  'too-large',
  /** An option of the photo that the workflow does not take, or not with this value. */
  'bad-option',
  /** The workflow refused or failed on this picture, and would again. */
  'cannot-be-coloured',
  /** Written before the last allowed attempt, which replaces it when it succeeds. */
  'retries-exhausted',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

export const failureSchema = z.object({
  /** Records that were stored before version 0.3.0 say `gave-up`. */
  code: z.preprocess((code) => (code === 'gave-up' ? 'retries-exhausted' : code), z.enum(FAILURE_CODES)),
  /** For people: what is wrong with the photo, and what would be right. Holds no path or host of ours. */
  message: z.string(),
  /** Whether submitting the same photo again may succeed. */
  retryable: z.boolean(),
  /** The photo's key, since the name of this object may be a digest. */
  key: z.string(),
  /** ETag of the photo, unquoted. */
  etag: z.string(),
});

export type Failure = z.infer<typeof failureSchema>;
