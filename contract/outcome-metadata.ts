/** S3 metadata of an outcome about its photo, beside the ETag and the trace id. It does not change as long as the object does not. */
import { z } from 'zod';

/** Seconds from the upload to the start in ComfyUI. Absent of a photo that never started, and in outcomes of an earlier version. */
export const WAITED_METADATA = 'waited-seconds';

/** Seconds from the start in ComfyUI to the finished result; absent where the photo did not get that far. */
export const WORKED_METADATA = 'worked-seconds';

/**
 * The photo's key in base64url; only where the outcome's name is a digest of it. 1,024 bytes become 1,366 characters: S3 allows 2 kB of
 * metadata.
 */
export const PHOTO_KEY_METADATA = 'photo-key';

export interface OutcomeTimes {
  /** Undefined where unknown. */
  waitedSeconds?: number | undefined;
  /** Undefined where unknown. */
  workedSeconds?: number | undefined;
}

const MOST_SECONDS = 1e8;
const secondsSchema = z.coerce.number().min(0).max(MOST_SECONDS);

/** @returns undefined for a text that is no plausible number of seconds: any instance may write any metadata */
function secondsIn(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return secondsSchema.safeParse(text).data;
}

export const timesIn = (metadata: Readonly<Record<string, string | undefined>>): OutcomeTimes => ({
  waitedSeconds: secondsIn(metadata[WAITED_METADATA]),
  workedSeconds: secondsIn(metadata[WORKED_METADATA]),
});

export const timesAsMetadata = ({ waitedSeconds, workedSeconds }: OutcomeTimes): Record<string, string> => ({
  ...(waitedSeconds !== undefined && { [WAITED_METADATA]: String(waitedSeconds) }),
  ...(workedSeconds !== undefined && { [WORKED_METADATA]: String(workedSeconds) }),
});

export const encodedPhotoKey = (key: string): string => Buffer.from(key).toString('base64url');
export const decodedPhotoKey = (text: string): string => Buffer.from(text, 'base64url').toString();
