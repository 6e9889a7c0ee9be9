/** The page's end of the worker thread that does the work on pixels. */
import {
  BrowserError,
  type RequestMessage,
  type ImageResults,
  type ImageRequest,
  type ReplyMessage,
} from './image-messages.ts';

interface Pending {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

export class ImageWorkerClient {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;

  /** @param start makes the thread */
  constructor(private readonly start: () => Worker) {}

  /** @throws HereError */
  request<K extends ImageRequest['kind']>(
    task: Extract<ImageRequest, { kind: K }>,
  ): Promise<ImageResults[K]> {
    const id = ++this.lastId;
    const worker = (this.worker ??= this.begin());
    return new Promise<ImageResults[K]>((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      worker.postMessage({ ...task, id } satisfies RequestMessage);
    });
  }

  private begin(): Worker {
    const worker = this.start();
    worker.onmessage = ({ data }: MessageEvent<ReplyMessage>) => {
      const pending = this.pending.get(data.id);
      this.pending.delete(data.id);
      if ('code' in data) pending?.reject(new BrowserError(data.code));
      else pending?.resolve(data.value as never);
    };
    // A thread that dies has run out of memory, as a rule; the next photo gets another one.
    worker.onerror = () => {
      worker.terminate();
      this.worker = undefined;
      for (const { reject } of this.pending.values()) reject(new BrowserError('too-large-here'));
      this.pending.clear();
    };
    return worker;
  }
}
