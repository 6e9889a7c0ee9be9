/** The worker's queue, in memory: a message for each photo of the folder that has no outcome. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobQueue, Message } from '../../worker/photo/queue.ts';

/** How long an idle worker waits for a message. */
const WAIT_MS = 1000;
/** Name of the bucket in messages. */
export const FOLDER_BUCKET = 'folder';

interface Waiting {
  message: Message;
  visibleAtMs: number;
}

export class FolderQueue implements JobQueue {
  readonly queues = ['interactive'] as const;
  private readonly waiting = new Map<string, Waiting>();
  private sent = 0;

  /** @param clock monotonic milliseconds @param now epoch milliseconds */
  constructor(
    private readonly clock: () => number,
    private readonly now: () => number,
  ) {}

  /** Messages that are not done, those in flight included. */
  get size(): number {
    return this.waiting.size;
  }

  has(key: string): boolean {
    return this.waiting.has(key);
  }

  /** A photo that is in the queue already is not added again. */
  add(key: string, etag: string): void {
    if (this.waiting.has(key)) return;
    const time = new Date(this.now()).toISOString();
    const event = {
      source: 'aws.s3',
      'detail-type': 'Object Created',
      time,
      detail: { bucket: { name: FOLDER_BUCKET }, object: { key, etag } },
    };
    const message: Message = {
      queue: 'interactive',
      id: `${++this.sent}`,
      body: JSON.stringify(event),
      receiptHandle: key,
      receiveCount: 0,
      sentAtMs: this.now(),
    };
    this.waiting.set(key, { message, visibleAtMs: -Infinity });
  }

  async receive(_queue: 'interactive', wait: boolean): Promise<Message | undefined> {
    const found = this.take();
    if (found || !wait) return found;
    await sleep(WAIT_MS);
    return this.take();
  }

  delete({ receiptHandle }: Message): Promise<void> {
    this.waiting.delete(receiptHandle);
    return Promise.resolve();
  }

  deadLetter(message: Message): Promise<void> {
    return this.delete(message);
  }

  hide({ receiptHandle }: Message, seconds: number): Promise<void> {
    const found = this.waiting.get(receiptHandle);
    if (found) found.visibleAtMs = this.clock() + 1000 * seconds;
    return Promise.resolve();
  }

  private take(): Message | undefined {
    const now = this.clock();
    for (const one of this.waiting.values()) {
      if (one.visibleAtMs > now) continue;
      // Until it is deleted or hidden for less: nothing else receives.
      one.visibleAtMs = Infinity;
      one.message = { ...one.message, receiveCount: one.message.receiveCount + 1 };
      return one.message;
    }
    return undefined;
  }
}
