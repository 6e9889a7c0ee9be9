/** The page's end of the worker thread that does the work on pixels. */
import { HereError, type Asked, type Results, type Task, type Told } from './studio-messages.ts';

interface Pending {
  resolve: (value: never) => void;
  reject: (error: Error) => void;
}

export class Studio {
  private worker: Worker | undefined;
  private readonly pending = new Map<number, Pending>();
  private lastId = 0;

  /** @param start makes the thread */
  constructor(private readonly start: () => Worker) {}

  /** @throws HereError */
  ask<K extends Task['kind']>(task: Extract<Task, { kind: K }>): Promise<Results[K]> {
    const id = ++this.lastId;
    const worker = (this.worker ??= this.begin());
    return new Promise<Results[K]>((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      worker.postMessage({ ...task, id } satisfies Asked);
    });
  }

  private begin(): Worker {
    const worker = this.start();
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      const pending = this.pending.get(data.id);
      this.pending.delete(data.id);
      if ('code' in data) pending?.reject(new HereError(data.code));
      else pending?.resolve(data.value as never);
    };
    // A thread that dies has run out of memory, as a rule; the next photo gets another one.
    worker.onerror = () => {
      worker.terminate();
      this.worker = undefined;
      for (const { reject } of this.pending.values()) reject(new HereError('too-large-here'));
      this.pending.clear();
    };
    return worker;
  }
}
