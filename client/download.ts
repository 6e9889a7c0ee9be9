/** The bytes behind the links of a photo that is done. */
import type { DonePhoto, PhotoApi } from './api.ts';
import { answerOf } from './answers.ts';
import { Refusal, storeRefusal, unreachable } from './refusals.ts';
import { systemClock, type Clock } from './time.ts';
import { isExpired } from './upload.ts';

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
  done: DonePhoto,
  options: DownloadOptions = {},
): Promise<Blob> {
  const { clock = systemClock, signal } = options;
  if (clock.now() >= Date.parse(done.expiresAt)) return get(await renewed(api, done, signal), options);
  try {
    return await get(done, options);
  } catch (error) {
    // Clocks differ, and a link dies with the credentials that signed it.
    if (!isExpired(error)) throw error;
    return get(await renewed(api, done, signal), options);
  }
}

async function renewed(
  api: Pick<PhotoApi, 'status'>,
  { id }: DonePhoto,
  signal: AbortSignal | undefined,
): Promise<DonePhoto> {
  const look = await api.status(id, signal);
  if (look.status === 'done') return look;
  throw new Refusal('not-found', 404, look.status === 'failed' ? look.message : undefined);
}

async function get(done: DonePhoto, options: DownloadOptions): Promise<Blob> {
  const { which = 'result', signal, fetch: send = fetch, clock = systemClock } = options;
  const url = done.links[which];
  if (url === null) throw new Refusal('not-found', 404, 'The photo that was sent has been deleted.');
  const received = async () => {
    const response = await send(url, { redirect: 'error', signal });
    if (response.ok) return response.blob();
    throw storeRefusal(await answerOf(response, clock.now()), clock.now() >= Date.parse(done.expiresAt));
  };
  const blob = await received().catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error instanceof Refusal ? error : unreachable(error);
  });
  if (which === 'photo' || blob.size === done.size) return blob;
  throw new Refusal('unavailable', 200, `${blob.size} of ${done.size} bytes came.`);
}
