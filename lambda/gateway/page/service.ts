/** The API as the page uses it: retries for a while, then reports the error. */
import { PhotoApi, type SucceededPhoto, type WaitingPhoto } from '../../../client/api.ts';
import { deletePhoto } from '../../../client/delete.ts';
import { download } from '../../../client/download.ts';
import { ApiError } from '../../../client/errors.ts';
import { pollPhoto } from '../../../client/poll.ts';
import { withRetries, type RetryOptions } from '../../../client/retry.ts';
import { upload } from '../../../client/upload.ts';
import type { CreatedPhoto, NewPhoto, SharedPhoto } from '../../../contract/photo-api.ts';
import { connectionClock, isOnline } from './connection.ts';
import type { ErrorCode } from './texts.ts';
import { RateLimiter } from './throttle.ts';
import { sendWithProgress } from './xhr-upload.ts';

/** After so many failures in a row of one operation the user sees the error. Polling retries without a limit. */
const MAX_FAILURES = 7;
/** Status requests of one page, so that an album does not use up the request rate of the stage. */
const POLLS_PER_SECOND = 4;

export interface CodedError extends Error {
  code: ErrorCode;
}

/** One request of a photo, with its retries. */
export interface Operation {
  signal: AbortSignal;
  /** Called before each wait for a retry. */
  onRetry: () => void;
}

/** Rejects with a {@link CodedError}. */
export interface PhotoService {
  create(photo: NewPhoto, operation: Operation): Promise<CreatedPhoto>;
  upload(
    created: CreatedPhoto,
    body: Blob,
    onProgress: (part: number) => void,
    operation: Operation,
  ): Promise<void>;
  /** Resolves when the photo has succeeded. @param onWaiting called with each status before */
  wait(id: string, onWaiting: (status: WaitingPhoto) => void, operation: Operation): Promise<SucceededPhoto>;
  download(photo: SucceededPhoto, operation: Operation): Promise<Blob>;
  /** A link to the result for others; one try. */
  share: (id: string, signal: AbortSignal) => Promise<SharedPhoto>;
  /** Cancels a photo, or deletes it with its outcome. */
  delete: (id: string) => Promise<void>;
}

/** The photo failed at the service. */
class PhotoFailedError extends Error implements CodedError {
  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }
}

function limitedRetries({ signal, onRetry }: Operation): RetryOptions {
  let failures = 0;
  return {
    signal,
    clock: connectionClock,
    onRetry: (error) => {
      const quota = error.code === 'hourly-quota-exceeded' || error.code === 'daily-quota-exceeded';
      // `too-busy` does not count: the service responds and says when to retry.
      // Nor do failures of a device without a connection, which ends some time.
      const counts = error.code !== 'too-busy' && isOnline();
      if (quota || (counts && ++failures >= MAX_FAILURES)) throw error;
      onRetry();
    },
  };
}

/** @param token of the signed-in user */
export function photoService(base: string, token: () => string | undefined): PhotoService {
  const api = new PhotoApi(base, {
    authorize: (): Record<string, string> => {
      const current = token();
      return current === undefined ? {} : { authorization: `Bearer ${current}` };
    },
  });
  const limiter = new RateLimiter(POLLS_PER_SECOND);
  const limitedApi: Pick<PhotoApi, 'status'> = {
    status: async (id, signal) => {
      await limiter.acquire(signal);
      return api.status(id, signal);
    },
  };
  return {
    share: (id, signal) => api.share(id, signal),

    async delete(id) {
      await deletePhoto(
        api,
        id,
        limitedRetries({ signal: new AbortController().signal, onRetry: () => undefined }),
      );
    },

    create: (photo, operation) =>
      withRetries(() => api.create(photo, operation.signal), limitedRetries(operation)),

    upload: (created, body, onProgress, operation) =>
      upload(
        created,
        body,
        (link, bytes) => sendWithProgress(link, bytes, onProgress, operation.signal),
        limitedRetries(operation),
      ),

    async wait(id, onWaiting, { signal, onRetry }) {
      for await (const current of pollPhoto(limitedApi, id, { signal, clock: connectionClock, onRetry })) {
        if (current.status === 'succeeded') return current;
        if (current.status === 'failed') throw new PhotoFailedError(current.code, current.message);
        onWaiting(current);
      }
      throw new ApiError('unavailable', 0);
    },

    download: (photo, operation) =>
      withRetries(() => download(api, photo, { signal: operation.signal }), limitedRetries(operation)),
  };
}
