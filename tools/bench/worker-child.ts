/**
 * A worker as on an instance, with queue and bucket in memory. It gets its task and reports each finished photo over IPC; it is
 * bundled before it is measured.
 */
import { createHash } from 'node:crypto';
import type { Bucket, StoredObject } from '../../worker/photo/bucket.ts';
import type { PhotoMeasurements } from '../../worker/photo/pipeline.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import type { JobQueue, Message } from '../../worker/photo/queue.ts';
import { Notices } from '../../worker/instance/notices.ts';
import { lowerPriority } from '../../worker/instance/environment.ts';
import { ImageProcesses, withSpare } from '../../worker/imaging/image-processes.ts';
import { runWorker } from '../../worker/worker.ts';
import { INCOMING } from '../../contract/keys.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { cpuSecondsWithChildren } from './process-usage.ts';
import type { PassedPhoto } from './timeline.ts';

/** Task of the worker process. */
export interface WorkerTask {
  comfyui: string;
  settings: WorkerSettings;
  threads: number;
  megapixels: number;
  /** JPEGs in base64, used in turn. */
  photos: string[];
  count: number;
}

/** Messages of the worker process. */
export type WorkerMessage =
  | { what: 'ready' | 'queue-empty' }
  | ({ what: 'ended'; outcome: string } & PassedPhoto)
  | { what: 'drained'; cpuSeconds: number };

/** Fields of the log event `photo-finished`. */
type Finished = PhotoMeasurements & { outcome: string; seconds: number };

const send = (message: WorkerMessage) => process.send?.(message);
class MemoryBucket implements Bucket {
  private readonly objects = new Map<string, StoredObject & { body: Buffer }>();

  set(key: string, body: Buffer, sourceEtag?: string): string {
    const etag = createHash('md5').update(body).digest('hex');
    // Results are not kept in memory.
    const kept = key.startsWith(INCOMING) ? body : Buffer.alloc(0);
    this.objects.set(key, { etag, sourceEtag, bytes: body.length, metadata: {}, body: kept });
    return etag;
  }

  until = () => this;
  head = (key: string) => Promise.resolve(this.objects.get(key));
  get = (key: string) => Promise.resolve(this.objects.get(key)?.body);
  put = (key: string, { body, sourceEtag }: { body: Buffer; sourceEtag: string }) =>
    Promise.resolve(this.set(key, body, sourceEtag));
  delete = (key: string) => Promise.resolve(void this.objects.delete(key));
}

process.once('message', (task: WorkerTask) => {
  void work(task).then(() => process.exit(0));
});

async function work({ comfyui, settings, threads, megapixels, photos, count }: WorkerTask): Promise<void> {
  const bucket = new MemoryBucket();
  const bodies = photos.map((photo) => Buffer.from(photo, 'base64'));
  const messages: Message[] = Array.from({ length: count }, (_, k) => {
    const key = `${INCOMING}photo-${k}.jpg`;
    const eTag = bucket.set(key, bodies[k % bodies.length]!);
    const s3 = { bucket: { name: settings.bucketName }, object: { key, eTag } };
    const record = { eventName: 'ObjectCreated:Put', eventTime: new Date().toISOString(), s3 };
    const body = JSON.stringify({ Records: [record] });
    return {
      queue: 'interactive',
      id: String(k),
      body,
      receiptHandle: String(k),
      receiveCount: 1,
      sentAtMs: Date.now(),
    };
  });
  let deleted = 0;
  let cpuBefore = 0;
  const notices = new Notices(
    () => Promise.resolve(undefined),
    () => undefined,
  );
  const queue: JobQueue = {
    queues: ['interactive'],
    receive: async () => {
      const message = messages.shift();
      if (messages.length === 0 && message) send({ what: 'queue-empty' });
      if (!message) await new Promise((resolve) => setTimeout(resolve, 100));
      return message;
    },
    delete: async () => {
      deleted++;
      if (deleted === count) {
        send({ what: 'drained', cpuSeconds: cpuSecondsWithChildren() - cpuBefore });
        notices.drain('done');
      }
    },
    deadLetter: (_message, reason) => Promise.reject(new Error(`a photo failed: ${reason}`)),
    hide: async () => undefined,
  };
  lowerPriority(() => undefined);
  const images = new ImageProcesses(settings, withSpare(threads), () => undefined);
  await runWorker({
    settings,
    notices,
    client: new ComfyuiClient(comfyui),
    queue,
    bucket,
    // As long as the table answers a photo waits a few milliseconds for it.
    attemptStore: { add: async () => ({ attempts: 1, faultedOn: [] }) },
    instanceId: 'bench',
    images,
    processes: threads,
    megapixels,
    fileBytes: 2e9,
    group: {
      complete: async () => {
        // As after the canary of an instance: starting a process and compiling its code is not part of a photo.
        const used = Array.from({ length: threads }, async (_, k) => {
          await images.prepare(`first-${k}`, Buffer.from(bodies[k % bodies.length]!));
          images.discard(`first-${k}`);
        });
        await Promise.all(used);
        cpuBefore = cpuSecondsWithChildren();
        send({ what: 'ready' });
        return true;
      },
      setUnhealthy: async () => undefined,
    },
    ready: async () => undefined,
    reportBootFailure: async () => undefined,
    addWork: async () => undefined,
    log: (_level, event, fields) => {
      if (event !== 'photo-finished') return;
      const { outcome, seconds, ...figures } = fields as unknown as Finished;
      send({ what: 'ended', outcome, endedMs: performance.now(), seconds, figures });
    },
    publish: async () => undefined,
    now: Date.now,
    clock: () => performance.now(),
  });
}
