/** Requests to the image worker thread. */
import {
  BrowserError,
  type ImageRequest,
  type ImageResults,
  type ReplyMessage,
  type RequestMessage,
} from './image-messages.ts';

interface Pending {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

export class ImageWorkerClient {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;

  /** @param startWorker called for the first request, and again after the thread has died */
  constructor(private readonly startWorker: () => Worker) {}

  /** @throws BrowserError */
  request<K extends ImageRequest['kind']>(
    request: Extract<ImageRequest, { kind: K }>,
  ): Promise<ImageResults[K]> {
    const id = ++this.lastId;
    const worker = (this.worker ??= this.start());
    return new Promise<ImageResults[K]>((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      worker.postMessage({ ...request, id } satisfies RequestMessage);
    });
  }

  private start(): Worker {
    const worker = this.startWorker();
    worker.onmessage = ({ data }: MessageEvent<ReplyMessage>) => {
      const pending = this.pending.get(data.id);
      this.pending.delete(data.id);
      if ('code' in data) pending?.reject(new BrowserError(data.code));
      else pending?.resolve(data.value as never);
    };
    // Usually out of memory. The next request starts another thread.
    worker.onerror = () => {
      worker.terminate();
      this.worker = undefined;
      for (const { reject } of this.pending.values()) reject(new BrowserError('too-large-for-browser'));
      this.pending.clear();
    };
    return worker;
  }
}
