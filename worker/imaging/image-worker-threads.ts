/**
 * A studio over threads, so that several photos are worked on at once and the loop of the worker, with its heartbeats, is
 * never kept waiting. A photo stays in the thread that made it ready: its pixels never travel.
 *
 * What is finished frees memory and a message, so finishing goes before making ready.
 */
import { Worker } from 'node:worker_threads';
import type { Output } from '../../contract/photo-types.ts';
import { TransientFault } from '../photo/faults.ts';
import { deserializeFault, type SerializedFault } from '../photo/serialized-fault.ts';
import type { PreparedPhoto, ImageProcessor, ImageSettings } from './image-processor.ts';

/** What a thread is told to do; each is answered in turn. */
export type ThreadRequest =
  | { do: 'prepare'; id: string; body: Uint8Array; output: Output | undefined }
  | { do: 'finish'; id: string; output: Uint8Array; source: string }
  | { do: 'discard'; id: string };
export type ThreadReply = { value: unknown } | { fault: SerializedFault };

interface Waiting {
  call: ThreadRequest;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  /** What it is doing. */
  now: Waiting | undefined;
  /** Photos that were made ready here. */
  photos: Set<string>;
}

export class ImageWorkerThreads implements ImageProcessor {
  private readonly threads: Thread[];
  private readonly waiting: Waiting[] = [];
  private closed = false;

  constructor(
    private readonly settings: ImageSettings,
    count: number,
  ) {
    this.threads = Array.from({ length: count }, () => this.start());
  }

  async prepare(id: string, body: Buffer, output?: Output): Promise<PreparedPhoto> {
    const prepared = (await this.ask({ do: 'prepare', id, body, output })) as PreparedPhoto;
    // A view of what arrived, since Buffers lose their class on the way.
    return { ...prepared, upload: asBuffer(prepared.upload) };
  }

  async finish(id: string, output: Buffer, source: string): Promise<Buffer> {
    if (!this.owner(id)) throw new TransientFault('the thread that had this photo is gone');
    return asBuffer((await this.ask({ do: 'finish', id, output, source })) as Uint8Array);
  }

  discard(id: string): void {
    if (this.owner(id)) void this.ask({ do: 'discard', id }).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  private owner = (id: string) => this.threads.find(({ photos }) => photos.has(id));

  private ask(call: ThreadRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const waiting = { call, resolve, reject };
      const first = this.waiting.findIndex(({ call: { do: what } }) => what === 'prepare');
      if (call.do === 'prepare' || first < 0) this.waiting.push(waiting);
      else this.waiting.splice(first, 0, waiting);
      this.hand();
    });
  }

  /** Gives every idle thread the first thing that it can do. */
  private hand(): void {
    for (const thread of this.threads) {
      if (thread.now) continue;
      const next = this.waiting.findIndex(({ call }) => call.do === 'prepare' || thread.photos.has(call.id));
      if (next < 0) continue;
      const [waiting] = this.waiting.splice(next, 1) as [Waiting];
      thread.now = waiting;
      if (waiting.call.do === 'prepare') thread.photos.add(waiting.call.id);
      else thread.photos.delete(waiting.call.id);
      thread.worker.postMessage(waiting.call);
    }
  }

  private start(): Thread {
    const worker = new Worker(new URL('./image-worker-thread.mjs', import.meta.url), {
      workerData: this.settings,
    });
    const thread: Thread = { worker, now: undefined, photos: new Set() };
    worker.on('message', (answer: ThreadReply) => {
      const { now } = thread;
      thread.now = undefined;
      if ('fault' in answer && now?.call.do === 'prepare') thread.photos.delete(now.call.id);
      if ('value' in answer) now?.resolve(answer.value);
      else now?.reject(deserializeFault(answer.fault));
      this.hand();
    });
    worker.on('error', (cause) => this.replace(thread, cause));
    // The worker ends when its work does, whatever its threads still have.
    worker.unref();
    return thread;
  }

  private replace(thread: Thread, cause: unknown): void {
    if (this.closed) return;
    void thread.worker.terminate();
    this.threads[this.threads.indexOf(thread)] = this.start();
    thread.now?.reject(new TransientFault('the thread that worked on this photo died', { cause }));
    for (const { call, reject } of this.waiting.filter(({ call }) => thread.photos.has(call.id))) {
      reject(new TransientFault(`the thread that had photo ${call.id} died`, { cause }));
    }
    const left = this.waiting.filter(({ call }) => !thread.photos.has(call.id));
    this.waiting.splice(0, this.waiting.length, ...left);
    this.hand();
  }
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
