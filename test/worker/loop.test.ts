/** Messages from receipt to end: what is deleted, what goes back, and when the worker stops. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InstanceFault, TransientFault } from '../../worker/photo/faults.ts';
import { receivePhotos } from '../../worker/photo/receive-loop.ts';
import { handleMessage } from '../../worker/photo/handle-message.ts';
import { instanceFaultDelay, returnDelay, type Message } from '../../worker/photo/queue.ts';
import { Notices, SPOT_NOTICE, TARGET_STATE, type ReadMetadata } from '../../worker/instance/notices.ts';
import type { PhotoOutcome } from '../../worker/photo/process-photo.ts';
import type { Job } from '../../contract/job.ts';
import { body, event, memoryLog, MemoryQueue } from './support/memory.ts';

afterEach(() => {
  vi.useRealTimers();
});

const COLOURED: PhotoOutcome = { outcome: 'succeeded' };

async function handle(text: string, process: (job: Job) => Promise<PhotoOutcome>, receiveCount = 1) {
  const queue = new MemoryQueue();
  const log = memoryLog();
  const jobs: Job[] = [];
  const told: unknown[] = [];
  const message = queue.send(text, receiveCount);
  const handled = await handleMessage(message, {
    queue,
    bucketName: 'photos',
    visibilityTimeoutSeconds: 30,
    maxReceiveCount: 5,
    process: (job, _count, attempt) => {
      jobs.push(job);
      attempt.started();
      return process(job);
    },
    started: () => () => undefined,
    finished: (outcome, _figures, code) => void told.push([outcome, code]),
    log,
    now: () => Date.parse('2026-11-23T12:00:07.000Z'),
    clock: () => 0,
  });
  return { handled, queue, log, jobs, told };
}

describe('a message', () => {
  it('is deleted when its photo has its end', async () => {
    const { handled, queue, log } = await handle(body(event('photos', 'incoming/a.jpg', 'e')), () =>
      Promise.resolve(COLOURED),
    );
    expect(handled).toBe('deleted');
    expect(queue.deleted).toHaveLength(1);
    expect(log.of('photo-started')).toEqual([{ key: 'incoming/a.jpg', waitSeconds: 7, receiveCount: 1 }]);
    expect(log.of('photo-finished')[0]).toMatchObject({ outcome: 'succeeded', key: 'incoming/a.jpg' });
  });

  it.each([
    ['a+b.jpg', 'incoming/a%2Bb.jpg'],
    ['100%.jpg', 'incoming/100%25.jpg'],
    ['Grüße aus Köln.jpg', 'incoming/Gr%C3%BC%C3%9Fe+aus+K%C3%B6ln.jpg'],
  ])('of the photo %s, whose key S3 encodes, is about that photo', async (name, key) => {
    const { jobs } = await handle(body(event('photos', key, 'e')), () => Promise.resolve(COLOURED));
    expect(jobs[0]?.key).toBe(`incoming/${name}`);
  });

  it('of S3`s test is deleted without more', async () => {
    const test = JSON.stringify({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'photos' });
    const { handled, jobs } = await handle(test, () => Promise.reject(new Error('never')));
    expect([handled, jobs]).toEqual(['deleted', []]);
  });

  it('with several photos is deleted when all of them have their ends', async () => {
    const records = ['a', 'b', 'c'].map((name) => event('photos', `incoming/${name}.jpg`, 'e'));
    const one = await handle(body(...records), (job) =>
      job.key.includes('b') ? Promise.reject(new TransientFault('no')) : Promise.resolve(COLOURED),
    );
    expect([one.handled, one.jobs.length, one.queue.deleted]).toEqual(['returned', 3, []]);
  });

  it.each([
    ['a passing fault', new TransientFault('S3 is slow'), 2, 'returned', returnDelay(2)],
    ['anything unexpected', new Error('bug'), 1, 'returned', returnDelay(1)],
    ['a fault of this machine, for another at once', new InstanceFault('CUDA'), 1, 'instance-fault', 0],
    ['a fault of this machine again', new InstanceFault('CUDA'), 3, 'instance-fault', instanceFaultDelay(3)],
  ])('goes back after %s', async (_name, error, receiveCount, handled, delay) => {
    const given = await handle(
      body(event('photos', 'incoming/a.jpg', 'e')),
      () => Promise.reject(error),
      receiveCount,
    );
    expect(given.handled).toBe(handled);
    expect(given.queue.deleted).toEqual([]);
    expect(given.queue.hides.map(({ seconds }) => seconds)).toEqual([delay]);
  });

  it.each([
    ['that is no JSON', 'hello'],
    ['of another bucket', body(event('others', 'incoming/a.jpg', 'e'))],
    ['of a result', body(event('photos', 'results/a.jpg', 'e'))],
  ])('%s goes back, towards the dead-letter queue, and is logged', async (_name, text) => {
    const { handled, log, queue } = await handle(text, () => Promise.reject(new Error('never')));
    expect([handled, queue.deleted]).toEqual(['returned', []]);
    expect(log.of('message-not-parsed')).toHaveLength(1);
  });

  it.each<[string, number, () => Promise<PhotoOutcome>, unknown]>([
    ['coloured', 5, () => Promise.resolve(COLOURED), ['succeeded', undefined]],
    ['refused', 1, () => Promise.resolve({ outcome: 'failed', code: 'too-large' }), ['failed', 'too-large']],
    ['given back', 4, () => Promise.reject(new TransientFault('away')), ['returned', undefined]],
    ['given up', 5, () => Promise.reject(new TransientFault('away')), ['failed', 'retries-exhausted']],
    [
      'given up for a fault of this machine',
      5,
      () => Promise.reject(new InstanceFault('hot')),
      ['failed', 'retries-exhausted'],
    ],
  ])('whose photo is %s at its receive %d counts as that', async (_how, receiveCount, process, left) => {
    const { told } = await handle(body(event('photos', 'incoming/a.jpg', 'e')), process, receiveCount);
    expect(told).toEqual([left]);
  });

  it('stays hidden for as long as its photo is worked on', async () => {
    vi.useFakeTimers();
    const queue = new MemoryQueue();
    let finish: (end: PhotoOutcome) => void = () => undefined;
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
    // Each time well before the thirty seconds of the last are over.
    expect(queue.hides.map(({ seconds }) => seconds)).toEqual(Array.from({ length: 9 }, () => 30));
    finish(COLOURED);
    expect(await working).toBe('deleted');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(queue.hides).toHaveLength(9);
  });
});

describe('the loop', () => {
  const ports = (
    queue: MemoryQueue,
    stop: AbortSignal,
    handle: (message: Message, started: () => void) => Promise<'deleted' | 'instance-fault'>,
  ) => ({
    queue,
    handle,
    untilAllowed: () => Promise.resolve(),
    recover: () => Promise.resolve(),
    limits: () => ({ prefetched: 1, inFlight: 1 }),
    stop,
    log: memoryLog(),
    firstBackoffMs: 1,
  });

  it('finishes the photo in hand when it is told to stop, and takes no other', async () => {
    const queue = new MemoryQueue();
    queue.send('a');
    queue.send('b');
    const controller = new AbortController();
    const handled: string[] = [];
    await receivePhotos(
      ports(queue, controller.signal, async (message) => {
        controller.abort();
        await new Promise((resolve) => setImmediate(resolve));
        handled.push(message.body);
        return 'deleted';
      }),
    );
    expect(handled).toEqual(['a']);
    expect((await queue.receive(false))?.body).toBe('b');
  });

  it('gives back at once what a receive brought after it was told to stop', async () => {
    const queue = new MemoryQueue();
    const controller = new AbortController();
    const receive = queue.receive.bind(queue);
    queue.receive = (wait) => {
      controller.abort();
      return receive(wait);
    };
    const { receiptHandle } = queue.send('a');
    await receivePhotos(ports(queue, controller.signal, () => Promise.reject(new Error('never'))));
    expect(queue.hides).toEqual([{ receiptHandle, seconds: 0 }]);
  });

  it('goes on after receives that fail', async () => {
    const queue = new MemoryQueue();
    queue.receiveErrors.push(new Error('throttled'), new Error('throttled'));
    queue.send('a');
    const controller = new AbortController();
    let handled = 0;
    await receivePhotos(
      ports(queue, controller.signal, () => {
        handled++;
        controller.abort();
        return Promise.resolve('deleted');
      }),
    );
    expect(handled).toBe(1);
  });

  it('recovers before it takes another after a fault of its machine', async () => {
    const queue = new MemoryQueue();
    queue.send('a');
    queue.send('b');
    const controller = new AbortController();
    const order: string[] = [];
    await receivePhotos({
      ...ports(queue, controller.signal, (message) => {
        order.push(message.body);
        if (message.body === 'b') controller.abort();
        return Promise.resolve(message.body === 'a' ? 'instance-fault' : 'deleted');
      }),
      recover: () => {
        order.push('recovered');
        return Promise.resolve();
      },
    });
    expect(order).toEqual(['a', 'recovered', 'b']);
  });
});

describe('the loop with several in hand', () => {
  /** A loop whose photos start and end when they are told to. */
  function looping(limits: { prefetched: number; inFlight: number }) {
    const queue = new MemoryQueue();
    const asked: boolean[] = [];
    const receive = queue.receive.bind(queue);
    queue.receive = (wait: boolean) => {
      asked.push(wait);
      return receive(wait);
    };
    const controller = new AbortController();
    const hand = new Map<
      string,
      { start: () => void; end: (handled: 'deleted' | 'instance-fault') => void }
    >();
    const recovered: string[][] = [];
    const ended = receivePhotos({
      queue,
      handle: ({ body: name }, started) =>
        new Promise((resolve) => {
          const end = (handled: 'deleted' | 'instance-fault') => {
            hand.delete(name);
            resolve(handled);
          };
          hand.set(name, { start: started, end });
        }),
      untilAllowed: () => Promise.resolve(),
      recover: () => {
        recovered.push([...hand.keys()]);
        return Promise.resolve();
      },
      limits: () => limits,
      stop: controller.signal,
      log: memoryLog(),
    });
    const names = () => [...hand.keys()].sort().join('');
    const holds = (wanted: string) => vi.waitFor(() => expect(names()).toBe(wanted), { interval: 2 });
    return { queue, asked, controller, hand, recovered, ended, names, holds };
  }
  const send = (queue: MemoryQueue, names: string) => {
    for (const name of names) queue.send(name);
  };

  it('takes as many ahead as it may, and another for each that starts', async () => {
    const { queue, controller, hand, ended, holds } = looping({ prefetched: 2, inFlight: 4 });
    send(queue, 'abcdef');
    await holds('ab');
    hand.get('a')?.start();
    await holds('abc');
    hand.get('b')?.start();
    hand.get('c')?.start();
    // Four in hand are all that it may have, however few wait for their start.
    await holds('abcd');
    hand.get('a')?.end('deleted');
    await holds('bcde');
    controller.abort();
    for (const { end } of [...hand.values()]) end('deleted');
    await ended;
  });

  it('waits at the queue when idle, and only asks when busy', async () => {
    const { queue, asked, controller, hand, ended, holds } = looping({ prefetched: 1, inFlight: 2 });
    send(queue, 'ab');
    await holds('a');
    hand.get('a')?.start();
    await holds('ab');
    expect(asked.at(0)).toBe(true);
    expect(asked.slice(1)).not.toContain(true);
    controller.abort();
    for (const { end } of [...hand.values()]) end('deleted');
    await ended;
  });

  it('recovers from a fault of its machine once nothing is in hand', async () => {
    const { queue, controller, hand, recovered, ended, holds } = looping({ prefetched: 2, inFlight: 3 });
    send(queue, 'abc');
    await holds('ab');
    hand.get('a')?.end('instance-fault');
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(recovered).toEqual([]);
    hand.get('b')?.end('deleted');
    await holds('c');
    expect(recovered).toEqual([[]]);
    controller.abort();
    hand.get('c')?.end('deleted');
    await ended;
  });

  it('ends when all that is in hand has ended', async () => {
    const { queue, controller, hand, ended, holds } = looping({ prefetched: 2, inFlight: 2 });
    send(queue, 'abc');
    await holds('ab');
    let over = false;
    void ended.then(() => (over = true));
    controller.abort();
    hand.get('a')?.end('deleted');
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(over).toBe(false);
    hand.get('b')?.end('deleted');
    await ended;
    expect((await queue.receive(false))?.body).toBe('c');
  });
});

