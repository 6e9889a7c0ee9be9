/**
 * Writes the outcomes of photos: a result or a failure record, never both, never one of a superseded upload.
 *
 * Several workers can process one photo at a time: a message can be delivered twice, a slow worker can overlap with the
 * next receiver of its message, and a photo can be uploaded again meanwhile. There are no locks; the rules are:
 * - A writer reads both outcomes, then checks that its version is still the photo's, then writes on condition that the
 *   outcome is as it was read. So a slow writer cannot replace the outcome of a newer version.
 * - After writing it reads the other outcome and the photo again, and deletes what must not exist. Of two outcomes of one
 *   version the result stays; an outcome of a superseded version is deleted, its own included.
 * - Of two writers the one that reads last sees both outcomes, so one of them always deletes.
 * - A result of this version stays as it is: of two writers the first one's object is the outcome, so that all who are notified of it
 *   read the same.
 * - ETags distinguish versions only if two versions never have the same bytes: results and failure records both contain
 *   the ETag of their photo.
 */
import { failureSchema, MOST_FAILURE_BYTES, type Failure } from '../../contract/failure.ts';
import { DELETION_METADATA, failedKey, isDigestKey, isPlaceholder, resultKey } from '../../contract/keys.ts';
import type { OutcomeTimes } from '../../contract/outcome-metadata.ts';
import type { Remark } from '../../contract/photo-types.ts';
import { ConditionFailed, type Bucket, type ExpectedEtag, type StoredObject, type Write } from './bucket.ts';
import { TransientFault } from './faults.ts';

/** One version of a photo. */
export interface Version {
  key: string;
  etag: string;
  /** Trace id of its upload. */
  trace: string;
}

/**
 * What a write achieved. `superseded`: the photo was replaced or deleted meanwhile, and no outcome of this version is
 * left. `succeeded`: the failure record was not written since this version has a result.
 */
export type Written = 'written' | 'succeeded' | 'superseded';

/** Each further round means that another writer came between; there are never this many. */
const MAX_ROUNDS = 10;

export class Outcomes {
  constructor(private readonly bucket: Bucket) {}

  /** The final outcome that this version already has; the other one is deleted. */
  async existing(photo: Version): Promise<'succeeded' | 'failed' | undefined> {
    const result = await this.bucket.head(resultKey(photo.key));
    const failed = await this.bucket.head(failedKey(photo.key));
    const hasResult = result?.sourceEtag === photo.etag;
    const hasFailed = failed?.sourceEtag === photo.etag && !(await this.isRetryable(photo, failed));
    if (!hasResult && !hasFailed) return undefined;
    // Checked after both reads: what was read could otherwise be the successor's.
    if (!(await this.isCurrent(photo))) return undefined;
    if (hasResult) await this.remove(failedKey(photo.key), failed?.etag);
    else await this.remove(resultKey(photo.key), result?.etag);
    return hasResult ? 'succeeded' : 'failed';
  }

  writeResult(
    photo: Version,
    body: Buffer,
    contentType: string,
    remarks: readonly Remark[] = [],
    times: OutcomeTimes = {},
  ): Promise<Written> {
    const { etag: sourceEtag, trace } = photo;
    return this.write(photo, resultKey(photo.key), {
      body,
      contentType,
      sourceEtag,
      trace,
      remarks,
      ...times,
    });
  }

  writeFailure(
    photo: Version,
    failure: Omit<Failure, 'key' | 'etag' | 'trace'>,
    times: OutcomeTimes = {},
  ): Promise<Written> {
    const { key, etag, trace } = photo;
    const content: Failure = { ...failure, key, etag, trace };
    const body = Buffer.from(`${JSON.stringify(content, null, 2)}\n`);
    const write = { body, contentType: 'application/json', sourceEtag: etag, trace, ...times };
    return this.write(photo, failedKey(key), write);
  }

  /**
   * Deletes the outcomes of a version that is no longer the photo's.
   *
   * @returns false when the same bytes were uploaded again meanwhile, so that the deleted outcome has to be made again
   * @throws TransientFault while the gateway deletes the photo, which looks for its outcome first
   */
  async removeSuperseded(photo: Version): Promise<boolean> {
    const found = await this.bucket.head(photo.key);
    if (found?.metadata[DELETION_METADATA] === 'running' && isPlaceholder(photo.key, found.bytes))
      throw new TransientFault('the photo is being deleted');
    for (const key of [resultKey(photo.key), failedKey(photo.key)]) {
      const outcome = await this.bucket.head(key);
      if (outcome?.sourceEtag === photo.etag) await this.remove(key, outcome.etag);
    }
    return !(await this.isCurrent(photo));
  }

  private async write(photo: Version, key: string, content: Write): Promise<Written> {
    const isResult = key === resultKey(photo.key);
    const write = isDigestKey(key) ? { ...content, photoKey: photo.key } : content;
    const otherKey = isResult ? failedKey(photo.key) : resultKey(photo.key);
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const own = await this.bucket.head(key);
      const other = await this.bucket.head(otherKey);
      if (!(await this.isCurrent(photo))) {
        if (await this.removeSuperseded(photo)) return 'superseded';
        continue;
      }
      if (!isResult && other?.sourceEtag === photo.etag) {
        await this.remove(key, own?.etag);
        return 'succeeded';
      }
      const isThere = isResult && own?.sourceEtag === photo.etag;
      const etag = isThere ? own.etag : await this.bucket.put(key, write, own?.etag).catch(ignoreConflict);
      if (etag === undefined) continue;
      const otherNow = await this.bucket.head(otherKey);
      // The photo may have been replaced since the first check: start again, which deletes what was written.
      if (!(await this.isCurrent(photo))) continue;
      if (!isResult && otherNow?.sourceEtag === photo.etag) {
        await this.remove(key, etag);
        return 'succeeded';
      }
      await this.remove(otherKey, otherNow?.etag);
      return 'written';
    }
    throw new TransientFault(`'${key}' was changed by other writers ${MAX_ROUNDS} times in a row`);
  }

  private async isCurrent(photo: Version): Promise<boolean> {
    return (await this.bucket.head(photo.key))?.etag === photo.etag;
  }

  /** Deletes the version that was read; a writer that changed it since has cleaned up itself. */
  private async remove(key: string, etag: ExpectedEtag): Promise<void> {
    if (etag !== undefined) await this.bucket.delete(key, etag).catch(ignoreConflict);
  }

  private async isRetryable(photo: Version, failed: StoredObject): Promise<boolean> {
    if (failed.bytes > MOST_FAILURE_BYTES) return true;
    const body = await this.bucket.get(failedKey(photo.key), failed.etag).catch(ignoreConflict);
    return parseFailure(body)?.retryable ?? true;
  }
}

function ignoreConflict(error: unknown): undefined {
  if (!(error instanceof ConditionFailed)) throw error;
}

/** Undefined for anything but a failure record. */
function parseFailure(body: Buffer | undefined): Failure | undefined {
  try {
    return failureSchema.parse(JSON.parse(body?.toString() ?? ''));
  } catch {
    return undefined;
  }
}
