/** An image process of a pool: what it was sent, which photos it holds, and why it ends. */
import type { ImageConnection } from './image-connection.ts';
import type { Asked, Exceeded, RequestOf, Value } from './image-protocol.ts';

/**
 * Megapixels and bytes of a request that may be next in a process: there it waits for the one before, though another process may be
 * free by then. Larger ones take so long that the few milliseconds between two of them are nothing.
 */
const SMALL = { megapixels: 4, bytes: 4e6 };

/** Of a pool; to be compared only. */
export interface ImageProcess {
  readonly photos: ReadonlySet<string>;
}

/** A request about a photo. */
export type Task = Exclude<Asked, 'start'>;

export interface Answer<A extends Task> {
  value: Value<A>;
  body: Buffer;
  process: ImageProcess;
}

export interface Where {
  /** The one that holds the photo. */
  process?: ImageProcess;
  /** Whether it must be one that has executed nothing yet. */
  fresh?: boolean;
  /** Aborting it ends the process that executes the request; the photos that this one holds are lost. */
  signal?: AbortSignal | undefined;
}

export interface Needs extends Where {
  /** Load of the photo. @default the most that is allowed */
  megapixels?: number | undefined;
}

export interface Job {
  request: RequestOf<Task>;
  body: Buffer | undefined;
  where: Needs;
  resolve: (answer: Answer<Task>) => void;
  reject: (error: Error) => void;
}

export class PooledProcess implements ImageProcess {
  connection: ImageConnection | undefined;
  /** Was sent to it and not answered: the one that it executes, then the one that is next. */
  readonly sent: Job[] = [];
  deadline: NodeJS.Timeout | undefined;
  retirement: NodeJS.Timeout | undefined;
  readonly photos = new Set<string>();
  executed = 0;
  isStarted = false;
  /** It gets no new photos, and is ended when it holds none. */
  isRetiring = false;
  exceeded: Exceeded | undefined;
  /** Why the worker killed it. */
  killedFor: string | undefined;

  get isIdle(): boolean {
    return this.sent.length === 0;
  }

  /** Whether this request may be sent while another one is executed. */
  takesNext(job: Job): boolean {
    return this.isStarted && this.sent.length === 1 && this.sent.every(isSmall) && isSmall(job);
  }
}

/** Whether it takes tens of milliseconds. */
const isSmall = ({ request, body, where: { megapixels = Infinity } }: Job): boolean =>
  (body?.length ?? 0) <= SMALL.bytes &&
  (request.do === 'inspect' || request.do === 'discard' || megapixels <= SMALL.megapixels);
