/** Uploads the bytes of a photo to its presigned link. */
import type { CreatedPhoto } from '../contract/photo-api.ts';
import { ApiError, networkError, s3ErrorFrom } from './errors.ts';
import { readResponse } from './response.ts';
import { withRetries, type RetryOptions } from './retry.ts';
import { systemClock } from './time.ts';

/**
 * Sends a body to a link. Resolves with the response whatever its status, rejects without a response. The page sends with
 * XMLHttpRequest, because `fetch` reports no upload progress.
 */
export type Send<B> = (upload: CreatedPhoto['upload'], body: B, signal?: AbortSignal) => Promise<Response>;

/**
 * The link is signed for exactly these headers. `fetch` adds the length. A redirect could go anywhere.
 *
 * @param send by default the global one
 */
export const sendWith =
  (send = fetch): Send<Blob | Uint8Array<ArrayBuffer>> =>
  ({ method, url, headers }, body, signal) =>
    send(url, { method, headers, body, redirect: 'error', credentials: 'omit', signal });

/**
 * Stores a photo by its link; retries retryable errors.
 *
 * @throws ApiError `link-expired`: create the photo again; `link-used`: an object was stored by this link before;
 * `link-mismatch`: size, type or output differs from what the photo was created with
 */
export async function upload<B>(
  { upload: link }: CreatedPhoto,
  body: B,
  send: Send<B>,
  options: RetryOptions = {},
): Promise<void> {
  const { clock = systemClock, signal } = options;
  let attempts = 0;
  await withRetries(async () => {
    attempts++;
    const response = await send(link, body, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw networkError(error);
    });
    if (response.ok) return;
    const received = await readResponse(response, clock.now());
    const error = s3ErrorFrom(received, clock.now() >= Date.parse(link.expiresAt));
    // Only this client has the link: an earlier attempt stored the photo and its response was lost.
    if (error.code === 'link-used' && !error.retryable && attempts > 1) return;
    throw error;
  }, options);
}

export const isLinkExpired = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'link-expired';
