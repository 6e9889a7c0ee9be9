/**
 * How the log lines of a photo are found. Logs never have its key, which may be a person's name.
 *
 * - The log id is the same for every upload of a key: who knows bucket and key can compute it.
 * - The trace id is of one upload. The gateway makes it; the worker derives that of an upload without one, so that every
 *   attempt has the same.
 */
import { createHash } from 'node:crypto';

/** S3 metadata (`x-amz-meta-trace-id`) of a photo and of its outcomes. */
export const TRACE_METADATA = 'trace-id';

/** As in W3C Trace Context: 16 bytes in hexadecimal. */
export const TRACE_ID = /^[0-9a-f]{32}$/;

const TRACE_ID_LENGTH = 32;

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** @returns 64 hexadecimal digits */
export const photoLogId = (bucket: string, key: string): string => sha256(`${bucket}/${key}`);

/** One upload, as its S3 event names it. */
interface Upload {
  bucket: string;
  key: string;
  etag: string | undefined;
  storedAtMs: number;
}

/**
 * @param metadata of the photo's object; undefined when it is not that of this upload
 * @returns the id that the uploader set, or one that is the same at each receive of the upload's event
 */
export function traceIdOf(
  { bucket, key, etag = '', storedAtMs }: Upload,
  metadata: Record<string, string> = {},
): string {
  const given = metadata[TRACE_METADATA] ?? '';
  if (TRACE_ID.test(given)) return given;
  return sha256(`${bucket}/${key} ${etag} ${storedAtMs}`).slice(0, TRACE_ID_LENGTH);
}
