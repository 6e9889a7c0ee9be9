/**
 * Runs the image processor in several threads, so that photos are processed in parallel and the worker's event loop, with
 * its watchdog and visibility renewals, is never blocked. A photo stays in the thread that prepared it: its pixels are
 * never copied between threads.
 *
 * Finishing a photo frees its memory and its message, so `finish` goes before `prepare`.
 */
import { setPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Output } from '../../contract/photo-types.ts';
import { deserializeFault, TransientFault, type SerializedFault } from '../photo/faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { ImageProcessor, ImageSettings, PreparedPhoto } from './image-processor.ts';

/** A request to a thread; each gets one reply, in order. */
export type ThreadRequest =
  | { do: 'prepare'; id: string; body: Uint8Array; output: Output | undefined }
  | { do: 'finish'; id: string; saved: Uint8Array; source: string }
  | { do: 'discard'; id: string };
export type ThreadReply = { value: unknown } | { fault: SerializedFault };

interface Pending {
  request: ThreadRequest;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  current: Pending | undefined;
  /** Ids of the photos that it holds. */
  photos: Set<string>;
}

export class ImageWorkerThreads implements ImageProcessor {
  private readonly threads: Thread[];
  private readonly queue: Pending[] = [];
  private closed = false;

  constructor(
    private readonly settings: ImageSettings,
    count: number,
    private readonly entry = new URL('./image-worker-thread.mjs', import.meta.url),
  ) {
    this.threads = Array.from({ length: count }, () => this.start());
  }

  async prepare(id: string, body: Buffer, output?: Output): Promise<PreparedPhoto> {
    const prepared = (await this.request({ do: 'prepare', id, body, output })) as PreparedPhoto;
    // Buffers arrive as plain Uint8Arrays.
    return { ...prepared, upload: asBuffer(prepared.upload) };
  }

  async finish(id: string, saved: Buffer, source: string): Promise<Buffer> {
    if (!this.threadOf(id)) throw new TransientFault('the thread that held this photo has died');
    return asBuffer((await this.request({ do: 'finish', id, saved, source })) as Uint8Array);
  }

  discard(id: string): void {
    if (this.threadOf(id)) void this.request({ do: 'discard', id }).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.threads.map(({ worker }) => worker.terminate()));
  }

  private threadOf = (id: string) => this.threads.find(({ photos }) => photos.has(id));

  private request(request: ThreadRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const pending = { request, resolve, reject };
      const firstPrepare = this.queue.findIndex((other) => other.request.do === 'prepare');
      if (request.do === 'prepare' || firstPrepare < 0) this.queue.push(pending);
      else this.queue.splice(firstPrepare, 0, pending);
      this.dispatch();
    });
  }

  /** Gives every idle thread the first request that it can execute. */
  private dispatch(): void {
    for (const thread of this.threads) {
      if (thread.current) continue;
      const next = this.queue.findIndex(
        ({ request }) => request.do === 'prepare' || thread.photos.has(request.id),
      );
      if (next < 0) continue;
      const [pending] = this.queue.splice(next, 1) as [Pending];
      thread.current = pending;
      if (pending.request.do === 'prepare') thread.photos.add(pending.request.id);
      else thread.photos.delete(pending.request.id);
      thread.worker.postMessage(pending.request);
    }
  }

  private start(): Thread {
    const worker = new Worker(this.entry, { workerData: this.settings });
    const thread: Thread = { worker, current: undefined, photos: new Set() };
    worker.on('message', (reply: ThreadReply) => {
      const { current } = thread;
      thread.current = undefined;
      if ('fault' in reply && current?.request.do === 'prepare') thread.photos.delete(current.request.id);
      if ('value' in reply) current?.resolve(reply.value);
      else current?.reject(deserializeFault(reply.fault));
      this.dispatch();
    });
    worker.on('error', (cause) => this.replace(thread, cause));
    // The process may end while threads still run.
    worker.unref();
    return thread;
  }

  private replace(thread: Thread, cause: unknown): void {
    if (this.closed) return;
    void thread.worker.terminate();
    this.threads[this.threads.indexOf(thread)] = this.start();
    thread.current?.reject(new TransientFault('the thread that worked on this photo died', { cause }));
    const isLost = ({ request }: Pending) => thread.photos.has(request.id);
    for (const { request, reject } of this.queue.filter(isLost)) {
      reject(new TransientFault(`the thread that held photo ${request.id} died`, { cause }));
    }
    this.queue.splice(0, this.queue.length, ...this.queue.filter((pending) => !isLost(pending)));
    this.dispatch();
  }
}

const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);

/** Of 0 to 19: ComfyUI, which keeps the GPU busy, then gets about ten times the processor time of this process. */
const NICENESS = 10;

/** Lowers the priority of this process. Call it first: on Linux only threads that start later inherit it. */
export function lowerPriority(log: Log): void {
  try {
    setPriority(NICENESS);
  } catch (error) {
    log('warn', 'priority-not-lowered', { error: describeError(error) });
  }
}
