/** ComfyUI's prompt queue and history, in memory. */
import type { Graph } from './graph.ts';
import type { SavedFile } from './files.ts';

/** Number (lower runs first), prompt id, graph, extra data, output nodes to execute. */
export type QueueItem = [number, string, Graph, Record<string, unknown>, string[]];

export type Message = [kind: string, fields: Record<string, unknown>];

export interface HistoryEntry {
  prompt: QueueItem;
  outputs: Record<string, { images: SavedFile[] }>;
  status: { status_str: 'success' | 'error'; completed: boolean; messages: Message[] };
  meta: Record<string, object>;
}

const HISTORY_LIMIT = 10_000;

export class PromptQueue {
  readonly running: QueueItem[] = [];
  private pendingItems: QueueItem[] = [];
  private readonly entries = new Map<string, HistoryEntry>();
  private wake: (() => void) | undefined;

  constructor(private readonly changed: () => void) {}

  get remaining(): number {
    return this.running.length + this.pendingItems.length;
  }

  get pending(): QueueItem[] {
    return [...this.pendingItems].sort(([a], [b]) => a - b);
  }

  put(item: QueueItem): void {
    this.pendingItems.push(item);
    this.changed();
    this.wake?.();
  }

  /** Waits for the next prompt and moves it to the running ones. */
  async take(): Promise<QueueItem> {
    let next = this.pending[0];
    while (!next) {
      await new Promise<void>((resolve) => (this.wake = resolve));
      next = this.pending[0];
    }
    const taken = next;
    this.pendingItems = this.pendingItems.filter((item) => item !== taken);
    this.running.push(taken);
    this.changed();
    return taken;
  }

  /** @param entry undefined for a prompt that leaves no trace */
  done(item: QueueItem, entry: HistoryEntry | undefined): void {
    this.running.splice(this.running.indexOf(item), 1);
    if (!entry) return this.changed();
    // Deleted first, so that an entry under a reused id moves to the end.
    this.entries.delete(item[1]);
    this.entries.set(item[1], entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > HISTORY_LIMIT && oldest !== undefined) this.entries.delete(oldest);
    this.changed();
  }

  /** Removes pending prompts; they do not appear in the history. */
  remove(matches: (promptId: string) => boolean): void {
    this.pendingItems = this.pendingItems.filter(([, id]) => !matches(id));
    this.changed();
  }

  history(promptId?: string): Record<string, HistoryEntry> {
    const all = [...this.entries];
    return Object.fromEntries(promptId === undefined ? all : all.filter(([id]) => id === promptId));
  }

  forget(matches: (promptId: string) => boolean): void {
    for (const id of [...this.entries.keys()]) if (matches(id)) this.entries.delete(id);
  }
}
