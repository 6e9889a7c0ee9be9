/** The bytes of a photo, to the link that it was given. */
import type { CreatedPhoto } from '../contract/photo-api.ts';
import { withRetries, type RetryOptions } from './retry.ts';
import { readResponse } from './response.ts';
import { ApiError, s3ErrorFrom, networkError } from './errors.ts';
import { systemClock } from './time.ts';

/**
 * Sends a body to a link and resolves with what came back, whatever its status; rejects when nothing did. A browser's page
 * brings one of its own, since `fetch` cannot tell how far it is.
 */
export type Send<B> = (upload: CreatedPhoto['upload'], body: B, signal?: AbortSignal) => Promise<Response>;

/** With the headers exactly as told: the link is signed for them. The length is added by whatever sends. */
export const sendWithFetch: Send<Blob | Uint8Array<ArrayBuffer>> = ({ method, url, headers }, body, signal) =>
  fetch(url, { method, headers, body, redirect: 'error', signal });

/**
 * Stores a photo by its link, patient with what passes.
 *
 * @throws Refusal `link-expired`: announce it again; `link-used`: somebody has stored a photo by this link before;
 * `link-mismatch`: what was announced is something else
 */
export async function upload<B>(
  { upload: link }: CreatedPhoto,
  body: B,
  send: Send<B>,
  options: RetryOptions = {},
): Promise<void> {
  const { clock = systemClock, signal } = options;
  let tries = 0;
  await withRetries(async () => {
    tries++;
    const response = await send(link, body, signal).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw networkError(error);
    });
    if (response.ok) return;
    const answer = await readResponse(response, clock.now());
    const refusal = s3ErrorFrom(answer, clock.now() >= Date.parse(link.expiresAt));
    // Nobody else has the link: an earlier try has got through, and only its answer was lost.
    if (refusal.code === 'link-used' && !refusal.retryable && tries > 1) return;
    throw refusal;
  }, options);
}

/** Whether a link's time is over as far as anybody can tell, and a new one has to be asked for. */
export const isLinkExpired = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 'link-expired';
