/** Downloads the result, or the original photo, by its presigned link. */
import type { PhotoApi, SucceededPhoto } from './api.ts';
import { ApiError, networkError, s3ErrorFrom, untrustedAnswer } from './errors.ts';
import { MAX_RESULT_BYTES, pictureTypeOf } from './picture.ts';
import { readBytes, readResponse } from './response.ts';
import { systemClock, withTimeout, type Clock } from './time.ts';
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

/** Without a byte for so long, a download has failed. */
const STALL_MS = 60_000;

/**
 * One attempt; an expired link is renewed once.
 *
 * @returns the picture, with the type that its bytes have
 * @throws ApiError `not-found` when the object is deleted; `unavailable` without a complete response; `untrusted-answer` when
 * it is no picture, or longer than announced
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
  const maxBytes = which === 'photo' ? MAX_RESULT_BYTES : photo.size;
  const [chunks, isLonger] = await withTimeout(STALL_MS, signal, async (either, restart) => {
    const response = await send(url, { redirect: 'error', credentials: 'omit', signal: either });
    if (response.ok) return readBytes(response, maxBytes, restart);
    const expired = clock.now() >= Date.parse(photo.expiresAt);
    throw s3ErrorFrom(await readResponse(response, clock.now()), expired);
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error instanceof ApiError ? error : networkError(error);
  });
  if (isLonger)
    throw untrustedAnswer(200, `The ${which} has more bytes than the ${maxBytes} that are allowed.`);
  const body = new Blob(chunks);
  if (which === 'result' && body.size < photo.size)
    throw new ApiError('unavailable', 200, `Received ${body.size} of ${photo.size} bytes.`);
  const type = await pictureTypeOf(body);
  if (type) return body.slice(0, body.size, type);
  throw untrustedAnswer(200, `The ${which} is no picture: its bytes are not JPEG, PNG, WebP, TIFF or AVIF.`);
}
