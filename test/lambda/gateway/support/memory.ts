/** A gateway in memory: its ports, and links that a client uses. */
import { readFailure, type Failure } from '../../../../contract/failure.ts';
import type { Access } from '../../../../contract/gateway.ts';
import { apiPhotoKey, failedKey, resultKey } from '../../../../contract/keys.ts';
import { photoLogId, TRACE_METADATA } from '../../../../contract/trace.ts';
import { metadataOf, type Options } from '../../../../contract/photo-option.ts';
import {
  COLOURED_PHOTOS_METADATA,
  OUTPUT_METADATA,
  REMARKS_METADATA,
  remarksIn,
  type ColouredPhotos,
} from '../../../../contract/photo-types.ts';
import type { View } from '../../../../contract/view.ts';
import type { QuotaWindow } from '../../../../lambda/gateway/quotas.ts';
import { PageServer } from '../../../../lambda/gateway/page-server.ts';
import { photoKeyOf } from '../../../../lambda/gateway/first-queue.ts';
import type { UnfinishedCounterKey } from '../../../../lambda/gateway/sidelining.ts';
import { ITEM_SECONDS, itemOf, SLOT_SECONDS, slotOf } from '../../../../lambda/gateway/announced.ts';
import type {
  ArrivalCounter,
  DownloadedFile,
  GatewayPorts,
  PhotoPlace,
  PhotoRecord,
  PhotoSettings,
  PhotoStorage,
  PhotoRegistry,
  StoredPhoto,
  UnfinishedPhotos,
  UploadLink,
  ViewReader,
} from '../../../../lambda/gateway/ports.ts';
import type { Gateway } from '../../../../lambda/gateway/routes.ts';

export class MemoryRegistry implements PhotoRegistry {
  private readonly records = new Map<string, PhotoRecord>();
  private readonly counted = new Map<string, number>();

  /** @param now epoch seconds */
  constructor(private readonly now: () => number = () => 0) {}

  async put(photo: PhotoRecord) {
    if (this.records.has(photo.id)) throw new Error('The conditional request failed');
    this.records.set(photo.id, { ...photo, expiresAt: Math.ceil(photo.expiresAt) });
  }

  async get(id: string) {
    const found = this.records.get(id);
    return found && { ...found };
  }

  async countPhoto({ key, limit, endsAt }: QuotaWindow) {
    if (endsAt <= this.now()) throw new RangeError(`the window ${key} ended at ${endsAt}`);
    const count = this.counted.get(key) ?? 0;
    if (count >= limit) return false;
    this.counted.set(key, count + 1);
    return true;
  }

  /** Number of photos. */
  get size() {
    return this.records.size;
  }
}

export class MemoryArrivals implements ArrivalCounter {
  private readonly counts = new Map<number, number>();

  async count(at: number) {
    const count = (this.counts.get(slotOf(at)) ?? 0) + 1;
    this.counts.set(slotOf(at), count);
    return count;
  }

  async read(at: number) {
    const from = itemOf(at) - ITEM_SECONDS;
    const starts = Array.from(
      { length: (slotOf(at) - from) / SLOT_SECONDS + 1 },
      (_, k) => from + k * SLOT_SECONDS,
    );
    return starts.map((slot) => ({ at: slot, count: this.counts.get(slot) ?? 0 }));
  }
}

/** Knows no records: a photo that has left once does not leave again. */
export class MemoryUnfinished implements UnfinishedPhotos {
  readonly counts = new Map<string, number>();
  private readonly left = new Set<string>();
  /** Whether the counts cannot be read. */
  isAway = false;

  async enter({ key }: UnfinishedCounterKey, limit: number) {
    if (this.isAway) return undefined;
    const count = this.counts.get(key) ?? 0;
    if (count >= limit) return false;
    this.counts.set(key, count + 1);
    return true;
  }

  async leave({ id, counter: { key } }: { id: string; counter: UnfinishedCounterKey }) {
    if (this.isAway || this.left.has(id)) return;
    this.left.add(id);
    this.counts.set(key, Math.max(0, (this.counts.get(key) ?? 0) - 1));
  }
}

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

const ORIGIN = 'https://photos.example';
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

export class MemoryViewReader implements ViewReader {
  view: View | undefined;

  async read() {
    return this.view;
  }
}

export const SETTINGS: PhotoSettings = {
  maxUploadBytes: 25_000_000,
  photosPerHour: 3,
  photosPerDay: 5,
  linkSeconds: 900,
  photoDays: 14,
  resultDays: 30,
  chromaSize: 512,
  bulkDeadlineSeconds: 3600,
  sidelines: true,
};

export interface MemoryGateway extends Gateway {
  ports: GatewayPorts & {
    registry: MemoryRegistry;
    storage: MemoryStorage;
    viewReader: MemoryViewReader;
    unfinished: MemoryUnfinished;
  };
  /** Epoch seconds, for all ports. */
  clock: { now: number };
  logLines: Record<string, unknown>[];
}

/** @param start epoch seconds. @param folder with the page's files */
export function memoryGateway(
  start: number,
  { access = 'open', folder = '/nowhere' }: { access?: Access; folder?: string } = {},
): MemoryGateway {
  const clock = { now: start };
  const logLines: Record<string, unknown>[] = [];
  const settings = { ...SETTINGS };
  let ids = 0;
  return {
    access,
    groupsClaim: '',
    settings,
    ports: {
      registry: new MemoryRegistry(() => clock.now),
      storage: new MemoryStorage(() => clock.now),
      viewReader: new MemoryViewReader(),
      arrivals: new MemoryArrivals(),
      unfinished: new MemoryUnfinished(),
    },
    page: new PageServer(folder, () =>
      Promise.resolve({
        settings: {
          maxUploadBytes: settings.maxUploadBytes,
          chromaSize: settings.chromaSize,
          options: settings.options ?? [],
          bulkDeadlineSeconds: settings.bulkDeadlineSeconds,
          signIn: null,
        },
        connect: [ORIGIN],
      }),
    ),
    newId: () => idOf(++ids),
    newTrace: () => traceOf(ids),
    logIdOf: (place) => photoLogId('photos', photoKeyOf(place)),
    now: () => clock.now,
    log: (line) => logLines.push(line),
    clock,
    logLines,
  };
}

/** Id of the n-th photo. */
export const idOf = (n: number) => `photo-${String(n).padStart(16, '0')}`;

/** Trace id of the n-th photo. */
export const traceOf = (n: number) => n.toString(16).padStart(32, '0');

/** A failure record as a worker writes it. */
export const failureOf = (id: string, more: Partial<Failure> = {}): Failure => ({
  code: 'unreadable-image',
  message: 'The file is cut off.',
  retryable: false,
  key: apiPhotoKey(id),
  etag: 'd41d8cd98f00b204e9800998ecf8427e',
  ...more,
});
