/** The photos of this device: what earlier pages have left, what later ones will find, and in which tab each is worked on. */
import { taskOf, type HistoryLimits } from './history.ts';
import { openHistory, type HistoryStore } from './history-store.ts';
import { Keeper } from './keeper.ts';
import { isPending, type PhotoTask } from './photo-task.ts';
import { inOneTab, Removals } from './tabs.ts';

/** Of the room that the browser gives to this page, at most half. */
const LIMITS: HistoryLimits = { photos: 500, bytes: 2e9 };
const MOST_OF_QUOTA = 0.5;

export interface DevicePorts {
  /** Called when a photo has no room: the page has it only while it is open. */
  onNoRoom: () => void;
  /** Called after another tab has finished a photo. */
  onChange: (task: PhotoTask) => void;
  /** Called for photos that another tab has removed. */
  onRemoved: (isGone: (task: PhotoTask) => boolean) => void;
}

export class Device {
  private store: HistoryStore | undefined;
  private keeper: Keeper | undefined;
  private readonly removals: Removals;
  /** Pending photos of an earlier page, which another tab may have. */
  private readonly restored = new WeakSet<PhotoTask>();

  constructor(private readonly ports: DevicePorts) {
    this.removals = new Removals((keys) => ports.onRemoved(({ key }) => keys.includes(key)));
  }

  /** @returns whether this browser keeps photos */
  async open(name: string): Promise<boolean> {
    this.store = await openHistory(name);
    if (!this.store) return false;
    const { quota = Infinity } = await navigator.storage.estimate().catch((): StorageEstimate => ({}));
    const limits = { ...LIMITS, bytes: Math.min(LIMITS.bytes, MOST_OF_QUOTA * quota) };
    this.keeper = new Keeper({ store: this.store, limits, onProblem: this.ports.onNoRoom });
    return true;
  }

  note = (task: PhotoTask): void => this.keeper?.note(task);

  isKept = (task: PhotoTask): boolean => this.keeper?.isKept(task) ?? false;

  remove = (tasks: readonly PhotoTask[]): void => {
    void this.keeper?.remove(tasks);
    this.removals.announce(tasks.map(({ key }) => key));
  };

  /**
   * Photos of earlier pages, oldest first.
   *
   * @param owner digest of the signed-in user; empty at a stage without sign-in
   */
  async restore(owner: string): Promise<PhotoTask[]> {
    const { store, keeper } = this;
    if (!store || !keeper) return [];
    keeper.owner = owner;
    try {
      const kept = (await store.all()).filter((one) => one.owner === owner);
      kept.sort((a, b) => a.addedAt - b.addedAt);
      return await Promise.all(
        kept.map(async (one) => {
          const task = taskOf(one, await store.parts(one));
          keeper.known(task);
          if (isPending(task)) this.restored.add(task);
          return task;
        }),
      );
    } catch {
      return [];
    }
  }

  /** Works on a photo, while no other tab does. */
  run(task: PhotoTask, work: () => Promise<void>): Promise<void> {
    return inOneTab(task.key, async () => {
      if (this.restored.delete(task) && (await this.isDoneElsewhere(task))) return;
      await work();
      // The next tab reads what this one has written.
      await this.keeper?.settled();
    });
  }

  /** What became of a photo while this tab waited for another one. */
  private async isDoneElsewhere(task: PhotoTask): Promise<boolean> {
    const { store, keeper } = this;
    if (!store || !keeper) return false;
    const found = await latestOf(task, store);
    if (found === 'unknown' || task.abort.signal.aborted) return false;
    if (found === 'removed') {
      this.ports.onRemoved(({ key }) => key === task.key);
      return true;
    }
    const { before, after, abort } = task;
    Object.assign(task, found, { abort });
    for (const url of [before, after]) if (url) URL.revokeObjectURL(url);
    keeper.known(task);
    this.ports.onChange(task);
    return !isPending(task);
  }
}

/** @returns `unknown` where it cannot be read: the photo is worked on then, rather than lost */
async function latestOf({ key }: PhotoTask, store: HistoryStore): Promise<PhotoTask | 'removed' | 'unknown'> {
  try {
    const kept = await store.get(key);
    return kept ? taskOf(kept, await store.parts(kept)) : 'removed';
  } catch {
    return 'unknown';
  }
}
