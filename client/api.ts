/** Client of the HTTP API. Runs in browsers and in Node; needs only `fetch`. */
import type {
  CreatedPhoto,
  DeletedPhoto,
  NewPhoto,
  PhotoStatus,
  SharedPhoto,
} from '../contract/photo-api.ts';
import { createdPhotoFrom, deletedPhotoFrom, photoStatusFrom, sharedPhotoFrom } from './answers.ts';
import { apiErrorFrom, networkError, unexpectedResponse } from './errors.ts';
import { parseJsonObject, readResponse, type ReceivedResponse } from './response.ts';
import { systemClock, withTimeout, type Clock } from './time.ts';

const TIMEOUT_MS = 30_000;

export interface ApiRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string;
}

export interface PhotoApiOptions {
  /** Returns headers that authenticate this request: a bearer token or an AWS signature. */
  authorize?: (request: ApiRequest) => Record<string, string> | Promise<Record<string, string>>;
  /** @default the global one */
  fetch?: typeof fetch;
  /** @default systemClock */
  clock?: Clock;
}

/** `output` is optional here. @default `photo` */
export type NewPhotoInput = Omit<NewPhoto, 'output'> & Partial<Pick<NewPhoto, 'output'>>;

export type WaitingPhoto = Extract<PhotoStatus, { status: 'waiting' }>;
export type SucceededPhoto = Extract<PhotoStatus, { status: 'succeeded' }>;

/** A photo's status, and when to ask again. */
export type PolledStatus = PhotoStatus & { retryAfterSeconds?: number };

export class PhotoApi {
  private readonly base: URL;

  /**
   * @param base address of the API with a path or without: `https://…/` or `https://…/colour/`
   * @throws RangeError without a final slash: relative URLs would replace the last part of the path
   */
  constructor(
    base: string,
    private readonly options: PhotoApiOptions = {},
  ) {
    if (!base.endsWith('/') || base.endsWith('//') || /[?#]/.test(base)) {
      throw new RangeError(`'${base}': the address of the API must end in one slash.`);
    }
    this.base = new URL(base);
  }

  /** Creates a photo and returns the link to upload its bytes to. @throws ApiError */
  async create(photo: NewPhotoInput, signal?: AbortSignal): Promise<CreatedPhoto> {
    const received = await this.request('POST', 'photos', signal, JSON.stringify(photo));
    return createdPhotoFrom(received, this.base);
  }

  /** @throws ApiError, `not-found` for an unknown photo */
  async status(id: string, signal?: AbortSignal): Promise<PolledStatus> {
    const path = `photos/${encodeURIComponent(id)}`;
    const received = await this.request('GET', path, signal);
    const { retryAfterSeconds } = received;
    return {
      ...photoStatusFrom(received, this.base, id),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    };
  }

  /** A link to the result, for others. @throws ApiError, `not-found` for a photo without a result in colour at the service */
  async share(id: string, signal?: AbortSignal): Promise<SharedPhoto> {
    const path = `photos/${encodeURIComponent(id)}/share`;
    return sharedPhotoFrom(await this.request('POST', path, signal), this.base);
  }

  /** Cancels a photo, or deletes it with its outcome. @throws ApiError, `not-found` for an unknown photo and a deleted one */
  async delete(id: string, signal?: AbortSignal): Promise<DeletedPhoto> {
    const received = await this.request('DELETE', `photos/${encodeURIComponent(id)}`, signal);
    return deletedPhotoFrom(received, id);
  }

  /** Checks that the API responds; sends no credentials. @throws ApiError */
  async health(signal?: AbortSignal): Promise<void> {
    const received = await this.request('GET', 'health', signal);
    if (parseJsonObject(received.body).status !== 'ok') throw unexpectedResponse(received);
  }

  private async request(
    method: string,
    path: string,
    outer: AbortSignal | undefined,
    body?: string,
  ): Promise<ReceivedResponse> {
    const { authorize, fetch: send = fetch, clock = systemClock } = this.options;
    const headers: Record<string, string> = { accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const request = { method, url: new URL(path, this.base).href, headers, body };
    const credentials = path === 'health' ? {} : await authorize?.(request);
    const [ok, received] = await withTimeout(TIMEOUT_MS, outer, async (signal) => {
      // The API never redirects, and a redirect must not receive the credentials.
      const init = {
        method,
        body,
        headers: { ...headers, ...credentials },
        redirect: 'error',
        signal,
      } as const;
      const response = await send(request.url, init);
      return [response.ok, await readResponse(response, clock.now())] as const;
    }).catch((error: unknown) => {
      outer?.throwIfAborted();
      throw networkError(error);
    });
    outer?.throwIfAborted();
    if (!ok) throw apiErrorFrom(received);
    return received;
  }
}
