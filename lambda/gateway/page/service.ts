/** The service as the page uses it: patient for a while, then says what is wrong. */
import { PhotoApi } from '../../../client/api.ts';
import { download } from '../../../client/download.ts';
import { withRetries, type RetryOptions } from '../../../client/retry.ts';
import { ApiError } from '../../../client/errors.ts';
import { upload } from '../../../client/upload.ts';
import { pollPhoto } from '../../../client/poll.ts';
import type { ServiceError, PhotoService } from './pipeline.ts';
import { RateLimiter } from './pace.ts';
import { sendWithProgress } from './xhr-upload.ts';
import type { Reason } from './texts.ts';

/** Failures that are waited out while a photo is sent; then a user wants to know. While it waits, there is no hurry. */
const MOST_FAILURES = 7;

/** Questions of one page. */
const POLLS_PER_SECOND = 4;

/** An end that a photo came to, in the words of whoever ended it. */
class Failed extends Error implements ServiceError {
  constructor(
    readonly code: Reason,
    message: string,
  ) {
    super(message);
  }
}

function limited(signal: AbortSignal): RetryOptions {
  let failures = 0;
  return {
    signal,
    onRetry: (refusal) => {
      const long = refusal.code === 'hourly-quota-exceeded' || refusal.code === 'daily-quota-exceeded';
      // A busy service is there, and says when to come again.
      if (long || (refusal.code !== 'too-busy' && ++failures >= MOST_FAILURES)) throw refusal;
    },
  };
}

/** @param token of whoever has signed in */
export function service(base: string, token: () => string | undefined): PhotoService {
  const api = new PhotoApi(base, {
    authorize: (): Record<string, string> => {
      const found = token();
      return found === undefined ? {} : { authorization: `Bearer ${found}` };
    },
  });
  // All photos of a page together: an album must not take the whole service's answers for its questions.
  const pace = new RateLimiter(POLLS_PER_SECOND);
  const asking: Pick<PhotoApi, 'status'> = {
    status: async (id, signal) => {
      await pace.acquire(signal);
      return api.status(id, signal);
    },
  };
  return {
    create: (photo, signal) => withRetries(() => api.create(photo, signal), limited(signal)),

    upload: (created, body, progress, signal) =>
      upload(
        created,
        body,
        (link, bytes) => sendWithProgress(link, bytes, progress, signal),
        limited(signal),
      ),

    async wait(id, waiting, signal) {
      for await (const look of pollPhoto(asking, id, { signal })) {
        if (look.status === 'succeeded') return look;
        if (look.status === 'failed') throw new Failed(look.code, look.message);
        waiting(look);
      }
      throw new ApiError('unavailable', 0);
    },

    download: (done, signal) => withRetries(() => download(api, done, { signal }), limited(signal)),
  };
}
