/**
 * Puts photos into prompts: when ComfyUI has room for a prompt, it takes the photos that are ready, up to the batch size, and
 * waits for none. So a photo goes alone while ComfyUI is idle, and with others of its queue when it is busy.
 */
import type { QueueName } from '../../contract/lanes.ts';
import { CancelledBeforeStart, type WeightedSemaphore } from './weighted-semaphore.ts';
import { Batch, type BatchedResult, type BatchPhoto, type BatchPorts } from './batch.ts';
import { nextBatch, type Ready } from './batch-rule.ts';

interface Waiter extends Ready {
  photo: BatchPhoto;
  join: (batch: Batch) => void;
}

export interface BatcherPorts extends Omit<BatchPorts, 'acquireSlot'> {
  /** Of ComfyUI. */
  slots: WeightedSemaphore;
  /** Most photos in a prompt, of those of the usual size. */
  max: number;
  /** Side of their planes, in pixels. */
  usual?: number;
}

export class Batcher {
  private waiting: Waiter[] = [];
  /** Queues with photos that wait for a slot. */
  private readonly asked = new Set<QueueName>();

  constructor(private readonly ports: BatcherPorts) {}

  /**
   * Runs the workflow on a photo, with others or alone.
   *
   * @throws CancelledBeforeStart when its drain signal came before its batch; what `started` throws; the reason of its signal;
   * the fault of its own prompt, or one of the instance
   */
  async infer(photo: BatchPhoto): Promise<BatchedResult> {
    const batch = await photo.paused(() => this.join(photo));
    try {
      photo.signal.throwIfAborted();
      await photo.started(batch.size);
      photo.signal.throwIfAborted();
      return await batch.run(photo);
    } finally {
      batch.leave(photo);
    }
  }

  private join(photo: BatchPhoto): Promise<Batch> {
    const { cancel, options, size } = photo;
    return new Promise<Batch>((resolve, reject) => {
      if (cancel.aborted) return reject(new CancelledBeforeStart(String(cancel.reason)));
      const onAbort = () => {
        this.waiting = this.waiting.filter((one) => one !== waiter);
        reject(new CancelledBeforeStart(String(cancel.reason)));
      };
      const waiter: Waiter = {
        photo,
        options,
        size,
        join: (batch) => {
          cancel.removeEventListener('abort', onAbort);
          resolve(batch);
        },
      };
      cancel.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(waiter);
      this.askForSlot(photo.queue);
    });
  }

  /** One slot of each queue at a time is waited for: which photos take it is decided when it is there. */
  private askForSlot(queue: QueueName): void {
    if (this.asked.has(queue)) return;
    this.asked.add(queue);
    this.ports.slots.request(queue, 1, (release, isContended) => {
      this.asked.delete(queue);
      const ofQueue = this.waiting.filter(({ photo }) => photo.queue === queue);
      // Photos of a queue before it should not wait for a whole batch.
      const taken = nextBatch(ofQueue, isContended ? 1 : this.ports.max, this.ports.usual);
      this.waiting = this.waiting.filter((one) => !taken.includes(one));
      if (taken.length === 0) release();
      else this.start(queue, taken, release);
      if (this.waiting.some(({ photo }) => photo.queue === queue)) this.askForSlot(queue);
      return taken.length;
    });
  }

  private start(queue: QueueName, taken: Waiter[], release: () => void): void {
    let held: (() => void) | undefined = release;
    // The slot that the batch has got, and after that one for each further prompt.
    const acquireSlot = async () => {
      const first = held;
      held = undefined;
      return first ?? this.ports.slots.acquire(1, undefined, queue);
    };
    const photos = taken.map(({ photo }) => photo);
    const batch = new Batch(photos, { ...this.ports, acquireSlot }, () => held?.());
    for (const { join } of taken) join(batch);
  }
}
