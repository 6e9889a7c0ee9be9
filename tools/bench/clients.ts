/** Many clients of a gateway at once: each sends a photo, waits for its colours and fetches them. */
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

/** What a client was told, and when. */
export interface Estimate {
  atMs: number;
  seconds: number;
  secondsAtMost: number;
}

/** How it went for one client. */
export interface ClientResult {
  /** `lost`: no end came in time. `error`: the client could not go on, or what it got is not its photo in colour. */
  end: 'done' | 'failed' | 'lost' | 'error';
  /** Why, but for `done`. */
  reason?: string;
  polls: number;
  estimates: Estimate[];
  /** When its result was stored, as far as the store tells: to the second. Epoch milliseconds. */
  storedAtMs?: number;
}

export interface ClientsRun {
  clients: number;
  /** From the first request to the last end. */
  seconds: number;
  answers: HttpAnswer[];
  results: ClientResult[];
}

/** How many have come there. */
export type ClientCounts = Record<'announced' | 'sent' | 'done' | 'ended', number>;

export interface ClientsOptions {
  clients: number;
  /** Over which they begin. */
  rampSeconds: number;
  /** After which a photo without an end is lost. */
  patienceSeconds: number;
  abort: AbortSignal;
  /** Told of each step. */
  progress?: (counts: ClientCounts) => void;
}

/** @param base address of the gateway, which ends in a slash */
export async function runClients(base: string, options: ClientsOptions): Promise<ClientsRun> {
  const photos = await sentPhotos();
  // Not by AbortSignal.any over AbortSignal.timeout: Node 20 forgets such a limit when it collects garbage.
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
  const counts: ClientCounts = { announced: 0, sent: 0, done: 0, ended: 0 };
  const count = (step: keyof ClientCounts) => {
    counts[step]++;
    progress?.(counts);
  };
  // Each client listens to both.
  setMaxListeners(0, abort, signal);
  const counted = countedFetch((answer) => answers.push(answer), signal);
  const api = new PhotoApi(base, {
    fetch: counted((init) => (init?.method === 'POST' ? 'create' : 'status')),
  });
  const put = counted(() => 'put');
  const get = counted(() => 'download');

  const fetchResult = async (done: SucceededPhoto, sent: Sent, client: ClientResult): Promise<void> => {
    const noting: typeof fetch = async (...args) => {
      const response = await get(...args);
      const stored = Date.parse(response.headers.get('last-modified') ?? '');
      // Told in whole seconds, cut off: in the mean it was half a second later.
      if (response.ok && Number.isFinite(stored)) client.storedAtMs = stored + 500;
      return response;
    };
    const result = await withRetries(() => download(api, done, { signal, fetch: noting }), { signal });
    const wrong = await wrongWith(result, sent);
    if (wrong !== undefined) throw new Error(wrong);
    client.end = 'done';
    count('done');
  };

  /** Notes on the way what is known by then: a client that is cut off has been told something, too. */
  const through = async (sent: Sent, name: string, client: ClientResult): Promise<void> => {
    const announced = { name, type: 'image/jpeg', size: sent.body.length } as const;
    // As the page does: what passes is waited out. All of it is counted.
    const created = await withRetries(() => api.create(announced, signal), { signal });
    count('announced');
    const send = ({ method, url, headers }: typeof created.upload, body: typeof sent.body) =>
      put(url, { method, headers, body, redirect: 'error', signal });
    await upload(created, sent.body, send, { signal });
    count('sent');
    for await (const look of pollPhoto(api, created.id, { signal })) {
      client.polls++;
      if (look.status === 'succeeded') await fetchResult(look, sent, client);
      else if (look.status === 'failed') {
        Object.assign(client, { end: 'failed', reason: `${look.code}: ${look.message}` });
      } else if (look.seconds !== null && look.secondsAtMost !== null) {
        const { seconds, secondsAtMost } = look;
        client.estimates.push({ atMs: Date.now(), seconds, secondsAtMost });
      }
    }
  };

  const startMs = performance.now();
  const one = async (k: number): Promise<ClientResult> => {
    const client: ClientResult = { end: 'lost', reason: 'no end came in time', polls: 0, estimates: [] };
    await sleep((rampSeconds * 1000 * k) / clients, undefined, { signal: abort });
    await through(photos[k % photos.length]!, `client ${k}.jpg`, client).catch((error: Error) => {
      abort.throwIfAborted();
      if (!signal.aborted) Object.assign(client, { end: 'error', reason: error.message });
    });
    if (client.end === 'done') delete client.reason;
    count('ended');
    return client;
  };
  const ends = await Promise.all(Array.from({ length: clients }, (_, k) => one(k)));
  return { clients, seconds: (performance.now() - startMs) / 1000, answers, results: ends };
}
