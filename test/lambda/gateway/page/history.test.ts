/** What the device keeps of photos: as tables, and the keeper over a store in memory. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  keptPhotoOf,
  partsOf,
  taskOf,
  tooMany,
  type KeptPhoto,
  type Parts,
} from '../../../../lambda/gateway/page/history.ts';
import type { HistoryStore, PartChanges } from '../../../../lambda/gateway/page/history-store.ts';
import { Keeper } from '../../../../lambda/gateway/page/keeper.ts';
import { newTask, type PhotoTask } from '../../../../lambda/gateway/page/photo-task.ts';

const file = new File(['12345'], 'Oma.jpg', { type: 'image/jpeg' });
const blob = (size: number) => new Blob(['x'.repeat(size)], { type: 'image/png' });
const task = (changes: Partial<PhotoTask> = {}, keepOriginal = true) =>
  Object.assign(newTask(file, keepOriginal), changes);
const kept = (changes: Partial<KeptPhoto>) => ({ ...keptPhotoOf(task(), ''), ...changes });

describe('what is kept of a photo', () => {
  it.each<[string, Partial<PhotoTask>, boolean, KeptPhoto['state'], string[]]>([
    ['in work', { step: 'preparing' }, true, 'pending', ['original']],
    [
      'that waits',
      { step: 'waiting', id: 'x', pictures: { before: blob(1) } },
      true,
      'pending',
      ['original', 'before'],
    ],
    ['that was sent whole and waits', { step: 'waiting', id: 'x' }, false, 'pending', ['original']],
    [
      'that is done',
      { step: 'succeeded', result: blob(1), chroma: blob(2) },
      true,
      'succeeded',
      ['original', 'result', 'chroma'],
    ],
    [
      'that was sent whole and is done',
      { step: 'succeeded', result: blob(1) },
      false,
      'succeeded',
      ['result'],
    ],
    ['that failed', { step: 'failed', error: 'unreadable-image' }, false, 'failed', ['original']],
    ['whose session has ended', { step: 'failed', error: 'unauthorized' }, false, 'pending', ['original']],
  ])('%s', (_name, changes, keepOriginal, state, parts) => {
    const one = task(changes, keepOriginal);
    const photo = keptPhotoOf(one, 'ann');
    expect(photo).toMatchObject({ state, owner: 'ann', name: 'Oma.jpg' });
    expect(Object.keys(partsOf(one)).sort()).toEqual(parts.sort());
    const [original = 0, others] = [partsOf(one).original?.size, photo.bytes];
    expect([photo.originalBytes, others + original]).toEqual([
      original,
      Object.values(partsOf(one)).reduce((sum, { size }) => sum + size, 0),
    ]);
    // As storage returns it.
    const again = taskOf(structuredClone(photo), partsOf(one));
    expect(keptPhotoOf(again, 'ann')).toEqual(photo);
    expect(again.step).toBe(state === 'pending' ? 'queued' : state);
    expect(again).toMatchObject({ id: changes.id, error: state === 'failed' ? changes.error : undefined });
  });

  it('keeps type and bytes of an original', async () => {
    const one = task();
    const again = taskOf(keptPhotoOf(one, ''), { original: new Blob(['12345']) });
    expect([again.file.type, await again.file.text(), again.file.name]).toEqual([
      'image/jpeg',
      '12345',
      'Oma.jpg',
    ]);
  });
});

describe('too many photos', () => {
  const row = (key: string, changes: Partial<KeptPhoto> = {}) =>
    kept({
      key,
      original: `${key}0`,
      addedAt: Number(key),
      state: 'succeeded',
      bytes: 10,
      originalBytes: 5,
      ...changes,
    });
  const album = [row('3'), row('1'), row('4'), row('2')];

  it.each<[string, KeptPhoto[], number, number, string[]]>([
    ['fit', album, 4, 60, []],
    ['are one too many', album, 3, 60, ['1']],
    ['are a byte too large', album, 4, 59, ['1']],
    ['are much too large', album, 4, 30, ['1', '2']],
    ['never lose the newest', album, 0, 0, ['1', '2', '3']],
    ['came at the same time', ['1', '2', '3'].map((key) => row(key, { addedAt: 7 })), 1, 99, ['1', '2']],
    [
      'lose finished ones before those that wait',
      [row('1', { state: 'pending' }), row('2'), row('3')],
      1,
      99,
      ['2', '1'],
    ],
    // The original stays for the other look.
    [
      'share an original',
      [row('1', { original: 'o' }), row('2', { original: 'o' }), row('3'), row('4')],
      9,
      30,
      ['1', '2'],
    ],
    [
      'share an original, once',
      [row('1', { original: 'o' }), row('2', { original: 'o' }), row('3')],
      9,
      40,
      [],
    ],
    ['are none', [], 0, 0, []],
  ])('that %s', (_name, photos, most, bytes, removed) =>
    expect(tooMany(photos, { photos: most, bytes })).toEqual(removed),
  );

  it('are removed until the others fit', () => {
    const photo = fc.record({
      bytes: fc.nat(20),
      originalBytes: fc.nat(20),
      original: fc.nat(6),
      pending: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(photo, { minLength: 1, maxLength: 12 }),
        fc.nat(12),
        fc.nat(200),
        (all, photos, bytes) => {
          const sizes = new Map(all.map(({ original, originalBytes }) => [original, originalBytes]));
          const rows = all.map((one, k) =>
            row(String(k), {
              ...{
                original: String(one.original),
                bytes: one.bytes,
                originalBytes: sizes.get(one.original)!,
              },
              state: one.pending ? 'pending' : 'failed',
            }),
          );
          const gone = new Set(tooMany(rows, { photos, bytes }));
          const left = rows.filter(({ key }) => !gone.has(key));
          const originals = new Map(left.map(({ original, originalBytes }) => [original, originalBytes]));
          const sum = [...originals.values(), ...left.map((one) => one.bytes)].reduce((a, b) => a + b, 0);
          expect(left.length === 1 || (left.length <= photos && sum <= bytes)).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });
});

class MemoryHistory implements HistoryStore {
  readonly photos = new Map<string, KeptPhoto>();
  readonly files = new Map<string, Parts>();
  readonly writes: string[] = [];
  /** Bytes that it has room for. */
  room = Infinity;

  all = async () => [...this.photos.values()];
  get = async (key: string) => this.photos.get(key);
  parts = async ({ key }: KeptPhoto) => this.files.get(key) ?? {};
  async put(photo: KeptPhoto, changes: PartChanges, isNew: boolean) {
    await Promise.resolve();
    if (!isNew && !this.photos.has(photo.key)) return false;
    const others = [...this.photos.values()].filter(({ key }) => key !== photo.key);
    if (bytesOf([...others, photo]) > this.room) throw new DOMException('full', 'QuotaExceededError');
    this.writes.push(Object.keys(changes).sort().join());
    this.photos.set(photo.key, photo);
    this.files.set(photo.key, { ...this.files.get(photo.key), ...changes });
    return true;
  }
  async remove(keys: readonly string[]) {
    for (const key of keys) this.photos.delete(key);
  }
}

