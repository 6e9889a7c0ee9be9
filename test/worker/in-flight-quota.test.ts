/** More messages in flight than SQS allows: workers wait quietly, share what there is, and lose no photo. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { QueueName } from '../../contract/lanes.ts';
import { listenOnLoopback } from '../../common/loopback.ts';
import { SqsJobQueue } from '../../worker/aws/queue.ts';
import { PrefetchAllowance } from '../../worker/photo/prefetch-allowance.ts';
import { InFlightQuotaReached } from '../../worker/photo/queue.ts';
import { receivePhotos } from '../../worker/photo/receive-loop.ts';
import { memoryLog, MemoryQueue } from './support/memory.ts';

afterEach(() => {
  vi.useRealTimers();
});

/** A queue that refuses short polls beyond its quota, and finds nothing for long ones, as SQS does. */
class QuotaQueue extends MemoryQueue {
  inFlight = 0;
  refusals = 0;

  constructor(private readonly quota: number) {
    super();
  }

  override async receive(queue: QueueName, wait: boolean) {
    if (this.inFlight >= this.quota) {
      if (wait) return new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 5000));
      this.refusals++;
      throw new InFlightQuotaReached('too many messages in flight');
    }
    const message = await super.receive(queue, wait);
    if (message) this.inFlight++;
    return message;
  }

  override async delete(message: Parameters<MemoryQueue['delete']>[0]) {
    await super.delete(message);
    this.inFlight--;
  }
}

const PHOTO_MS = 1000;

/** A worker whose GPU takes a photo a second. */
function startWorker(queue: QuotaQueue, stop: AbortSignal, log: ReturnType<typeof memoryLog>) {
  const handled: string[] = [];
  let gpu = Promise.resolve();
  const done = receivePhotos({
    queue,
    handle: async (message, started) => {
      gpu = gpu.then(() => {
        started();
        return new Promise((resolve) => setTimeout(resolve, PHOTO_MS));
      });
      await gpu;
      await queue.delete(message);
      handled.push(message.body);
      return 'deleted';
    },
    untilAllowed: () => Promise.resolve(),
    recover: () => Promise.resolve(),
    limits: () => ({ prefetched: 10, inFlight: 12 }),
    stop,
    log,
    random: () => 0.5,
  });
  return { done, handled };
}

describe('workers beyond the quota of messages in flight', () => {
  it('colour every photo once, all of them all the time, and log no error', async () => {
    vi.useFakeTimers();
    const queue = new QuotaQueue(20);
    const photos = Array.from({ length: 300 }, (_, k) => String(k));
    for (const photo of photos) queue.send(photo);
    const stop = new AbortController();
    const log = memoryLog();
    const workers = Array.from({ length: 5 }, () => startWorker(queue, stop.signal, log));
    // 60 photos for each if none ever waits, and the first five seconds of those that find the quota used up.
    await vi.advanceTimersByTimeAsync(70_000);
    stop.abort();
    await vi.advanceTimersByTimeAsync(15_000);
    await Promise.all(workers.map(({ done }) => done));

    const all = workers.flatMap(({ handled }) => handled);
    expect(all.sort((a, b) => Number(a) - Number(b))).toEqual(photos);
    for (const { handled } of workers) expect(handled.length).toBeGreaterThan(50);
    expect(queue.refusals).toBeGreaterThan(0);
    expect(new Set(log.lines.map(({ level, event }) => `${level} ${event}`))).toEqual(
      new Set(['warn in-flight-quota-reached']),
    );
    // One a minute of each worker.
    expect(log.lines.length).toBeLessThanOrEqual(10);
  });

  it('may prefetch half as many after each refusal, one at least, and one more for each such number received', () => {
    const log = memoryLog();
    const allowance = new PrefetchAllowance(log, () => 0);
    allowance.received();
    expect(allowance.of(12)).toBe(12);
    const after = [1, 2, 3, 4, 5].map(() => {
      allowance.refused(12);
      return allowance.of(12);
    });
    expect(after).toEqual([6, 3, 1, 1, 1]);
    allowance.received();
    expect(allowance.of(12)).toBe(2);
    for (let k = 0; k < 200; k++) allowance.received();
    expect(allowance.of(12)).toBe(12);
    expect(log.lines).toEqual([
      { level: 'warn', event: 'in-flight-quota-reached', fields: { refusals: 1, prefetched: 6 } },
    ]);
  });

  it('are refused by SQS with OverLimit', async () => {
    let requests = 0;
    const { url, close } = await listenOnLoopback((request, response) => {
      requests++;
      request.resume();
      response.writeHead(403, {
        'content-type': 'application/x-amz-json-1.0',
        'x-amzn-query-error': 'OverLimit;Sender',
      });
      response.end(
        JSON.stringify({ __type: 'com.amazonaws.sqs#OverLimit', message: 'Too many messages in flight' }),
      );
    });
    const sqs = new SQSClient({
      region: 'us-east-1',
      endpoint: url,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    try {
      const queue = new SqsJobQueue(
        sqs,
        { interactive: `${url}/000000000000/jobs` },
        `${url}/000000000000/dead`,
      );
      await expect(queue.receive('interactive', false)).rejects.toThrow(InFlightQuotaReached);
      // The SDK's own retries would only add load.
      expect(requests).toBe(1);
    } finally {
      sqs.destroy();
      await close();
    }
  });
});
