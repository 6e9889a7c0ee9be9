/** Concurrent clients of a gateway: each uploads a photo, waits for the result and downloads it. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { PhotoApi, type SucceededPhoto } from '../../client/api.ts';
import { download } from '../../client/download.ts';
import { withRetries } from '../../client/retry.ts';
import { withTimeout } from '../../client/time.ts';
import { upload } from '../../client/upload.ts';
import { pollPhoto } from '../../client/poll.ts';
import { countedFetch, type HttpAnswer } from './counted-fetch.ts';
import { sentPhotos, wrongWith, type Sent } from './sent-photos.ts';

/** An estimate of the wait, as a client received it. */
export interface Estimate {
  atMs: number;
  seconds: number;
  secondsAtMost: number;
}

export interface ClientResult {
  /** `lost`: no outcome within the time limit. `error`: a request failed, or the result is not the photo's. */
  outcome: 'succeeded' | 'failed' | 'lost' | 'error';
  /** Undefined for `succeeded`. */
  reason?: string;
  polls: number;
  estimates: Estimate[];
  /** When the result was stored, from its Last-Modified header, to the second. Epoch milliseconds. */
  storedAtMs?: number;
}

export interface ClientsRun {
  clients: number;
  /** From the first request to the last outcome. */
  seconds: number;
  answers: HttpAnswer[];
  results: ClientResult[];
}

/** Number of clients that have reached each step. */
export type ClientCounts = Record<'announced' | 'sent' | 'succeeded' | 'ended', number>;

export interface ClientsOptions {
  clients: number;
  /** Time over which the clients start. */
  rampSeconds: number;
  /** Time after which a photo without an outcome counts as lost. */
  patienceSeconds: number;
  abort: AbortSignal;
  /** Called after each step of a client. */
  progress?: (counts: ClientCounts) => void;
}

/** @param base URL of the gateway, with a slash at the end */
export async function runClients(base: string, options: ClientsOptions): Promise<ClientsRun> {
  const photos = await sentPhotos();
  // Not AbortSignal.any over AbortSignal.timeout: in Node 20 garbage collection can remove that timeout.
  return withTimeout(options.patienceSeconds * 1000, options.abort, (signal) =>
    runWithin(signal, base, photos, options),
  );
}

async function runWithin(
  signal: AbortSignal,
  base: string,
  photos: Sent[],
  { clients, rampSeconds, abort, progress }: ClientsOptions,
): Promise<ClientsRun> {
  const answers: HttpAnswer[] = [];
  const counts: ClientCounts = { announced: 0, sent: 0, succeeded: 0, ended: 0 };
  const count = (step: keyof ClientCounts) => {
    counts[step]++;
    progress?.(counts);
  };
  // Each client adds a listener to both.
  setMaxListeners(0, abort, signal);
  const counted = countedFetch((answer) => answers.push(answer), signal);
  const api = new PhotoApi(base, {
    fetch: counted((init) => (init?.method === 'POST' ? 'create' : 'status')),
  });
  const put = counted(() => 'put');
  const get = counted(() => 'download');

  const fetchResult = async (photo: SucceededPhoto, sent: Sent, client: ClientResult): Promise<void> => {
    const recording: typeof fetch = async (...args) => {
      const response = await get(...args);
      const stored = Date.parse(response.headers.get('last-modified') ?? '');
      // The header is truncated to seconds: half a second is the mean error.
      if (response.ok && Number.isFinite(stored)) client.storedAtMs = stored + 500;
      return response;
    };
    const result = await withRetries(() => download(api, photo, { signal, fetch: recording }), { signal });
    const wrong = await wrongWith(result, sent);
    if (wrong !== undefined) throw new Error(wrong);
    client.outcome = 'succeeded';
    count('succeeded');
  };

  /** Fills `client` step by step, so that a client that is aborted has its polls and estimates too. */
  const colour = async (sent: Sent, name: string, client: ClientResult): Promise<void> => {
    const announced = { name, type: 'image/jpeg', size: sent.body.length } as const;
    // Retries like the page; every response is counted.
    const created = await withRetries(() => api.create(announced, signal), { signal });
    count('announced');
    const send = ({ method, url, headers }: typeof created.upload, body: typeof sent.body) =>
      put(url, { method, headers, body, redirect: 'error', signal });
    await upload(created, sent.body, send, { signal });
    count('sent');
    for await (const photo of pollPhoto(api, created.id, { signal })) {
      client.polls++;
      if (photo.status === 'succeeded') await fetchResult(photo, sent, client);
      else if (photo.status === 'failed') {
        Object.assign(client, { outcome: 'failed', reason: `${photo.code}: ${photo.message}` });
      } else if (photo.seconds !== null && photo.secondsAtMost !== null) {
        const { seconds, secondsAtMost } = photo;
        client.estimates.push({ atMs: Date.now(), seconds, secondsAtMost });
      }
    }
  };

  const startMs = performance.now();
  const one = async (k: number): Promise<ClientResult> => {
    const reason = 'no outcome within the time limit';
    const client: ClientResult = { outcome: 'lost', reason, polls: 0, estimates: [] };
    await sleep((rampSeconds * 1000 * k) / clients, undefined, { signal: abort });
    await colour(photos[k % photos.length]!, `client ${k}.jpg`, client).catch((error: Error) => {
      abort.throwIfAborted();
      if (!signal.aborted) Object.assign(client, { outcome: 'error', reason: error.message });
    });
    if (client.outcome === 'succeeded') delete client.reason;
    count('ended');
    return client;
  };
  const results = await Promise.all(Array.from({ length: clients }, (_, k) => one(k)));
  return { clients, seconds: (performance.now() - startMs) / 1000, answers, results };
}
