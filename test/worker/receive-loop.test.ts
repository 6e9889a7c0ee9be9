/** The receive loop: how many messages are in flight, and when it recovers and ends. */
import { describe, expect, it, vi } from 'vitest';
import type { Message } from '../../worker/photo/queue.ts';
import { receivePhotos } from '../../worker/photo/receive-loop.ts';
import { memoryLog, MemoryQueue } from './support/memory.ts';

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
    expect((await queue.receive(false))?.body).toBe('b');
  });

  it('returns at once what a receive brings after it was stopped', async () => {
    const queue = new MemoryQueue();
    const controller = new AbortController();
    const receive = queue.receive.bind(queue);
    queue.receive = (wait) => {
      controller.abort();
      return receive(wait);
    };
    const { receiptHandle } = queue.send('a');
    await receivePhotos(ports(queue, controller.signal, () => Promise.reject(new Error('not to be called'))));
    expect(queue.hides).toEqual([{ receiptHandle, seconds: 0 }]);
  });

  it('continues after receives that fail', async () => {
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
    expect((await queue.receive(false))?.body).toBe('c');
  });
});
