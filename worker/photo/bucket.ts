/** The bucket as photos and their ends need it: every write says what it expects to find. */

/** What is known of an object without its body. */
export interface StoredObject {
  /** Without quotes. */
  etag: string;
  /** ETag of the photo that a result or failure was made from. */
  sourceEtag: string | undefined;
  bytes: number;
  /** What its owner has written beside it (`x-amz-meta-`), by name; ours left out. */
  metadata: Record<string, string>;
}

/** What a writer has seen under a key: the ETag, or nothing. */
export type ExpectedEtag = string | undefined;

export interface Write {
  body: Buffer;
  contentType: string;
  sourceEtag: string;
}

export interface Bucket {
  head(key: string): Promise<StoredObject | undefined>;
  /**
   * @returns the body of exactly that version; undefined when there is no object
   * @throws ConditionFailed when another version is there
   */
  get(key: string, etag: string): Promise<Buffer | undefined>;
  /**
   * @returns the new ETag
   * @throws ConditionFailed when the key does not hold what was seen
   */
  put(key: string, write: Write, seen: ExpectedEtag): Promise<string>;
  /**
   * Deletes that version; an absent object is fine.
   *
   * @throws ConditionFailed when another version is there
   */
  delete(key: string, etag: string): Promise<void>;
}

/** Somebody else was faster: what was seen is no longer there. */
export class ConditionFailed extends Error {
  override readonly name = 'ConditionFailed';
}
