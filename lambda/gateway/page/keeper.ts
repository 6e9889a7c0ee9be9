/** Keeps the photos of the page on the device as they change, one write at a time, within limits. */
import { bytesOf, keptPhotoOf, partsOf, tooMany, type HistoryLimits, type Parts } from './history.ts';
import type { HistoryStore, PartChanges } from './history-store.ts';
import type { PhotoTask } from './photo-task.ts';

/** Where the device has no room, this part of what is kept goes. */
const FREED = 0.25;

interface Written {
  record: string;
  parts: Parts;
}

export interface KeeperPorts {
  store: HistoryStore;
  limits: HistoryLimits;
  /** Called when a photo could not be kept: the page then has it only while it is open. */
  onProblem: () => void;
}

export class Keeper {
  /** Digest of the signed-in user; empty at a stage without sign-in. */
  owner = '';
  private readonly written = new Map<PhotoTask, Written>();
  private readonly changed = new Set<PhotoTask>();
  /** Removed here or in another tab, or not to be kept. */
  private readonly left = new WeakSet<PhotoTask>();
  private writing: Promise<void> | undefined;
  /** Being written. */
  private current: PhotoTask | undefined;

  constructor(private readonly ports: KeeperPorts) {}

  /** Whether all of the photo's present state would survive the page. */
  isKept = (task: PhotoTask): boolean =>
    this.written.has(task) && !this.changed.has(task) && this.current !== task;

  /** A photo that was read from the store. */
  known(task: PhotoTask): void {
    this.written.set(task, this.stateOf(task));
  }

  /** To be called after each change of a photo; writes what a later page needs. */
  note(task: PhotoTask): void {
    if (this.left.has(task) || isSame(this.written.get(task), this.stateOf(task))) return;
    this.changed.add(task);
    this.writing ??= this.writeAll();
  }

  /** Resolves when everything noted so far is written. */
  settled = async (): Promise<void> => this.writing;

  async remove(tasks: readonly PhotoTask[]): Promise<void> {
    for (const task of tasks) this.leave(task);
    // A write that is under way must not bring it back.
    await this.writing;
    await this.ports.store.remove(tasks.map(({ key }) => key)).catch(this.ports.onProblem);
  }

  /** The photo is not kept from here on. What is there stays. */
  leave(task: PhotoTask): void {
    this.left.add(task);
    this.changed.delete(task);
    this.written.delete(task);
  }

  private stateOf = (task: PhotoTask): Written => ({
    record: JSON.stringify(keptPhotoOf(task, this.owner)),
    parts: partsOf(task),
  });

  private async writeAll(): Promise<void> {
    while (this.changed.size > 0) {
      for (const task of this.changed) {
        this.current = task;
        await this.write(task);
        this.current = undefined;
      }
      await this.keepWithin(this.ports.limits).catch(() => undefined);
    }
    this.writing = undefined;
  }

  private async write(task: PhotoTask): Promise<void> {
    const { store, onProblem } = this.ports;
    const before = this.written.get(task);
    const state = this.stateOf(task);
    this.changed.delete(task);
    const photo = keptPhotoOf(task, this.owner);
    const put = () => store.put(photo, changesOf(before?.parts ?? {}, state.parts), before === undefined);
    try {
      const isKept = await put().catch(async (error: unknown) => {
        if (!isFull(error)) throw error;
        await this.free();
        return put();
      });
      if (this.left.has(task)) return;
      if (isKept) this.written.set(task, state);
      else this.leave(task);
    } catch {
      // It goes on without, like all pages did before they kept anything.
      if (this.left.has(task)) return;
      this.leave(task);
      onProblem();
    }
  }

  private async free(): Promise<void> {
    const kept = await this.ports.store.all();
    await this.keepWithin({ photos: kept.length, bytes: (1 - FREED) * bytesOf(kept) });
  }

  private async keepWithin(limits: HistoryLimits): Promise<void> {
    const { store } = this.ports;
    const removed = new Set(tooMany(await store.all(), limits));
    if (removed.size === 0) return;
    await store.remove([...removed]);
    // Their cards stay while this page is open.
    for (const task of this.written.keys()) if (removed.has(task.key)) this.leave(task);
  }
}

const isFull = (error: unknown) => (error as Partial<DOMException>)?.name === 'QuotaExceededError';

const isSame = (one: Written | undefined, other: Written) =>
  one?.record === other.record && Object.keys(changesOf(one.parts, other.parts)).length === 0;

function changesOf(before: Parts, after: Parts): PartChanges {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Parts)[];
  return Object.fromEntries(
    names.flatMap((name) => (before[name] === after[name] ? [] : [[name, after[name]]])),
  );
}
