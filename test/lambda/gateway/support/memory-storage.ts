/** The bucket of the gateway in memory: links that allow one request each, objects, outcomes. */
import { readFailure, type Failure } from '../../../../contract/failure.ts';
import {
  DELETION_METADATA,
  failedKey,
  resultKey,
  sharedKey,
  type DeletionState,
} from '../../../../contract/keys.ts';
import { TRACE_METADATA } from '../../../../contract/trace.ts';
import { metadataOf, type Options } from '../../../../contract/photo-option.ts';
import {
  COLOURED_PHOTOS_METADATA,
  OUTPUT_METADATA,
  REMARKS_METADATA,
  remarksIn,
  type ColouredPhotos,
  type PhotoType,
} from '../../../../contract/photo-types.ts';
import { photoKeyOf } from '../../../../lambda/gateway/first-queue.ts';
import type {
  DownloadedFile,
  PhotoPlace,
  PhotoRecord,
  PhotoStorage,
  StoredPhoto,
  UploadLink,
} from '../../../../lambda/gateway/ports.ts';

export interface StoredObject {
  body: Buffer;
  type: string;
  storedAt: number;
  metadata: Record<string, string>;
}

interface Link {
  method: 'PUT' | 'GET';
  key: string;
  /** Signed headers, which a request must send exactly. */
  headers: Record<string, string>;
  /** `Content-Disposition` of the response. */
  disposition?: string;
  until: number;
}

export interface LinkRequest {
  method: string;
  headers?: Record<string, string>;
  body?: Buffer;
}

export interface LinkResponse {
  status: number;
  disposition: string | undefined;
  body: Buffer;
}

export const ORIGIN = 'https://photos.example';
const META = 'x-amz-meta-';

export class MemoryStorage implements PhotoStorage {
  readonly objects = new Map<string, StoredObject>();
  private readonly links = new Map<string, Link>();

  /** @param now epoch seconds */
  constructor(private readonly now: () => number) {}

  /** Stores an object. */
  write(key: string, body: Buffer | string, type: string, metadata: Record<string, string> = {}): void {
    this.objects.set(key, { body: Buffer.from(body), type, metadata, storedAt: this.now() });
  }

  photo(place: PhotoPlace) {
    return this.head(photoKeyOf(place));
  }

  result(place: PhotoPlace) {
    return this.head(resultKey(photoKeyOf(place)));
  }

  async failure(place: PhotoPlace): Promise<(Failure & { storedAt: number }) | undefined> {
    const found = this.objects.get(failedKey(photoKeyOf(place)));
    if (!found) return undefined;
    return { ...readFailure(found.body.toString()), storedAt: found.storedAt };
  }

  async beginDeletion(place: PhotoPlace, refuseUploads: boolean): Promise<void> {
    const found = this.objects.get(photoKeyOf(place));
    if (found ? found.body.length > 0 : refuseUploads) this.placeholder(photoKeyOf(place), 'running');
  }

  async endDeletion(place: PhotoPlace, refuseUploads: boolean): Promise<void> {
    const key = photoKeyOf(place);
    if (refuseUploads) this.placeholder(key, 'done');
    else this.objects.delete(key);
  }

  private placeholder(key: string, state: DeletionState) {
    this.write(key, '', 'application/octet-stream', { [DELETION_METADATA]: state });
  }

  async removeOutcomes(place: PhotoPlace): Promise<void> {
    for (const keyOf of [resultKey, failedKey]) this.objects.delete(keyOf(photoKeyOf(place)));
  }

  async uploadLink(
    photo: PhotoRecord,
    bytes: number,
    seconds: number,
    colouredPhotos?: ColouredPhotos,
    options: Options = {},
  ): Promise<UploadLink> {
    const { type, output, trace } = photo;
    const metadata = {
      [META + OUTPUT_METADATA]: output,
      [META + TRACE_METADATA]: trace,
      ...(colouredPhotos && { [META + COLOURED_PHOTOS_METADATA]: colouredPhotos }),
      ...Object.fromEntries(Object.entries(metadataOf(options)).map(([name, value]) => [META + name, value])),
    };
    const headers = { 'content-type': type, 'if-none-match': '*', ...metadata };
    const signed = { ...headers, 'content-length': String(bytes) };
    return {
      url: this.link({
        method: 'PUT',
        key: photoKeyOf(photo),
        headers: signed,
        until: this.now() + seconds,
      }),
      headers,
    };
  }

  async downloadLink(
    place: PhotoPlace,
    which: 'photo' | 'result',
    { name }: DownloadedFile,
    seconds: number,
  ): Promise<string> {
    const photo = photoKeyOf(place);
    const key = { photo, result: resultKey(photo) }[which];
    if (key === undefined) throw new RangeError(`no link to '${String(which)}'`);
    const escaped = encodeURIComponent(name).replace(
      /['()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
    const disposition = `attachment; filename*=UTF-8''${escaped}`;
    return this.link({ method: 'GET', key, headers: {}, disposition, until: this.now() + seconds });
  }

  shared(id: string) {
    return this.head(sharedKey(id));
  }

  async copyToShared(place: PhotoPlace, type: PhotoType): Promise<void> {
    const found = this.objects.get(resultKey(photoKeyOf(place)));
    if (!found) throw new Error('NoSuchKey');
    this.write(sharedKey(place.id), found.body, type);
  }

  async removeShared(id: string): Promise<void> {
    this.objects.delete(sharedKey(id));
  }

  async sharedLink(id: string, { name }: DownloadedFile, seconds: number): Promise<string> {
    const disposition = `inline; filename*=UTF-8''${name}`;
    return this.link({
      ...{ method: 'GET', key: sharedKey(id), headers: {}, disposition },
      until: this.now() + seconds,
    });
  }

  /** Sends a request by a link. */
  async use(
    url: string,
    { method, headers = {}, body = Buffer.alloc(0) }: LinkRequest,
  ): Promise<LinkResponse> {
    const empty = (status: number) => ({ status, disposition: undefined, body: Buffer.alloc(0) });
    const link = this.links.get(url);
    if (!link || link.method !== method || this.now() > link.until) return empty(403);
    const sent: Record<string, string> = { ...headers, 'content-length': String(body.length) };
    if (Object.entries(link.headers).some(([name, value]) => sent[name] !== value)) return empty(403);
    const stored = this.objects.get(link.key);
    if (method === 'GET')
      return stored ? { status: 200, disposition: link.disposition, body: stored.body } : empty(404);
    if (stored) return empty(412);
    const meta = Object.entries(sent).flatMap(([name, value]) =>
      name.startsWith(META) ? [[name.slice(META.length), value] as const] : [],
    );
    this.write(link.key, body, sent['content-type'] ?? '', Object.fromEntries(meta));
    return empty(200);
  }

  private link(link: Link): string {
    const url = `${ORIGIN}/${link.key}?signature=${this.links.size + 1}`;
    this.links.set(url, link);
    return url;
  }

  private async head(key: string): Promise<StoredPhoto | undefined> {
    const found = this.objects.get(key);
    if (!found) return undefined;
    const remarks = remarksIn(found.metadata[REMARKS_METADATA]);
    const { body, type, storedAt } = found;
    return { bytes: body.length, type, storedAt, ...(remarks.length > 0 && { remarks }) };
  }
}