describe('notices', () => {
  const reading =
    (values: Record<string, string | undefined>): ReadMetadata =>
    (path) =>
      Promise.resolve(values[path]);

  it.each([
    ['the group terminates the instance', { [TARGET_STATE]: 'Terminated' }, true],
    ['Spot takes it back', { [SPOT_NOTICE]: '{"action":"terminate","time":"2026-11-23T18:00:00Z"}' }, true],
    ['it is in service', { [TARGET_STATE]: 'InService' }, false],
    ['nobody has said anything yet', {}, false],
  ])('when %s', async (_name, values, stops) => {
    const notices = new Notices(reading(values), memoryLog());
    await notices.look();
    expect(notices.stop.aborted).toBe(stops);
  });

  it('that cannot be read change nothing, and are logged once', async () => {
    const log = memoryLog();
    const notices = new Notices(() => Promise.reject(new Error('silent')), log);
    await notices.look();
    await notices.look();
    expect(notices.stop.aborted).toBe(false);
    expect(log.of('metadata-not-read')).toHaveLength(1);
  });

  it('know a machine in the warm pool', async () => {
    const notices = new Notices(reading({ [TARGET_STATE]: 'Warmed:Stopped' }), memoryLog());
    await notices.look();
    expect(notices.isParked).toBe(true);
  });
});
