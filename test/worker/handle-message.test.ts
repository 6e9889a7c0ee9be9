/** Handling a message: what is deleted, what is returned and when, and what is reported about its photos. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Job } from '../../contract/job.ts';
import { photoLogId, traceIdOf } from '../../contract/trace.ts';
import { InstanceFault, TransientFault } from '../../worker/photo/faults.ts';
import { handleMessage } from '../../worker/photo/handle-message.ts';
import type { PhotoOutcome } from '../../worker/photo/process-photo.ts';
import { instanceFaultDelay, returnDelay } from '../../worker/photo/queue.ts';
import { CancelledBeforeStart } from '../../worker/photo/weighted-semaphore.ts';
import { body, event, memoryLog, MemoryQueue } from './support/memory.ts';

afterEach(() => {
  vi.useRealTimers();
});

const NOW = Date.parse('2026-11-23T12:00:07.000Z');
const SUCCEEDED: PhotoOutcome = { outcome: 'succeeded' };

async function handle(text: string, process: (job: Job) => Promise<PhotoOutcome>, receiveCount = 1) {
  const queue = new MemoryQueue();
  const log = memoryLog();
  const jobs: Job[] = [];
  const reported: unknown[] = [];
  let running = 0;
  let clockMs = 0;
  const message = queue.send(text, receiveCount);
  const handled = await handleMessage(message, {
    queue,
    bucketName: 'photos',
    visibilityTimeoutSeconds: 30,
    maxReceiveCount: 5,
    process: (job, count, attempt) => {
      expect(count).toBe(receiveCount);
      jobs.push(job);
      attempt.started();
      // A prompt that is submitted again starts no second time.
      attempt.started();
      return process(job);
    },
    started: () => {
      running++;
      return () => running--;
    },
    finished: (outcome, figures, code) => {
      expect(figures).toMatchObject({ queueSeconds: 7, waitSeconds: 7 });
      reported.push([outcome, code]);
    },
    log,
    now: () => NOW,
    clock: () => (clockMs += 1500),
  });
  expect(running).toBe(0);
  return { handled, queue, log, jobs, reported };
}

describe('a message', () => {
  it('is deleted when its photo has its outcome', async () => {
    const { handled, queue, log } = await handle(body(event('photos', 'incoming/a.jpg', 'e')), () =>
      Promise.resolve(SUCCEEDED),
    );
    expect(handled).toBe('deleted');
    expect(queue.deleted).toHaveLength(1);
    const trace = traceIdOf({ bucket: 'photos', key: 'incoming/a.jpg', etag: 'e', storedAtMs: NOW - 7000 });
    const photo = {
      photo: photoLogId('photos', 'incoming/a.jpg'),
      trace,
      receiveCount: 1,
      waitSeconds: 7,
    };
    expect(log.lines).toEqual([
      { level: 'info', event: 'photo-started', fields: photo },
      {
        level: 'info',
        event: 'photo-finished',
        fields: { ...photo, outcome: 'succeeded', queueSeconds: 7, seconds: 1.5 },
      },
    ]);
  });

  it.each([
    ['a+b.jpg', 'incoming/a%2Bb.jpg'],
    ['100%.jpg', 'incoming/100%25.jpg'],
    ['Grüße aus Köln.jpg', 'incoming/Gr%C3%BC%C3%9Fe+aus+K%C3%B6ln.jpg'],
  ])('names the photo %s, whose key S3 encodes', async (name, key) => {
    const { jobs } = await handle(body(event('photos', key, 'e')), () => Promise.resolve(SUCCEEDED));
    expect(jobs[0]?.key).toBe(`incoming/${name}`);
  });

  it.each([
    ['S3`s test event', JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'photos' })],
    ['the folder of the photos', body(event('photos', 'incoming/', 'e'))],
    ['a folder', body(event('photos', 'incoming/album/', 'e'))],
  ])('that is %s is deleted', async (_name, text) => {
    const { handled, jobs, log } = await handle(text, () => Promise.reject(new Error('not to be called')));
    expect([handled, jobs, log.lines]).toEqual(['deleted', [], []]);
  });

  it('with several photos is returned when one of them has no outcome', async () => {
    const records = ['a', 'b', 'c'].map((name) => event('photos', `incoming/${name}.jpg`, 'e'));
    const one = await handle(body(...records), (job) =>
      job.key.includes('b') ? Promise.reject(new TransientFault('no')) : Promise.resolve(SUCCEEDED),
    );
    expect([one.handled, one.jobs.length, one.queue.deleted]).toEqual(['returned', 3, []]);
  });

  it.each([
    ['a transient fault', new TransientFault('S3 is slow'), 2, 'returned', returnDelay(2)],
    ['an unexpected error', new Error('bug'), 1, 'returned', returnDelay(1)],
    ['an instance fault, at once for another instance', new InstanceFault('CUDA'), 1, 'instance-fault', 0],
    ['a repeated instance fault', new InstanceFault('CUDA'), 3, 'instance-fault', instanceFaultDelay(3)],
  ])('is returned after %s', async (_name, error, receiveCount, handled, delay) => {
    const given = await handle(
      body(event('photos', 'incoming/a.jpg', 'e')),
      () => Promise.reject(error),
      receiveCount,
    );
    expect(given.handled).toBe(handled);
    expect(given.log.lines.slice(1)).toMatchObject([
      {
        level: 'error',
        event: 'attempt-failed',
        fields: {
          photo: photoLogId('photos', 'incoming/a.jpg'),
          receiveCount,
          fault: error instanceof InstanceFault ? 'instance' : 'transient',
          error: error.message,
        },
      },
      { level: 'info', event: 'photo-finished', fields: { outcome: 'returned', receiveCount } },
    ]);
    expect(given.queue.deleted).toEqual([]);
    expect(given.queue.hides.map(({ seconds }) => seconds)).toEqual([delay]);
  });

  it('logs no key of its photo, which may be a name', async () => {
    const key = 'incoming/Erika Mustermann.jpg';
    const error = `'${key}' and 'results/Erika Mustermann.jpg' are away`;
    const { log } = await handle(body(event('photos', key.replace(' ', '+'), 'e')), () =>
      Promise.reject(new Error(error, { cause: new Error('failed/Erika Mustermann.jpg.json') })),
    );
    expect(log.of('attempt-failed')).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain('Mustermann');
    const wrong = await handle(body(event('photos', 'outgoing/Mustermann.jpg', 'e')), () =>
      Promise.resolve(SUCCEEDED),
    );
    const text = await handle('Mustermann', () => Promise.resolve(SUCCEEDED));
    expect(JSON.stringify([wrong.log.lines, text.log.lines])).not.toContain('Mustermann');
  });

  it('is returned at once when the worker drains before its photo starts', async () => {
    const queue = new MemoryQueue();
    const log = memoryLog();
    const reported: unknown[] = [];
    const handled = await handleMessage(queue.send(body(event('photos', 'incoming/a.jpg', 'e')), 5), {
      queue,
      bucketName: 'photos',
      visibilityTimeoutSeconds: 30,
      maxReceiveCount: 6,
      process: () => Promise.reject(new CancelledBeforeStart('drain')),
      started: () => expect.fail('not to be called'),
      finished: (outcome) => void reported.push(outcome),
      log,
      now: Date.now,
      clock: () => 0,
    });
    expect(handled).toBe('not-started');
    expect(queue.hides.map(({ seconds }) => seconds)).toEqual([0]);
    expect(reported).toEqual(['returned']);
    expect(log.of('attempt-failed')).toEqual([]);
    expect(log.of('photo-finished')[0]).toMatchObject({ outcome: 'returned', reason: 'not-started' });
  });

  it('with an instance fault among its photos is returned as such', async () => {
    const records = ['a', 'b', 'c'].map((name) => event('photos', `incoming/${name}.jpg`, 'e'));
    const { handled, queue } = await handle(body(...records), (job) =>
      Promise.reject(job.key.includes('b') ? new InstanceFault('CUDA') : new TransientFault('no')),
    );
    expect(handled).toBe('instance-fault');
    expect(queue.hides.map(({ seconds }) => seconds)).toEqual([0]);
  });

  it('counts as handled although SQS fails to delete or return it', async () => {
    vi.useFakeTimers();
    const queue = new MemoryQueue();
    const log = memoryLog();
    const refuse = () => Promise.reject(new Error('throttled'));
    Object.assign(queue, { hide: refuse, delete: refuse });
    const ports = {
      queue,
      bucketName: 'photos',
      visibilityTimeoutSeconds: 30,
      maxReceiveCount: 5,
      started: () => () => undefined,
      log,
      now: Date.now,
      clock: () => 0,
    };
    const text = body(event('photos', 'incoming/a.jpg', 'e'));
    const slowly = () => new Promise<PhotoOutcome>((resolve) => setTimeout(() => resolve(SUCCEEDED), 15_000));
    const deleted = handleMessage(queue.send(text), { ...ports, process: slowly });
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await deleted).toBe('deleted');
    expect(log.of('visibility-not-renewed')).toEqual([{ error: 'throttled' }]);
    expect(log.of('message-not-deleted')).toEqual([{ receiveCount: 1, error: 'throttled' }]);
    const fails = () => Promise.reject(new TransientFault('no'));
    expect(await handleMessage(queue.send(text), { ...ports, process: fails })).toBe('returned');
    expect(log.of('message-not-returned')).toEqual([{ receiveCount: 1, error: 'throttled' }]);
    const failures = log.lines.filter(({ event: name }) => name.includes('-not-'));
    expect(failures.map(({ level }) => level)).toEqual(['warn', 'warn', 'warn']);
  });

  it.each([
    ['that is no JSON', 'hello', 'job message is not JSON: 5 characters'],
    ['of another bucket', body(event('others', 'incoming/a.jpg', 'e')), "bucket 'others' is not 'photos'"],
    ['of a result', body(event('photos', 'results/a.jpg', 'e')), "is not below 'incoming/'"],
  ])('%s is returned, until it is a dead letter, and logged', async (_name, text, error) => {
    const { handled, log, queue } = await handle(text, () => Promise.reject(new Error('not to be called')));
    expect([handled, queue.deleted]).toEqual(['returned', []]);
    const ageSeconds = expect.closeTo((NOW - Date.now()) / 1000, -1) as number;
    expect(log.lines).toMatchObject([
      {
        level: 'error',
        event: 'message-not-parsed',
        fields: { receiveCount: 1, ageSeconds, error: expect.stringContaining(error) as string },
      },
    ]);
  });

  it.each<[string, number, () => Promise<PhotoOutcome>, unknown]>([
    ['coloured', 5, () => Promise.resolve(SUCCEEDED), ['succeeded', undefined]],
    ['refused', 1, () => Promise.resolve({ outcome: 'failed', code: 'too-large' }), ['failed', 'too-large']],
    ['returned', 4, () => Promise.reject(new TransientFault('slow')), ['returned', undefined]],
    [
      'not coloured by a transient fault',
      5,
      () => Promise.reject(new TransientFault('slow')),
      ['failed', 'retries-exhausted'],
    ],
    [
      'not coloured by an instance fault',
      5,
      () => Promise.reject(new InstanceFault('hot')),
      ['failed', 'retries-exhausted'],
    ],
  ])('whose photo is %s at its receive %d is reported', async (_how, receiveCount, process, expected) => {
    const { reported } = await handle(body(event('photos', 'incoming/a.jpg', 'e')), process, receiveCount);
    expect(reported).toEqual([expected]);
  });

  it('stays hidden while its photo is processed', async () => {
    vi.useFakeTimers();
    const queue = new MemoryQueue();
    let finish: (outcome: PhotoOutcome) => void = () => undefined;
    const working = handleMessage(queue.send(body(event('photos', 'incoming/a.jpg', 'e'))), {
      queue,
      bucketName: 'photos',
      visibilityTimeoutSeconds: 30,
      maxReceiveCount: 5,
      process: () => new Promise((resolve) => (finish = resolve)),
      started: () => () => undefined,
      log: memoryLog(),
      now: Date.now,
      clock: Date.now,
    });
    await vi.advanceTimersByTimeAsync(95_000);
    // Each renewal is well before the end of the previous 30 s.
    expect(queue.hides.map(({ seconds }) => seconds)).toEqual(Array.from({ length: 9 }, () => 30));
    finish(SUCCEEDED);
    expect(await working).toBe('deleted');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(queue.hides).toHaveLength(9);
  });
});

it('delays of returned messages grow up to a limit', () => {
  expect([1, 2, 11, 12, 13, 100].map(returnDelay)).toEqual([5, 10, 55, 60, 60, 60]);
  expect([1, 2, 6, 7, 8, 100].map(instanceFaultDelay)).toEqual([0, 5, 25, 30, 30, 30]);
});

it('stops to renew the visibility timeout when its photos are handled', async () => {
  vi.useFakeTimers();
  const queue = new MemoryQueue();
  const handled = handleMessage(queue.send(body(event('photos', 'incoming/a.jpg', 'e'))), {
    queue,
    bucketName: 'photos',
    visibilityTimeoutSeconds: 30,
    maxReceiveCount: 5,
    process: () => Promise.reject(new TransientFault('no')),
    started: () => () => undefined,
    log: memoryLog(),
    now: Date.now,
    clock: () => 0,
  });
  expect(await handled).toBe('returned');
  expect(vi.getTimerCount()).toBe(0);
});
