/** The receive loop: how many messages are in flight, and when it recovers and ends. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { QueueName } from '../../contract/lanes.ts';
import type { Message } from '../../worker/photo/queue.ts';
import { receivePhotos } from '../../worker/photo/receive-loop.ts';
import { memoryLog, MemoryQueue } from './support/memory.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the receive loop', () => {
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
    random: () => 1,
  });

  it('finishes the photo in flight when it is stopped, and receives no other', async () => {
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
    expect((await queue.receive('interactive', false))?.body).toBe('b');
  });

  it('returns at once what a receive brings after it was stopped', async () => {
    const queue = new MemoryQueue();
    const controller = new AbortController();
    const receive = queue.receive.bind(queue);
    queue.receive = (name, wait) => {
      controller.abort();
      return receive(name, wait);
    };
    const { receiptHandle } = queue.send('a');
    await receivePhotos(ports(queue, controller.signal, () => Promise.reject(new Error('not to be called'))));
    expect(queue.hides).toEqual([{ receiptHandle, seconds: 0 }]);
  });

  it('continues after receives that fail, with a growing backoff', async () => {
    vi.useFakeTimers();
    const queue = new MemoryQueue();
    const failures = 7;
    for (let k = 0; k < failures; k++) queue.receiveErrors.push(new Error('throttled'));
    queue.send('a');
    const controller = new AbortController();
    const handled: number[] = [];
    const log = memoryLog();
    const start = Date.now();
    const done = receivePhotos({
      ...ports(queue, controller.signal, () => {
        handled.push(Date.now() - start);
        controller.abort();
        return Promise.resolve('deleted');
      }),
      firstBackoffMs: undefined,
      log,
    });
    await vi.advanceTimersByTimeAsync(200_000);
    await done;
    const retrySeconds = [1, 2, 4, 8, 16, 30, 30];
    expect(log.lines).toEqual(
      retrySeconds.map((seconds) => ({
        level: 'error',
        event: 'receive-failed',
        fields: { error: 'throttled', retrySeconds: seconds },
      })),
    );
    expect(handled).toEqual([1000 * retrySeconds.reduce((sum, seconds) => sum + seconds)]);
  });

  it('polls every half second while it is busy', async () => {
    vi.useFakeTimers();
    const queue = new MemoryQueue();
    const times: number[] = [];
    const start = Date.now();
    const receive = queue.receive.bind(queue);
    queue.receive = (name, wait) => {
      times.push(Date.now() - start);
      return receive(name, wait);
    };
    queue.send('a');
    const controller = new AbortController();
    const done = receivePhotos({
      ...ports(queue, controller.signal, async (_message, started) => {
        started();
        // ComfyUI lost the prompt, which starts again.
        started();
        await new Promise((resolve) => setTimeout(resolve, 1600));
        controller.abort();
        return 'deleted';
      }),
      limits: () => ({ prefetched: 1, inFlight: 2 }),
    });
    await vi.advanceTimersByTimeAsync(5000);
    await done;
    expect(times).toEqual([0, 0, 500, 1000, 1500]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('polls an empty queue again at once, since the receive itself waits', async () => {
    vi.useFakeTimers();
    const queue = new MemoryQueue();
    const controller = new AbortController();
    let receives = 0;
    queue.receive = async (_name, wait) => {
      expect(wait).toBe(true);
      if (++receives === 3) controller.abort();
      return undefined;
    };
    await receivePhotos(ports(queue, controller.signal, () => Promise.reject(new Error('not to be called'))));
    expect([receives, vi.getTimerCount()]).toEqual([3, 0]);
  });

  it('ends when it is stopped while it may not receive, or while its limit is reached', async () => {
    const queue = new MemoryQueue();
    queue.send('a');
    const parked = new AbortController();
    await receivePhotos({
      ...ports(queue, parked.signal, () => Promise.reject(new Error('not to be called'))),
      untilAllowed: async () => parked.abort(),
    });
    expect(queue.hides).toEqual([]);
    const full = new AbortController();
    let finish: () => void = () => undefined;
    const done = receivePhotos(
      ports(queue, full.signal, () => new Promise((resolve) => (finish = () => resolve('deleted')))),
    );
    await new Promise((resolve) => setImmediate(resolve));
    full.abort();
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    await done;
  });

  it('logs a message that it cannot return', async () => {
    const queue = new MemoryQueue();
    const controller = new AbortController();
    const log = memoryLog();
    const receive = queue.receive.bind(queue);
    queue.receive = (name, wait) => {
      controller.abort();
      return receive(name, wait);
    };
    queue.hide = () => Promise.reject(new Error('throttled'));
    queue.send('a');
    const never = () => Promise.reject(new Error('not to be called'));
    await receivePhotos({ ...ports(queue, controller.signal, never), log });
    expect(log.lines).toEqual([
      { level: 'warn', event: 'message-not-returned', fields: { error: 'throttled' } },
    ]);
  });

  it('recovers from an instance fault before it receives another message', async () => {
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

describe('the receive loop with several messages in flight', () => {
  /** A loop whose photos start and finish by hand. */
  function looping(limits: { prefetched: number; inFlight: number }) {
    const queue = new MemoryQueue();
    const asked: boolean[] = [];
    const receive = queue.receive.bind(queue);
    queue.receive = (name: QueueName, wait: boolean) => {
      asked.push(wait);
      return receive(name, wait);
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

  it('prefetches up to its limit, and another message for each that starts', async () => {
    const { queue, controller, hand, ended, holds } = looping({ prefetched: 2, inFlight: 4 });
    send(queue, 'abcdef');
    await holds('ab');
    hand.get('a')?.start();
    await holds('abc');
    hand.get('b')?.start();
    hand.get('c')?.start();
    // Four in flight are the limit, however few wait for their start.
    await holds('abcd');
    hand.get('a')?.end('deleted');
    await holds('bcde');
    controller.abort();
    for (const { end } of [...hand.values()]) end('deleted');
    await ended;
  });

  it('long-polls when idle, and only asks when busy', async () => {
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

  it('recovers from an instance fault once nothing is in flight', async () => {
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

  it('ends when all messages in flight are handled', async () => {
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
    expect((await queue.receive('interactive', false))?.body).toBe('c');
  });
});
