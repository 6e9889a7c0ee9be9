/** A gateway in memory: its ports, and links that a client uses. */
import { type Failure } from '../../../../contract/failure.ts';
import type { Access } from '../../../../contract/gateway.ts';
import { apiPhotoKey } from '../../../../contract/keys.ts';
import { photoLogId } from '../../../../contract/trace.ts';
import type { View } from '../../../../contract/view.ts';
import type { QuotaWindow } from '../../../../lambda/gateway/quotas.ts';
import { PageServer } from '../../../../lambda/gateway/page-server.ts';
import { photoKeyOf } from '../../../../lambda/gateway/first-queue.ts';
import type { UnfinishedCounterKey } from '../../../../lambda/gateway/sidelining.ts';
import { ITEM_SECONDS, itemOf, SLOT_SECONDS, slotOf } from '../../../../lambda/gateway/announced.ts';
import type {
  ArrivalCounter,
  DeletionMark,
  GatewayPorts,
  PhotoRecord,
  PhotoSettings,
  PhotoRegistry,
  UnfinishedPhotos,
  ViewReader,
} from '../../../../lambda/gateway/ports.ts';
import type { Gateway } from '../../../../lambda/gateway/routes.ts';

import { MemoryStorage, ORIGIN } from './memory-storage.ts';

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

  async markDeleted(id: string, mark: DeletionMark) {
    const found = this.records.get(id);
    if (found) this.records.set(id, { ...found, ...mark });
    return found !== undefined;
  }

  async remove(id: string) {
    const found = this.records.get(id);
    this.records.delete(id);
    return found;
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
