/** The HTTP API, request by request. Runs in browsers and in Node: nothing but `fetch` is needed. */
import type { CreatedPhoto, NewPhoto, PhotoStatus } from '../contract/photo-api.ts';
import { readResponse, parseJsonObject, type ReceivedResponse } from './response.ts';
import { apiErrorFrom, unexpectedResponse, networkError } from './errors.ts';
import { withTimeout, systemClock, type Clock } from './time.ts';

/** The API answers in a second or two, or not at all. */
const TIMEOUT_MS = 30_000;

export interface ApiRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface PhotoApiOptions {
  /** Headers to be added that say who asks: a token, or a signature of just this request. */
  authorize?: (request: ApiRequest) => Record<string, string> | Promise<Record<string, string>>;
  /** @default the global one */
  fetch?: typeof fetch;
  /** @default systemClock */
  clock?: Clock;
}

/** What is told of a photo beforehand; without `output`, the photo in colour is wanted. */
export type NewPhotoInput = Omit<NewPhoto, 'output'> & Partial<Pick<NewPhoto, 'output'>>;

export type WaitingPhoto = Extract<PhotoStatus, { status: 'waiting' }>;
export type SucceededPhoto = Extract<PhotoStatus, { status: 'succeeded' }>;

/** How a photo is, and when asking again is worth it. */
export type PolledStatus = PhotoStatus & { retryAfterSeconds?: number };

export class PhotoApi {
  private readonly base: URL;

  /**
   * @param base address of the API, which may have a path: `https://…/` or `https://…/colour/`
   * @throws RangeError when it does not end in a slash: `photos` would take the place of its last part
   */
  constructor(
    base: string,
    private readonly options: PhotoApiOptions = {},
  ) {
    if (!base.endsWith('/') || base.endsWith('//') || /[?#]/.test(base)) {
      throw new RangeError(`'${base}': the address of the API ends in one slash.`);
    }
    this.base = new URL(base);
  }

  /** Announces a photo; its bytes go to the link that comes back. @throws Refusal */
  async create(photo: NewPhotoInput, signal?: AbortSignal): Promise<CreatedPhoto> {
    const [answer, created] = await this.request<CreatedPhoto>(
      'POST',
      'photos',
      signal,
      JSON.stringify(photo),
    );
    const { upload } = created;
    if (!isText(created.id) || !isText(upload?.url) || typeof upload?.headers !== 'object')
      throw unexpectedResponse(answer);
    return created as CreatedPhoto;
  }

  /** @throws Refusal, `not-found` for a photo that the service does not know */
  async status(id: string, signal?: AbortSignal): Promise<PolledStatus> {
    const [answer, look] = await this.request<PolledStatus>(
      'GET',
      `photos/${encodeURIComponent(id)}`,
      signal,
    );
    const links = look.status === 'succeeded' && isText((look as Partial<SucceededPhoto>).links?.result);
    if (!links && look.status !== 'waiting' && look.status !== 'failed') throw unexpectedResponse(answer);
    const { retryAfterSeconds } = answer;
    return { ...(look as PolledStatus), ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }

  /** Whether the service is there; nobody has to be known to it for that. @throws Refusal */
  async health(signal?: AbortSignal): Promise<void> {
    const [answer, { status }] = await this.request<{ status: string }>('GET', 'health', signal);
    if (status !== 'ok') throw unexpectedResponse(answer);
  }

  private async request<T>(
    method: string,
    path: string,
    outer: AbortSignal | undefined,
    body?: string,
  ): Promise<[ReceivedResponse, Partial<T>]> {
    const { authorize, fetch: send = fetch, clock = systemClock } = this.options;
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const request = { method, url: new URL(path, this.base).href, headers, body };
    const more = path === 'health' ? {} : await authorize?.(request);
    const [ok, answer] = await withTimeout(TIMEOUT_MS, outer, async (signal) => {
      // The API sends nobody elsewhere; whoever does is not the API, and gets no token.
      const init = { method, body, headers: { ...headers, ...more }, redirect: 'error', signal } as const;
      const response = await send(request.url, init);
      return [response.ok, await readResponse(response, clock.now())] as const;
    }).catch((error: unknown) => {
      outer?.throwIfAborted();
      throw networkError(error);
    });
    outer?.throwIfAborted();
    if (!ok) throw apiErrorFrom(answer);
    return [answer, parseJsonObject(answer.body)];
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
