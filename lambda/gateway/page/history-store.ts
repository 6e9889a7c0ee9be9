/** Photos of this page in IndexedDB. What a tab writes is there for the others; nothing is sent anywhere. */
import { PARTS, type KeptPhoto, type Part, type Parts } from './history.ts';

/** Files that have changed; undefined for those that are not needed any longer. */
export type PartChanges = Partial<Record<Part, Blob | undefined>>;

export interface HistoryStore {
  /** All photos of the device, of every user, without files. */
  all(): Promise<KeptPhoto[]>;
  get(key: string): Promise<KeptPhoto | undefined>;
  parts(photo: KeptPhoto): Promise<Parts>;
  /**
   * Writes a photo with its files, or nothing of it.
   *
   * @param isNew false for a photo that was written before: one that was removed since, by another tab, stays removed
   * @returns whether it is kept
   * @throws DOMException `QuotaExceededError`
   */
  put(photo: KeptPhoto, changes: PartChanges, isNew: boolean): Promise<boolean>;
  remove(keys: readonly string[]): Promise<void>;
}

const VERSION = 1;
/** Some browsers never answer where storage is off. */
const OPEN_MS = 5000;

/** @returns undefined where the browser keeps nothing: private windows, blocked storage */
export async function openHistory(name: string): Promise<HistoryStore | undefined> {
  try {
    return new IndexedHistory(await open(name));
  } catch {
    return undefined;
  }
}

function open(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, VERSION);
    const timer = setTimeout(() => reject(new Error('no answer of IndexedDB')), OPEN_MS);
    request.onupgradeneeded = () => {
      const photos = request.result.createObjectStore('photos', { keyPath: 'key' });
      photos.createIndex('original', 'original');
      request.result.createObjectStore('parts');
    };
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'));
    request.onsuccess = () => {
      clearTimeout(timer);
      // A tab with a later version of the page may change the layout.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
  });
}

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'));
  });

const partKey = ({ key, original }: KeptPhoto, part: Part) =>
  part === 'original' ? `${original}/original` : `${key}/${part}`;

class IndexedHistory implements HistoryStore {
  constructor(private readonly database: IDBDatabase) {}

  all() {
    return this.within('readonly', ({ photos }) => answer(photos.getAll() as IDBRequest<KeptPhoto[]>));
  }

  get(key: string) {
    return this.within('readonly', ({ photos }) => photoOf(photos, key));
  }

  parts(photo: KeptPhoto) {
    return this.within('readonly', async ({ parts }) => {
      const found = await Promise.all(
        PARTS.map((part) => answer(parts.get(partKey(photo, part)) as IDBRequest<Blob | undefined>)),
      );
      return Object.fromEntries(PARTS.flatMap((part, k) => (found[k] ? [[part, found[k]]] : []))) as Parts;
    });
  }

  put(photo: KeptPhoto, changes: PartChanges, isNew: boolean) {
    return this.within('readwrite', async ({ photos, parts }) => {
      if (!isNew && (await answer(photos.count(photo.key))) === 0) return false;
      photos.put(photo);
      const entries = Object.entries(changes) as [Part, Blob | undefined][];
      for (const [part, blob] of entries) {
        if (blob) parts.put(blob, partKey(photo, part));
        else if (part !== 'original' || (await sharedBy(photos, photo)) <= 1)
          parts.delete(partKey(photo, part));
      }
      return true;
    });
  }

  remove(keys: readonly string[]) {
    return this.within('readwrite', async ({ photos, parts }) => {
      for (const key of keys) {
        const photo = await photoOf(photos, key);
        if (!photo) continue;
        photos.delete(key);
        const isLast = (await sharedBy(photos, photo)) === 0;
        for (const part of PARTS) if (part !== 'original' || isLast) parts.delete(partKey(photo, part));
      }
    });
  }

  /** One transaction: all of it, or nothing. */
  private async within<T>(
    mode: IDBTransactionMode,
    act: (stores: Record<'photos' | 'parts', IDBObjectStore>) => Promise<T>,
  ): Promise<T> {
    const transaction = this.database.transaction(['photos', 'parts'], mode);
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB aborted the transaction'));
    });
    const [photos, parts] = [transaction.objectStore('photos'), transaction.objectStore('parts')];
    const [value] = await Promise.all([act({ photos, parts }), done]);
    return value;
  }
}

const photoOf = (photos: IDBObjectStore, key: string) =>
  answer(photos.get(key) as IDBRequest<KeptPhoto | undefined>);

const sharedBy = (photos: IDBObjectStore, { original }: KeptPhoto) =>
  answer(photos.index('original').count(original));
