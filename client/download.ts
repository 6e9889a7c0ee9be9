/** The bytes behind the links of a photo that is done. */
import type { SucceededPhoto, PhotoApi } from './api.ts';
import { readResponse } from './response.ts';
import { ApiError, s3ErrorFrom, networkError } from './errors.ts';
import { systemClock, type Clock } from './time.ts';
import { isLinkExpired } from './upload.ts';

export interface DownloadOptions {
  /** @default result */
  which?: 'result' | 'photo';
  signal?: AbortSignal;
  /** @default the global one */
  fetch?: typeof fetch;
  /** @default systemClock */
  clock?: Clock;
}

/**
 * One try, but for links whose time is over: those are asked for anew.
 *
 * @throws Refusal `not-found` when it has been deleted; `unavailable` when it did not come, or not whole
 */
export async function download(
  api: Pick<PhotoApi, 'status'>,
  done: SucceededPhoto,
  options: DownloadOptions = {},
): Promise<Blob> {
  const { clock = systemClock, signal } = options;
  if (clock.now() >= Date.parse(done.expiresAt)) return get(await renewed(api, done, signal), options);
  try {
    return await get(done, options);
  } catch (error) {
    // Clocks differ, and a link dies with the credentials that signed it.
    if (!isLinkExpired(error)) throw error;
    return get(await renewed(api, done, signal), options);
  }
}

async function renewed(
  api: Pick<PhotoApi, 'status'>,
  { id }: SucceededPhoto,
  signal: AbortSignal | undefined,
): Promise<SucceededPhoto> {
  const look = await api.status(id, signal);
  if (look.status === 'succeeded') return look;
  throw new ApiError('not-found', 404, look.status === 'failed' ? look.message : undefined);
}

async function get(done: SucceededPhoto, options: DownloadOptions): Promise<Blob> {
  const { which = 'result', signal, fetch: send = fetch, clock = systemClock } = options;
  const url = done.links[which];
  if (url === null) throw new ApiError('not-found', 404, 'The photo that was sent has been deleted.');
  const received = async () => {
    const response = await send(url, { redirect: 'error', signal });
    if (response.ok) return response.blob();
    throw s3ErrorFrom(await readResponse(response, clock.now()), clock.now() >= Date.parse(done.expiresAt));
  };
  const blob = await received().catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error instanceof ApiError ? error : networkError(error);
  });
  if (which === 'photo' || blob.size === done.size) return blob;
  throw new ApiError('unavailable', 200, `${blob.size} of ${done.size} bytes came.`);
}
