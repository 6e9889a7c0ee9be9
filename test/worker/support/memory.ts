/** An in-memory bucket, queue and log. They reject what S3 and SQS reject, so that a wrong argument is noticed. */
import { createHash } from 'node:crypto';
import { encodedPhotoKey, PHOTO_KEY_METADATA, timesAsMetadata } from '../../../contract/outcome-metadata.ts';
import { TRACE_METADATA } from '../../../contract/trace.ts';
import {
  ConditionFailed,
  type Bucket,
  type ExpectedEtag,
  type StoredObject,
  type Write,
} from '../../../worker/photo/bucket.ts';
import { InstanceFaults, type AttemptPorts } from '../../../worker/photo/attempts.ts';
import type { QueueName } from '../../../contract/lanes.ts';
import { MemoryAttempts } from '../../../worker/photo/memory-attempts.ts';
import { WeightedSemaphore } from '../../../worker/photo/weighted-semaphore.ts';
import type { Log } from '../../../worker/telemetry/log.ts';
import type { JobQueue, Message } from '../../../worker/photo/queue.ts';

export const md5 = (body: Buffer | string) => createHash('md5').update(body).digest('hex');

interface MemoryObject {
  body: Buffer;
  etag: string;
  sourceEtag?: string;
  contentType?: string;
  metadata?: Record<string, string>;
}

export type Objects = Map<string, MemoryObject>;

export class MemoryBucket implements Bucket {
  /**
   * @param turn awaited before each operation, which itself is atomic
   * @param objects shared by the buckets of several workers
   */
  constructor(
    private readonly turn: () => Promise<void> = async () => {},
    readonly objects: Objects = new Map(),
  ) {}

  until(): this {
    return this;
  }

  /** Uploads a photo as a client does. @returns its ETag */
  upload(key: string, body: Buffer | string, metadata: Record<string, string> = {}): string {
    const etag = md5(body);
    this.objects.set(key, { body: Buffer.from(body), etag, metadata });
    return etag;
  }

  async head(key: string): Promise<StoredObject | undefined> {
    await this.turn();
    const object = this.objects.get(key);
    if (!object) return undefined;
    const { etag, sourceEtag, metadata = {} } = object;
    return { etag, sourceEtag, bytes: object.body.length, metadata };
  }

  async get(key: string, etag: string): Promise<Buffer | undefined> {
    await this.turn();
    const object = this.objects.get(key);
    if (object && object.etag !== etag) throw new ConditionFailed(key);
    return object?.body;
  }

  async put(key: string, write: Write, expected: ExpectedEtag): Promise<string> {
    const { body, contentType, sourceEtag, trace, photoKey } = write;
    await this.turn();
    if (!/^[\w-]+\/[\w.+-]+$/.test(contentType)) throw new Error(`content type '${contentType}'`);
    if (!sourceEtag) throw new Error('no source ETag');
    if (this.objects.get(key)?.etag !== expected) throw new ConditionFailed(key);
    const etag = md5(body);
    const metadata = {
      [TRACE_METADATA]: trace,
      ...timesAsMetadata(write),
      ...(photoKey !== undefined && { [PHOTO_KEY_METADATA]: encodedPhotoKey(photoKey) }),
    };
    this.objects.set(key, { body, etag, sourceEtag, contentType, metadata });
    return etag;
  }

  async delete(key: string, etag: string): Promise<void> {
    await this.turn();
    const object = this.objects.get(key);
    if (object && object.etag !== etag) throw new ConditionFailed(key);
    this.objects.delete(key);
  }
}

/** Limits that nothing reaches. */
export const unlimited = () => ({
  files: new WeightedSemaphore(Infinity),
  drainSignal: () => new AbortController().signal,
});

/** Ports of attempts on a new instance. */
export const attemptPorts = (more: Partial<AttemptPorts> = {}): AttemptPorts => ({
  store: new MemoryAttempts(),
  instanceId: 'i-1',
  maxAttempts: 5,
  faults: new InstanceFaults(),
  log: memoryLog(),
  ...more,
});

/** Messages of each queue in the order they were sent. What is done to a message that was not sent, or is deleted, fails. */
export class MemoryQueue implements JobQueue {
  readonly hides: { receiptHandle: string; seconds: number }[] = [];
  readonly deleted: string[] = [];
  readonly deadLettered: { body: string; reason: string }[] = [];
  /** Errors of the next receives. */
  readonly receiveErrors: Error[] = [];
  private readonly waiting: Message[] = [];
  private readonly receipts = new Set<string>();

  constructor(readonly queues: readonly QueueName[] = ['interactive']) {}

  send(body: string, receiveCount = 1, queue: QueueName = 'interactive'): Message {
    const receiptHandle = `receipt-${this.receipts.size + this.deleted.length + 1}`;
    const message = {
      queue,
      id: `message-${receiptHandle}`,
      body,
      receiveCount,
      receiptHandle,
      sentAtMs: Date.now(),
    };
    this.receipts.add(receiptHandle);
    this.waiting.push(message);
    return message;
  }

  /** An idle worker waits for a message, here for 5 ms; a busy one does not. */
  async receive(queue: QueueName, wait: boolean): Promise<Message | undefined> {
    const error = this.receiveErrors.shift();
    if (error) throw error;
    const next = () => this.waiting.findIndex((one) => one.queue === queue);
    if (wait && next() < 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return next() < 0 ? undefined : this.waiting.splice(next(), 1)[0];
  }

  async delete({ receiptHandle }: Message): Promise<void> {
    if (!this.receipts.delete(receiptHandle)) throw new Error(`no message '${receiptHandle}'`);
    this.deleted.push(receiptHandle);
  }

  async deadLetter(message: Message, reason: string): Promise<void> {
    await this.delete(message);
    this.deadLettered.push({ body: message.body, reason });
  }

  async hide({ receiptHandle }: Message, seconds: number): Promise<void> {
    if (!this.receipts.has(receiptHandle)) throw new Error(`no message '${receiptHandle}'`);
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > 43_200)
      throw new Error(`visibility timeout ${seconds}`);
    this.hides.push({ receiptHandle, seconds });
  }
}

export const event = (
  bucket: string,
  key: string,
  eTag?: string,
  eventTime = '2026-11-23T12:00:00.000Z',
) => ({
  eventName: 'ObjectCreated:Put',
  eventTime,
  s3: { bucket: { name: bucket }, object: { key, eTag } },
});

export const body = (...records: unknown[]) => JSON.stringify({ Records: records });

export interface LogLine {
  level: string;
  event: string;
  fields: Record<string, unknown>;
}

/** A log that keeps its lines. */
export function memoryLog(): Log & { lines: LogLine[]; of: (event: string) => Record<string, unknown>[] } {
  const lines: LogLine[] = [];
  const log: Log = (level, name, fields = {}) => void lines.push({ level, event: name, fields });
  return Object.assign(log, {
    lines,
    of: (name: string) => lines.filter((line) => line.event === name).map((line) => line.fields),
  });
}
