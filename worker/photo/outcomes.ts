/**
 * Writes the ends of photos: `results/` or `failed/`, never both, never one of a superseded upload.
 *
 * Several workers can be at it at once: a message can be delivered twice, a slow worker can overlap with the one that
 * got its message next, and a photo can be uploaded again while it is worked on. There are no locks; the rules are:
 * - A writer reads both ends, then makes sure that the photo is still its version, then writes on condition that its
 *   end is as it was read. So a writer that was overtaken cannot replace the end of a newer version.
 * - After writing it looks again at the other end and at the photo, and takes away what should not be there. Of two
 *   ends of one version the result stays; an end of another version than the photo's goes, be it its own.
 * - Of two writers the one that looks last sees both ends, so one of them always clears up.
 * - ETags tell versions apart only if two versions never have the same bytes: results and failures both contain the
 *   ETag of their photo.
 */
import { failureSchema, type Failure } from '../../contract/failure.ts';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { ConditionFailed, type Bucket, type ExpectedEtag, type StoredObject, type Write } from './bucket.ts';
import { TransientFault } from './faults.ts';

/** One version of a photo. */
export interface Version {
  key: string;
  etag: string;
}

/**
 * What became of a write: `superseded` when the photo was replaced or deleted meanwhile and no end of this version is
 * left, `coloured` when a failure was not written since this version has a result.
 */
export type Written = 'written' | 'succeeded' | 'superseded';

/** Each turn means that somebody else wrote in between; more than a few others do not exist. */
const TURNS = 10;

export class Outcomes {
  constructor(private readonly bucket: Bucket) {}

  /** The end this version has already, if it needs no other; what stands beside it is removed. */
  async existing(photo: Version): Promise<'succeeded' | 'failed' | undefined> {
    const result = await this.bucket.head(resultKey(photo.key));
    const failed = await this.bucket.head(failedKey(photo.key));
    const coloured = result?.sourceEtag === photo.etag;
    const hasFailed = failed?.sourceEtag === photo.etag && !(await this.isRetryable(photo, failed));
    if (!coloured && !hasFailed) return undefined;
    // Only now is it sure that what was read is not already the successor's.
    if (!(await this.isCurrent(photo))) return undefined;
    if (coloured) await this.remove(failedKey(photo.key), failed?.etag);
    else await this.remove(resultKey(photo.key), result?.etag);
    return coloured ? 'succeeded' : 'failed';
  }

  writeResult(photo: Version, body: Buffer, contentType: string): Promise<Written> {
    return this.write(photo, resultKey(photo.key), { body, contentType, sourceEtag: photo.etag });
  }

  writeFailure(photo: Version, failure: Pick<Failure, 'code' | 'message' | 'retryable'>): Promise<Written> {
    const content: Failure = { ...failure, key: photo.key, etag: photo.etag };
    const body = Buffer.from(`${JSON.stringify(content, null, 2)}\n`);
    const write = { body, contentType: 'application/json', sourceEtag: photo.etag };
    return this.write(photo, failedKey(photo.key), write);
  }

  /**
   * Removes what a version that is no longer the photo has left behind.
   *
   * @returns whether it really is superseded: the same bytes may have been uploaded again, and then what was removed is
   * missing
   */
  async removeSuperseded(photo: Version): Promise<boolean> {
    for (const key of [resultKey(photo.key), failedKey(photo.key)]) {
      const end = await this.bucket.head(key);
      if (end?.sourceEtag === photo.etag) await this.remove(key, end.etag);
    }
    return !(await this.isCurrent(photo));
  }

  private async write(photo: Version, key: string, write: Write): Promise<Written> {
    const ownIsResult = key === resultKey(photo.key);
    const otherKey = ownIsResult ? failedKey(photo.key) : resultKey(photo.key);
    for (let turn = 0; turn < TURNS; turn++) {
      const seen = await this.bucket.head(key);
      const other = await this.bucket.head(otherKey);
      if (!(await this.isCurrent(photo))) {
        if (await this.removeSuperseded(photo)) return 'superseded';
        continue;
      }
      if (!ownIsResult && other?.sourceEtag === photo.etag) {
        await this.remove(key, seen?.etag);
        return 'succeeded';
      }
      const etag = await this.bucket.put(key, write, seen?.etag).catch(unlessChanged);
      if (etag === undefined) continue;
      const beside = await this.bucket.head(otherKey);
      // As above, what was read before this is older than a possible successor, and so are we: start again.
      if (!(await this.isCurrent(photo))) continue;
      if (!ownIsResult && beside?.sourceEtag === photo.etag) {
        await this.remove(key, etag);
        return 'succeeded';
      }
      await this.remove(otherKey, beside?.etag);
      return 'written';
    }
    throw new TransientFault(`'${key}' is being changed by others all the time`);
  }

  private async isCurrent(photo: Version): Promise<boolean> {
    return (await this.bucket.head(photo.key))?.etag === photo.etag;
  }

  /** Deletes what was seen; when it has changed since, whoever changed it answers for it. */
  private async remove(key: string, etag: ExpectedEtag): Promise<void> {
    if (etag !== undefined) await this.bucket.delete(key, etag).catch(unlessChanged);
  }

  private async isRetryable(photo: Version, failed: StoredObject): Promise<boolean> {
    const body = await this.bucket.get(failedKey(photo.key), failed.etag).catch(unlessChanged);
    return parseFailure(body)?.retryable ?? true;
  }
}

function unlessChanged(error: unknown): undefined {
  if (!(error instanceof ConditionFailed)) throw error;
}

/** Undefined for what this service has not written. */
function parseFailure(body: Buffer | undefined): Failure | undefined {
  try {
    return failureSchema.parse(JSON.parse(body?.toString() ?? ''));
  } catch {
    return undefined;
  }
}
