/** Bounds of a photo: bytes are reserved before they are fetched, and what hangs ends at the photo's deadline. */
import { MemoryAttempts } from '../../worker/photo/memory-attempts.ts';
import { S3Client } from '@aws-sdk/client-s3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listenOnLoopback } from '../../common/loopback.ts';
import { S3Bucket } from '../../worker/aws/bucket.ts';
import { clientConfig } from '../../worker/aws/clients.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { DeadlineExceeded, PhotoDeadline, photoDeadlineMs } from '../../worker/photo/deadline.ts';
import { handleMessage } from '../../worker/photo/handle-message.ts';
import { createPipeline } from '../../worker/photo/pipeline.ts';
import { giveUp, processPhoto, type PhotoPorts } from '../../worker/photo/process-photo.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';
import { FakeProcesses } from './support/fake-image-process.ts';
import {
  attemptPorts,
  body,
  event,
  MemoryBucket,
  memoryLog,
  MemoryQueue,
  unlimited,
} from './support/memory.ts';
import { KEY, setUp } from './support/process-photo.ts';
import { workflow } from './support/stand-in-comfyui.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('a photo reserves its bytes before it is fetched', () => {
  const noted = (files: WeightedSemaphore, more: Partial<PhotoPorts> = {}) => {
    const gets: string[] = [];
    let finish: () => void = () => undefined;
    const until = new Promise<void>((resolve) => (finish = resolve));
    const setup = setUp(
      async (photo) => {
        await until;
        return { body: photo, contentType: 'image/jpeg' };
      },
      { files, ...more },
    );
    const get = setup.bucket.get.bind(setup.bucket);
    setup.bucket.get = (key, etag) => {
      if (key.startsWith('incoming/')) gets.push(key);
      return get(key, etag);
    };
    return { ...setup, gets, finish };
  };

  it('with its copies, and frees them with its outcome', async () => {
    const files = new WeightedSemaphore(3 * 100);
    const { bucket, process, gets, finish } = noted(files);
    const etag = bucket.upload(KEY, Buffer.alloc(100));
    const acquire = vi.spyOn(files, 'acquire');
    const both = [process(etag), process(etag)];
    await vi.waitFor(() => expect(acquire).toHaveBeenCalledTimes(2), { interval: 1 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(gets).toHaveLength(1);
    finish();
    await Promise.all(both);
    (await files.acquire(300, AbortSignal.timeout(1000)))();
  });

  it('and is cancelled while it waits for them', async () => {
    const files = new WeightedSemaphore(300);
    const release = await files.acquire(300);
    const drain = new AbortController();
    const { bucket, process, gets } = noted(files, { drainSignal: () => drain.signal });
    const waiting = process(bucket.upload(KEY, Buffer.alloc(100)));
    setTimeout(() => drain.abort('drain'), 5);
    await expect(waiting).rejects.toMatchObject({ name: 'CancelledBeforeStart' });
    expect(gets).toEqual([]);
    release();
  });
});

