/** The bucket as the worker uses it: every write and delete names the version it expects to find. */
import type { OutcomeTimes } from '../../contract/outcome-metadata.ts';
import type { Remark } from '../../contract/photo-types.ts';

/** An object without its body. */
export interface StoredObject {
  /** Without quotes. */
  etag: string;
  /** ETag of the photo that a result or failure record was made from. */
  sourceEtag: string | undefined;
  bytes: number;
  /** User-defined metadata (`x-amz-meta-`) by name, without the worker's own. */
  metadata: Record<string, string>;
}

/** The ETag that a key must have, or undefined when it must not exist. */
export type ExpectedEtag = string | undefined;

export interface Write extends OutcomeTimes {
  body: Buffer;
  contentType: string;
  sourceEtag: string;
  /** Trace id of the upload that it is the outcome of. */
  trace: string;
  /** Key of the photo, where the name of the outcome is a digest of it. */
  photoKey?: string | undefined;
  /** Of a result. @default none */
  remarks?: readonly Remark[];
}

export interface Bucket {
  /** The same bucket, whose requests end when the signal is aborted. */
  until(signal: AbortSignal): Bucket;
  head(key: string): Promise<StoredObject | undefined>;
  /**
   * @returns the body of exactly that version; undefined when there is no object
   * @throws ConditionFailed when the key has another version
   */
  get(key: string, etag: string): Promise<Buffer | undefined>;
  /**
   * @returns the new ETag
   * @throws ConditionFailed when the key is not as expected
   */
  put(key: string, write: Write, expected: ExpectedEtag): Promise<string>;
  /**
   * Deletes that version; a missing object is no error.
   *
   * @throws ConditionFailed when the key has another version
   */
  delete(key: string, etag: string): Promise<void>;
}

/** The object changed between the read and the conditional request. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed';
}
