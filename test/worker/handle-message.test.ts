/** Handling a message: what is deleted, what is returned and when, and what is reported about its photos. */
import { MemoryAttempts } from '../../worker/photo/memory-attempts.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { laneOfQueue, type QueueName } from '../../contract/lanes.ts';
import { PROBE_PHOTOS } from '../../contract/keys.ts';
import { probePhotoKey } from '../../contract/probe.ts';
import { photoLogId, traceIdOf } from '../../contract/trace.ts';
import { InstanceFault, TransientFault } from '../../worker/photo/faults.ts';
import { handleMessage } from '../../worker/photo/handle-message.ts';
import type { PhotoOutcome } from '../../worker/photo/process-photo.ts';
import { returnDelay } from '../../worker/photo/queue.ts';
import { CancelledBeforeStart } from '../../worker/photo/weighted-semaphore.ts';
import { attemptPorts, body, event, memoryLog, MemoryQueue } from './support/memory.ts';
import { handle } from './support/handled-message.ts';
import { never, NOW, portsOn } from './support/message-ports.ts';

afterEach(() => {
  vi.useRealTimers();
});

const SUCCEEDED: PhotoOutcome = { outcome: 'succeeded' };

const PHOTO = photoLogId('photos', 'incoming/a.jpg');
describe('a message', () => {
  it('is deleted when its photo has its outcome', async () => {
    const { handled, queue, log } = await handle(body(event('photos', 'incoming/a.jpg', 'e')), () =>
      Promise.resolve(SUCCEEDED),
    );
    expect(handled).toBe('deleted');
    expect(queue.deleted).toHaveLength(1);
    const trace = traceIdOf({ bucket: 'photos', key: 'incoming/a.jpg', etag: 'e', storedAtMs: NOW - 7000 });
    const names = { photo: PHOTO, trace, lane: 'interactive' };
    const photo = { ...names, receiveCount: 9, attempt: 1, waitSeconds: 7 };
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
    ['a transient fault', new TransientFault('S3 is slow'), 1, 'returned', returnDelay(2)],
    ['an unexpected error', new Error('bug'), 0, 'returned', returnDelay(1)],
    ['an instance fault, at once for another instance', new InstanceFault('CUDA'), 0, 'instance-fault', 0],
  ])('is returned after %s', async (_name, error, attempts, handled, delay) => {
    const given = await handle(
      body(event('photos', 'incoming/a.jpg', 'e')),
      () => Promise.reject(error),
      attempts,
    );
    expect(given.handled).toBe(handled);
    expect(given.log.lines.slice(1)).toMatchObject([
      {
        level: 'error',
        event: 'attempt-failed',
        fields: {
          photo: PHOTO,
          receiveCount: 9,
          fault: error instanceof InstanceFault ? 'instance' : 'transient',
          error: error.message,
        },
      },
      { level: 'info', event: 'photo-finished', fields: { outcome: 'returned', receiveCount: 9 } },
    ]);
    expect(given.queue.deleted).toEqual([]);
    expect(given.queue.hides.map(({ seconds }) => seconds)).toEqual([delay]);
  });

  it('whose worker died in the last attempt is given up before another', async () => {
    const { handled, deadLettered, reported } = await handle(
      body(event('photos', 'incoming/a.jpg', 'e')),
      never,
      5,
    );
    expect([handled, deadLettered.length]).toEqual(['dead-lettered', 1]);
    expect(reported).toEqual([['failed', 'retries-exhausted']]);
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
    const store = new MemoryAttempts();
    const ports = portsOn(queue, {
      attempts: attemptPorts({ store }),
      process: () => Promise.reject(new CancelledBeforeStart('drain')),
      started: () => expect.fail('not to be called'),
      finished: (outcome) => void reported.push(outcome),
      log,
    });
    const handled = await handleMessage(queue.send(body(event('photos', 'incoming/a.jpg', 'e')), 49), ports);
    expect(store.records.size).toBe(0);
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
    expect(queue.hides.map(({ seconds }) => seconds)).toEqual([returnDelay(1)]);
  });

  it('counts as handled although SQS fails to delete or return it', async () => {
    vi.useFakeTimers();
    const queue = new MemoryQueue();
    const log = memoryLog();
    const refuse = () => Promise.reject(new Error('throttled'));
    Object.assign(queue, { hide: refuse, delete: refuse });
    const ports = portsOn(queue, { log });
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
  ])('%s goes to the dead letters at once, and is logged', async (_name, text, error) => {
    const { handled, log, deadLettered } = await handle(text, never);
    expect([handled, deadLettered]).toEqual(['dead-lettered', [{ body: text, reason: 'not-a-job' }]]);
    const ageSeconds = expect.closeTo((NOW - Date.now()) / 1000, -1) as number;
    expect(log.lines).toMatchObject([
      {
        level: 'error',
        event: 'message-not-parsed',
        fields: { receiveCount: 9, ageSeconds, error: expect.stringContaining(error) as string },
      },
      { level: 'error', event: 'message-dead-lettered', fields: { receiveCount: 9, reason: 'not-a-job' } },
    ]);
  });

  it.each<[string, number, () => Promise<PhotoOutcome>, unknown]>([
    ['coloured', 4, () => Promise.resolve(SUCCEEDED), ['succeeded', undefined]],
    ['refused', 0, () => Promise.resolve({ outcome: 'failed', code: 'too-large' }), ['failed', 'too-large']],
    ['returned', 3, () => Promise.reject(new TransientFault('slow')), ['returned', undefined]],
    ['not coloured', 4, () => Promise.reject(new TransientFault('slow')), ['failed', 'retries-exhausted']],
  ])('whose photo is %s after %d attempts is reported', async (_how, attempts, process, expected) => {
    const { reported } = await handle(body(event('photos', 'incoming/a.jpg', 'e')), process, attempts);
    expect(reported).toEqual([expected]);
  });

  it.each([
    ['bulk/a.jpg', 'deleted'],
    ['bulk/bulk/a.jpg', 'deleted'],
    ['incoming/bulk/a.jpg', 'deleted'],
    ['bulk/Gr%C3%BC%C3%9Fe+1931.jpg', 'deleted'],
    ['bulk/', 'deleted'],
    ['bulk-results/a.jpg', 'dead-lettered'],
    ['bulkier/a.jpg', 'dead-lettered'],
    ['sidelined/a.jpg', 'deleted', 'sidelined'],
    ['sidelined-results/a.jpg', 'dead-lettered', 'sidelined'],
  ] as const)('with the key %s is %s in its own queue', async (key, expected, which: QueueName = 'bulk') => {
    const queue = new MemoryQueue(['interactive', 'sidelined', 'bulk']);
    const queues: QueueName[] = [];
    const process = async (_job: unknown, attempt: { queue?: QueueName }) => {
      queues.push(attempt.queue!);
      return SUCCEEDED;
    };
    const message = queue.send(body(event('photos', key, 'e')), 1, which);
    const log = memoryLog();
    expect(await handleMessage(message, portsOn(queue, { process, log }))).toBe(expected);
    const isPhoto = expected === 'deleted' && !key.endsWith('/');
    expect(queues).toEqual(isPhoto ? [which] : []);
    expect(log.of('photo-finished').map(({ lane }) => lane)).toEqual(queues.map(laneOfQueue));
    expect(log.of('photo-finished').map((line) => line.queue)).toEqual(
      queues.map((one) => (one === 'sidelined' ? one : undefined)),
    );
    expect(JSON.stringify(log.lines)).not.toContain('a.jpg');
  });

  it('of the probe is no user’s, and has its figures in the log only', async () => {
    const of = async (key: string) => {
      const { handled, reported, log } = await handle(body(event('photos', key, 'e')), async () => SUCCEEDED);
      return [handled, reported.length, log.of('photo-finished').length];
    };
    expect(await of(probePhotoKey(NOW / 1000))).toEqual(['deleted', 0, 1]);
    expect(await of(`${PROBE_PHOTOS}Oma.png`)).toEqual(['deleted', 1, 1]);
  });

  it('stays hidden while its photo is processed', async () => {
    vi.useFakeTimers();
    const queue = new MemoryQueue();
    let finish: (outcome: PhotoOutcome) => void = () => undefined;
    const process = () => new Promise<PhotoOutcome>((resolve) => (finish = resolve));
    const message = queue.send(body(event('photos', 'incoming/a.jpg', 'e')));
    const working = handleMessage(message, portsOn(queue, { process }));
    await vi.advanceTimersByTimeAsync(95_000);
    // Each renewal is well before the end of the previous 30 s.
    expect(queue.hides.map(({ seconds }) => seconds)).toEqual(Array.from({ length: 9 }, () => 30));
    finish(SUCCEEDED);
    expect(await working).toBe('deleted');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(queue.hides).toHaveLength(9);
  });
});