describe('the deadline of a photo', () => {
  const never = () => new Promise<never>(() => undefined);

  it('grows with its bytes and pixels', () => {
    const seconds = (bytes: number, megapixels: number) => photoDeadlineMs({ bytes, megapixels }) / 1000;
    expect([seconds(0, 0), seconds(5e6, 12), seconds(100e6, 100)]).toEqual([90, 167, 790]);
  });

  it('ends work that does not end, and names the step', async () => {
    vi.useFakeTimers();
    const deadline = new PhotoDeadline(({ megapixels }) => 1000 + 1000 * megapixels);
    const over = deadline.run(() => {
      deadline.allowFor({ megapixels: 2 });
      deadline.step = 'encode';
      return never();
    });
    const caught = over.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(2999);
    expect(deadline.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await caught).toMatchObject({
      name: 'DeadlineExceeded',
      message: "the photo took longer than 3 s, and was at the step 'encode'",
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not run while the photo waits for others', async () => {
    vi.useFakeTimers();
    const deadline = new PhotoDeadline(() => 1000);
    const work = deadline.run(async () => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      await deadline.paused(() => new Promise((resolve) => setTimeout(resolve, 60_000)));
      await new Promise((resolve) => setTimeout(resolve, 600));
    });
    const caught = work.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(60_900);
    expect(deadline.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(100);
    expect(await caught).toBeInstanceOf(DeadlineExceeded);
  });

  it('leaves nothing behind after work that ends in time', async () => {
    vi.useFakeTimers();
    const deadline = new PhotoDeadline();
    let goOn: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (goOn = resolve));
    let after: Promise<void> = Promise.resolve();
    expect(
      await deadline.run(() => {
        after = deadline.paused(() => late);
        return Promise.resolve(1);
      }),
    ).toBe(1);
    goOn();
    await after;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a message whose photo hangs', () => {
  /** Handles it with a deadline of 0.5 s. */
  async function handled(more: Partial<PhotoPorts> & Pick<PhotoPorts, 'bucket'>, etag: string) {
    const [queue, log, store] = [new MemoryQueue(), memoryLog(), new MemoryAttempts()];
    const ports: PhotoPorts = {
      settings: { maxMegapixels: 1, workflow },
      colour: () => new Promise(() => undefined),
      ...unlimited(),
      log,
      now: () => performance.now(),
      deadlineMs: () => 500,
      ...more,
    };
    const message = queue.send(body(event('photos', KEY, etag)));
    const startMs = performance.now();
    const fate = await handleMessage(message, {
      queue,
      bucketName: 'photos',
      visibilityTimeoutSeconds: 30,
      maxReceiveCount: 50,
      attempts: attemptPorts({ store }),
      process: (job, attempt) => processPhoto(job, attempt, ports),
      giveUp: (job, attempt, usedUp) => giveUp(job, attempt, usedUp, ports),
      started: () => () => undefined,
      log,
      now: Date.now,
      clock: () => performance.now(),
    });
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(fate).toBe('returned');
    // It is the photo's, although it had not started.
    expect(store.records.get(message.id)?.attempts).toBe(1);
    expect(queue.hides.map(({ seconds }) => seconds)).toEqual([5]);
    const [failed] = log.of('attempt-failed');
    return { ...failed, step: /step '(\w+)'/.exec(String(failed?.error))?.[1] };
  }

  it('at a server that sends a byte now and then is returned', async () => {
    const bytes = 1_000_000;
    const etag = 'a'.repeat(32);
    const dripping = new Set<NodeJS.Timeout>();
    let open = 0;
    const { url: endpoint, close } = await listenOnLoopback(({ method, url }, response) => {
      if (!url?.includes('incoming')) return void response.writeHead(404).end();
      response.writeHead(200, { etag: `"${etag}"`, 'content-length': bytes });
      if (method === 'HEAD') return void response.end();
      // The connection is never silent.
      dripping.add(setInterval(() => response.write('x'), 20));
      open++;
      response.once('close', () => open--);
    });
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const s3 = new S3Client({ ...clientConfig('eu-central-1'), endpoint, credentials, forcePathStyle: true });
    try {
      expect(await handled({ bucket: new S3Bucket(s3, 'photos') }, etag)).toMatchObject({
        fault: 'deadline',
        step: 'fetch',
      });
      // The request has ended too.
      await vi.waitFor(() => expect(open).toBe(0), { interval: 5 });
    } finally {
      for (const timer of dripping) clearInterval(timer);
      await close();
    }
  });

  it.each([
    ['hang', 'decode'],
    ['hang in finish', 'encode'],
  ])('in a decoder that never returns (%s) is returned, and the decoder is ended', async (text, step) => {
    const bucket = new MemoryBucket();
    const fakes = new FakeProcesses();
    const log = memoryLog();
    const images = new ImageProcesses({ maxMegapixels: 1, path: 'chroma', workflow }, 1, log, fakes.connect);
    const colour = createPipeline({
      images,
      infer: async (_picture, acquireSlot) => {
        (await acquireSlot())();
        return Buffer.from('saved');
      },
      comfyuiSlots: new WeightedSemaphore(1),
      memory: new WeightedSemaphore(10),
      drainSignal: () => new AbortController().signal,
      now: () => performance.now(),
    });
    expect(await handled({ bucket, colour }, bucket.upload(KEY, text))).toMatchObject({
      fault: 'deadline',
      step,
    });
    await vi.waitFor(() => expect(log.of('image-process-died')).toHaveLength(1), { interval: 2 });
    expect(log.of('image-process-died')).toMatchObject([
      { killedFor: expect.stringContaining('took longer') as string },
    ]);
    // The next photo is prepared by a new one.
    await images.prepare('next', Buffer.from('next'));
    expect(fakes.started).toHaveLength(2);
    images.close();
  });
});
