/** The service as the page uses it: patient for a while, then says what is wrong. */
import { PhotoApi } from '../../../client/api.ts';
import { download } from '../../../client/download.ts';
import { patiently, type PatienceOptions } from '../../../client/patience.ts';
import { Refusal } from '../../../client/refusals.ts';
import { upload } from '../../../client/upload.ts';
import { waitFor } from '../../../client/wait.ts';
import type { Refused, Service } from './line.ts';
import { Pace } from './pace.ts';
import { send } from './send.ts';
import type { Reason } from './words.ts';

/** Failures that are waited out while a photo is sent; then a user wants to know. While it waits, there is no hurry. */
const MOST_FAILURES = 7;

/** Questions of one page. */
const POLLS_PER_SECOND = 4;

/** An end that a photo came to, in the words of whoever ended it. */
class Failed extends Error implements Refused {
  constructor(
    readonly code: Reason,
    message: string,
  ) {
    super(message);
  }
}

function limited(signal: AbortSignal): PatienceOptions {
  let failures = 0;
  return {
    signal,
    trouble: (refusal) => {
      const long = refusal.code === 'too-many-photos' || refusal.code === 'daily-cap';
      // A busy service is there, and says when to come again.
      if (long || (refusal.code !== 'too-busy' && ++failures >= MOST_FAILURES)) throw refusal;
    },
  };
}

/** @param token of whoever has signed in */
export function service(base: string, token: () => string | undefined): Service {
  const api = new PhotoApi(base, {
    authorize: (): Record<string, string> => {
      const found = token();
      return found === undefined ? {} : { authorization: `Bearer ${found}` };
    },
  });
  // All photos of a page together: an album must not take the whole service's answers for its questions.
  const pace = new Pace(POLLS_PER_SECOND);
  const asking: Pick<PhotoApi, 'status'> = {
    status: async (id, signal) => {
      await pace.next(signal);
      return api.status(id, signal);
    },
  };
  return {
    create: (photo, signal) => patiently(() => api.create(photo, signal), limited(signal)),

    upload: (created, body, progress, signal) =>
      upload(created, body, (link, bytes) => send(link, bytes, progress, signal), limited(signal)),

    async wait(id, waiting, signal) {
      for await (const look of waitFor(asking, id, { signal })) {
        if (look.status === 'done') return look;
        if (look.status === 'failed') throw new Failed(look.code, look.message);
        waiting(look);
      }
      throw new Refusal('unavailable', 0);
    },

    download: (done, signal) => patiently(() => download(api, done, { signal }), limited(signal)),
  };
}