describe('the keeper', () => {
  function make(limits = { photos: 9, bytes: 1e6 }) {
    const store = new MemoryHistory();
    let problems = 0;
    const keeper = new Keeper({ store, limits, onProblem: () => problems++ });
    return { store, keeper, problems: () => problems };
  }

  it('writes what has changed, and nothing for what a later page need not know', async () => {
    const { store, keeper } = make();
    const one = task();
    keeper.note(one);
    expect(keeper.isKept(one)).toBe(false);
    await keeper.settled();
    expect(keeper.isKept(one)).toBe(true);
    keeper.note(Object.assign(one, { uploadProgress: 0.5, step: 'uploading', seconds: 3 }));
    keeper.note(Object.assign(one, { step: 'waiting', id: 'x' }));
    expect(keeper.isKept(one)).toBe(false);
    keeper.note(Object.assign(one, { step: 'succeeded', result: blob(3) }));
    await keeper.settled();
    // The id without any file.
    expect(store.writes).toEqual(['original', '', 'result']);
    expect(store.photos.get(one.key)).toMatchObject({ id: 'x', state: 'succeeded', bytes: 3 });
  });

  it('writes what changes during a write, and while it removes others', async () => {
    const { store, keeper } = make({ photos: 1, bytes: 1e6 });
    const [one, other] = [task({ addedAt: 1 }), task({ addedAt: 2 })];
    keeper.note(one);
    keeper.note(other);
    const all = store.all;
    store.all = () => {
      store.all = all;
      keeper.note(Object.assign(other, { step: 'failed', error: 'too-large' }));
      return all();
    };
    await keeper.settled();
    expect([...store.photos.values()]).toMatchObject([{ key: other.key, state: 'failed' }]);
    expect([keeper.isKept(one), keeper.isKept(other)]).toEqual([false, true]);
  });

  it('brings back no photo that was removed, here or in another tab', async () => {
    const { store, keeper, problems } = make();
    const [one, other] = [task(), task()];
    keeper.note(one);
    const removed = keeper.remove([one]);
    keeper.note(Object.assign(one, { id: 'x' }));
    await removed;
    expect(keeper.isKept(one)).toBe(false);
    keeper.note(other);
    await keeper.settled();
    await store.remove([other.key]);
    keeper.note(Object.assign(other, { id: 'x' }));
    await keeper.settled();
    keeper.note(Object.assign(other, { saved: true }));
    await keeper.settled();
    expect([store.photos.size, problems()]).toEqual([0, 0]);
  });

  it('makes room on a full device, oldest first, and reports what finds none', async () => {
    const { store, keeper, problems } = make();
    store.room = 20;
    const old = Array.from({ length: 4 }, (_, k) => task({ step: 'failed', error: 'too-large', addedAt: k }));
    for (const one of old) keeper.note(one);
    await keeper.settled();
    const young = task({ addedAt: 9 });
    keeper.note(young);
    await keeper.settled();
    expect([...store.photos.keys()]).toEqual([...old.slice(1).map(({ key }) => key), young.key]);
    expect(problems()).toBe(0);
    const large = Object.assign(task(), { file: new File(['x'.repeat(21)], 'large.jpg') });
    keeper.note(large);
    await keeper.settled();
    expect([problems(), keeper.isKept(large), store.photos.has(large.key)]).toEqual([1, false, false]);
    keeper.note(Object.assign(large, { id: 'x' }));
    await keeper.settled();
    expect(problems()).toBe(1);
  });

  it('makes room on a full device whose photos share an original', async () => {
    const { store, keeper, problems } = make();
    store.room = 9;
    const looks = Array.from({ length: 4 }, (_, k) =>
      task({ step: 'succeeded', original: 'o', result: blob(1), addedAt: k }),
    );
    for (const one of looks) keeper.note(one);
    await keeper.settled();
    const young = task({ addedAt: 9, file: new File(['12'], 'young.jpg') });
    keeper.note(young);
    await keeper.settled();
    expect([[...store.photos.keys()], problems()]).toEqual([[looks[3]!.key, young.key], 0]);
  });

  it('goes on after a write that failed', async () => {
    const { store, keeper, problems } = make();
    const put = store.put.bind(store);
    store.put = () => {
      store.put = put;
      return Promise.reject(new DOMException('gone', 'NotReadableError'));
    };
    keeper.note(task());
    const next = task();
    keeper.note(next);
    await keeper.settled();
    expect([problems(), keeper.isKept(next)]).toEqual([1, true]);
  });
});
