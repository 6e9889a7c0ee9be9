/** The client of the package (`ddcolor-elastic/client`): submits photos to a stage's API and yields their outcomes. */
import { PhotoApi, type NewPhotoInput, type PhotoApiOptions, type SucceededPhoto } from './api.ts';
import { download } from './download.ts';
import { ApiError } from './errors.ts';
import { pollPhoto } from './poll.ts';
import { withRetries, type RetryOptions } from './retry.ts';
import { isLinkExpired, sendWith, upload } from './upload.ts';
import type { PhotoStatus } from '../contract/photo-api.ts';
import { pooled } from './pooled.ts';

/** What a photo ends in. */
export type Outcome = Exclude<PhotoStatus, { status: 'waiting' }>;

export interface ColouringClientOptions extends PhotoApiOptions {
  /** Address of the API, the stack's output `ApiUrl`, with its final slash. */
  url: string;
  /** Photos that {@link ColouringClient.colour} has in flight at once. @default 8 */
  concurrency?: number;
}

/** What a stage is asked for beside the photo: `output`, `lane`, `colouredPhotos`, `options`. */
export type SubmitOptions = Omit<NewPhotoInput, 'name' | 'type' | 'size'>;

/** A photo to send. `File`s of a browser are such photos, if their type is one of the API's. */
export interface Photo {
  name: string;
  type: NewPhotoInput['type'];
  body: Blob | Uint8Array<ArrayBuffer>;
}

export type CallOptions = Pick<RetryOptions, 'onRetry' | 'signal'>;

/** One photo of {@link ColouringClient.colour}: its outcome, or why it has none. */
export type ColouredItem<P> =
  | { photo: P; id: string; outcome: Outcome }
  | { photo: P; id?: string; error: ApiError };

/** Upload links per photo: sending may take longer than a link is valid. */
const MAX_LINKS = 5;
const DEFAULT_CONCURRENCY = 8;

export class ColouringClient {
  private readonly api: PhotoApi;
  private readonly concurrency: number;

  /** @throws RangeError for an address without a final slash, and for a concurrency below 1 */
  constructor(private readonly options: ColouringClientOptions) {
    const { url, concurrency = DEFAULT_CONCURRENCY } = options;
    if (!Number.isSafeInteger(concurrency) || concurrency < 1)
      throw new RangeError(`concurrency ${concurrency}: use a whole number from 1.`);
    this.api = new PhotoApi(url, options);
    this.concurrency = concurrency;
  }

  /**
   * Creates a photo and uploads it. Retries what may succeed later, without a limit: stop by the signal.
   *
   * @returns its id, with which {@link outcome} continues, also in another process
   * @throws ApiError
   */
  async submit(photo: Photo, options: SubmitOptions = {}, call: CallOptions = {}): Promise<string> {
    const { name, type, body } = photo;
    const size = body instanceof Blob ? body.size : body.length;
    const retries = this.retries(call);
    for (let link = 1; ; link++) {
      const created = await withRetries(
        () => this.api.create({ ...options, name, type, size }, call.signal),
        retries,
      );
      try {
        await upload(created, body, sendWith(this.options.fetch), retries);
        return created.id;
      } catch (error) {
        if (!isLinkExpired(error) || link === MAX_LINKS) throw error;
      }
    }
  }

  /** The status now, without a wait. @throws ApiError */
  status(id: string, { signal }: CallOptions = {}): Promise<PhotoStatus> {
    return this.api.status(id, signal);
  }

  /**
   * Polls until the photo has succeeded or failed, as the service's `Retry-After` says.
   *
   * @throws ApiError `not-found` or `unauthorized`
   */
  async outcome(id: string, call: CallOptions = {}): Promise<Outcome> {
    for await (const current of pollPhoto(this.api, id, this.retries(call))) {
      if (current.status !== 'waiting') return current;
    }
    throw new Error(`the polls of '${id}' ended without an outcome`);
  }

  /** The picture of a photo that has succeeded; renews an expired link. @throws ApiError */
  download(photo: SucceededPhoto, call: CallOptions = {}): Promise<Blob> {
    const { fetch, clock } = this.options;
    return withRetries(
      () => download(this.api, photo, { signal: call.signal, fetch, clock }),
      this.retries(call),
    );
  }

  /**
   * Submits photos and yields each as soon as it has its outcome. Takes the next photo only when one in flight is over, so
   * photos may come from an endless source. A photo that the API refuses is an item with `error`, and the others go on.
   *
   * Leaving the loop stops the polls; photos that are sent are coloured all the same, and their ids continue them.
   *
   * @throws the signal's reason
   */
  async *colour<P extends Photo>(
    photos: Iterable<P> | AsyncIterable<P>,
    options: SubmitOptions & { onSubmitted?: (photo: P, id: string) => void } = {},
    call: CallOptions = {},
  ): AsyncGenerator<ColouredItem<P>, void, void> {
    const { onSubmitted, ...wanted } = options;
    yield* pooled(photos, this.concurrency, call.signal, async (photo, signal): Promise<ColouredItem<P>> => {
      let id: string | undefined;
      const own = { ...call, signal };
      try {
        id = await this.submit(photo, wanted, own);
        onSubmitted?.(photo, id);
        return { photo, id, outcome: await this.outcome(id, own) };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return { photo, ...(id !== undefined && { id }), error };
      }
    });
  }

  private retries({ signal, onRetry }: CallOptions): RetryOptions {
    return { signal, onRetry, clock: this.options.clock };
  }
}
