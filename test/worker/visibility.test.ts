/** For how long a message is hidden: while its photos are handled, and after it was returned. */
import { afterEach, expect, it, vi } from 'vitest';
import { TransientFault } from '../../worker/photo/faults.ts';
import { handleMessage } from '../../worker/photo/handle-message.ts';
import { instanceFaultDelay, returnDelay } from '../../worker/photo/queue.ts';
import { body, event, MemoryQueue } from './support/memory.ts';
import { portsOn } from './support/message-ports.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('delays of returned messages grow up to a limit', () => {
  expect([0, 1, 2, 11, 12, 13, 100].map(returnDelay)).toEqual([5, 5, 10, 55, 60, 60, 60]);
  expect([0, 1, 5, 6, 7, 100].map(instanceFaultDelay)).toEqual([0, 5, 25, 30, 30, 30]);
});

it('stops to renew the visibility timeout when its photos are handled', async () => {
  vi.useFakeTimers();
  const queue = new MemoryQueue();
  const process = () => Promise.reject(new TransientFault('no'));
  const message = queue.send(body(event('photos', 'incoming/a.jpg', 'e')));
  const handled = handleMessage(message, portsOn(queue, { process }));
  expect(await handled).toBe('returned');
  expect(vi.getTimerCount()).toBe(0);
});
