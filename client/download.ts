/** Downloads the result, or the original photo, by its presigned link. */
import type { PhotoApi, SucceededPhoto } from './api.ts';
import { ApiError, networkError, s3ErrorFrom } from './errors.ts';
import { readResponse } from './response.ts';
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
 * One attempt; an expired link is renewed once.
 *
 * @throws ApiError `not-found` when the object is deleted; `unavailable` without a complete response
 */
export async function download(
  api: Pick<PhotoApi, 'status'>,
  photo: SucceededPhoto,
  options: DownloadOptions = {},
): Promise<Blob> {
  const { clock = systemClock, signal } = options;
  if (clock.now() >= Date.parse(photo.expiresAt)) return get(await renewed(api, photo, signal), options);
  try {
    return await get(photo, options);
  } catch (error) {
    // Clocks differ, and a link dies with the credentials that signed it.
    if (!isLinkExpired(error)) throw error;
    return get(await renewed(api, photo, signal), options);
  }
}

async function renewed(
  api: Pick<PhotoApi, 'status'>,
  { id }: SucceededPhoto,
  signal: AbortSignal | undefined,
): Promise<SucceededPhoto> {
  const current = await api.status(id, signal);
  if (current.status === 'succeeded') return current;
  throw new ApiError('not-found', 404, current.status === 'failed' ? current.message : undefined);
}

async function get(photo: SucceededPhoto, options: DownloadOptions): Promise<Blob> {
  const { which = 'result', signal, fetch: send = fetch, clock = systemClock } = options;
  const url = photo.links[which];
  if (url === null) throw new ApiError('not-found', 404, 'The original photo has been deleted.');
  const receive = async () => {
    const response = await send(url, { redirect: 'error', signal });
    if (response.ok) return response.blob();
    const expired = clock.now() >= Date.parse(photo.expiresAt);
    throw s3ErrorFrom(await readResponse(response, clock.now()), expired);
  };
  const blob = await receive().catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error instanceof ApiError ? error : networkError(error);
  });
  if (which === 'photo' || blob.size === photo.size) return blob;
  throw new ApiError('unavailable', 200, `Received ${blob.size} of ${photo.size} bytes.`);
}
