/** Messages whose photo is given up: they go to the dead-letter queue, after its failure record. */
import { MemoryAttempts } from '../../worker/photo/memory-attempts.ts';
import { describe, expect, it } from 'vitest';
import { photoLogId } from '../../contract/trace.ts';
import { InstanceFault, TransientFault } from '../../worker/photo/faults.ts';
import { handleMessage, type MessagePorts } from '../../worker/photo/handle-message.ts';
import type { PhotoOutcome } from '../../worker/photo/process-photo.ts';
import { attemptPorts, body, event, memoryLog, MemoryQueue } from './support/memory.ts';
import { GIVEN_UP, portsOn } from './support/message-ports.ts';

const PHOTO = photoLogId('photos', 'incoming/a.jpg');

describe('a message', () => {
  it.each([
    ['transient', new TransientFault('S3 is slow'), 'dead-lettered'],
    ['instance', new InstanceFault('CUDA'), 'instance-fault'],
  ])('is given up after its last attempt, by a fault of the kind %s', async (kind, error, handled) => {
    const queue = new MemoryQueue();
    const message = queue.send(body(event('photos', 'incoming/a.jpg', 'e')), 7);
    const [store, log] = [new MemoryAttempts(), memoryLog()];
    await store.add(message.id, 4, 'i-0');
    const ports = portsOn(queue, {
      attempts: attemptPorts({ store }),
      process: async (_job, attempt) => {
        await attempt.started();
        throw error;
      },
      giveUp: () => Promise.resolve(GIVEN_UP),
      log,
    });
    expect(await handleMessage(message, ports)).toBe(handled);
    expect(queue.deadLettered).toEqual([{ body: message.body, reason: 'retries-exhausted' }]);
    expect(log.of('attempt-failed')).toMatchObject([{ fault: kind, attempt: 5 }]);
    expect(log.of('photo-finished')).toMatchObject([{ outcome: 'failed', code: 'retries-exhausted' }]);
  });

  it('of a chain counts for its workflow, and its failed attempt names the step', async () => {
    const queue = new MemoryQueue();
    const [log, counted] = [memoryLog(), [] as unknown[]];
    const ports = portsOn(queue, {
      process: async (_job, attempt) => {
        Object.assign(attempt, { workflow: 'ddcolor+upscale', step: 'upscale' });
        await attempt.started();
        throw new TransientFault('S3 is slow');
      },
      started: (workflow) => {
        counted.push(workflow);
        return (outcome) => counted.push(outcome);
      },
      finished: (outcome, _figures, _code, workflow) => counted.push([outcome, workflow]),
      log,
    });
    const message = queue.send(body(event('photos', 'incoming/a.jpg', 'e')), 1);
    expect(await handleMessage(message, ports)).toBe('returned');
    expect(log.of('attempt-failed')).toMatchObject([{ workflow: 'ddcolor+upscale', step: 'upscale' }]);
    expect(counted).toEqual(['ddcolor+upscale', 'returned', ['returned', 'ddcolor+upscale']]);
  });

  it('is given up at the last receive that SQS allows, and not processed', async () => {
    const queue = new MemoryQueue();
    const given: unknown[] = [];
    const giveUp: MessagePorts['giveUp'] = (_job, _attempt, usedUp) => {
      given.push(usedUp);
      return Promise.resolve(GIVEN_UP);
    };
    const message = queue.send(body(event('photos', 'incoming/a.jpg', 'e')), 50);
    expect(await handleMessage(message, portsOn(queue, { giveUp }))).toBe('dead-lettered');
    expect(given).toEqual([{ attempts: 0, received: 50 }]);
  });

  it('is returned when it cannot be given up, to be tried at its next receive', async () => {
    const queue = new MemoryQueue();
    const [text, log] = [body(event('photos', 'incoming/a.jpg', 'e')), memoryLog()];
    const fails = () => Promise.reject(new Error('throttled'));
    expect(await handleMessage(queue.send(text, 50), portsOn(queue, { giveUp: fails, log }))).toBe(
      'returned',
    );
    queue.deadLetter = fails;
    const giveUp = () => Promise.resolve(GIVEN_UP);
    expect(await handleMessage(queue.send(text, 50), portsOn(queue, { giveUp, log }))).toBe('returned');
    expect(log.of('failure-not-recorded')).toMatchObject([{ photo: PHOTO, error: 'throttled' }]);
    expect(log.of('message-not-dead-lettered')).toMatchObject([{ error: 'throttled' }]);
    expect([queue.deleted, queue.hides.length]).toEqual([[], 2]);
  });

  it('of a given-up photo that has an outcome by then is deleted', async () => {
    const queue = new MemoryQueue();
    const giveUp = () => Promise.resolve<PhotoOutcome>({ outcome: 'dropped', reason: 'done-already' });
    const message = queue.send(body(event('photos', 'incoming/a.jpg', 'e')), 50);
    expect(await handleMessage(message, portsOn(queue, { giveUp }))).toBe('deleted');
    expect(queue.deadLettered).toEqual([]);
  });
});
