/** A whole worker, from its launch hook to its drain: what is published, and what is called. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Canary } from '../../worker/comfyui/canary.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { Notices } from '../../worker/instance/notices.ts';
import type { PhotoMetricsBatch } from '../../worker/telemetry/photo-metrics.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { runWorker } from '../../worker/worker.ts';
import { failedKey } from '../../contract/keys.ts';
import { LAUNCH_HOOK } from '../../contract/names.ts';
import { withDefaults } from '../../contract/field.ts';
import { QUEUE_FIELDS, WORKER_FIELDS, type WorkerSettings } from '../../contract/worker.ts';
import { Comfy, workflow } from './support/stand-in-comfyui.ts';
import { body, event, MemoryAttempts, MemoryBucket, MemoryQueue, memoryLog } from './support/memory.ts';

let comfy: Comfy;
beforeEach(async () => {
  comfy = await Comfy.start();
});
afterEach(() => comfy.close());

const KEY = 'incoming/letter.jpg';
const settings: WorkerSettings = {
  stage: 'test',
  queueUrl: 'http://queue.invalid/',
  deadLetterQueueUrl: 'http://dead.invalid/',
  bucketName: 'photos',
  groupName: 'group',
  tableName: 'table',
  workKeyPrefix: 'work#AROAEXAMPLE:',
  ...withDefaults(QUEUE_FIELDS, { visibilityTimeoutSeconds: 30 }),
  ...withDefaults(WORKER_FIELDS, { maxMegapixels: 1, device: 'cpu', noticePollSeconds: 1 }),
  workflow,
};

/**
 * Runs a worker with one file that is not a photo.
 *
 * @param last log event after which it drains
 */
async function workUntil(last: string, canary?: Canary) {
  const lines = memoryLog();
  const notices = new Notices(async () => undefined, lines);
  const log: typeof lines = Object.assign((...line: Parameters<typeof lines>) => {
    lines(...line);
    if (line[1] === last) notices.drain('test');
  }, lines);
  const [bucket, queue] = [new MemoryBucket(), new MemoryQueue()];
  queue.send(body(event('photos', KEY, bucket.upload(KEY, 'Dear aunt, no photo this time.'))));
  const calls: string[] = [];
  const published: PhotoMetricsBatch[] = [];
  await runWorker({
    settings,
    notices,
    client: new ComfyuiClient(comfy.url, 30_000),
    queue,
    bucket,
    attemptStore: new MemoryAttempts(),
    instanceId: 'i-1',
    images: new LocalImageProcessor(settings),
    processes: 1,
    megapixels: 10,
    fileBytes: 1e9,
    group: {
      complete: async (hook) => calls.push(hook) > 0,
      setUnhealthy: async () => void calls.push('unhealthy'),
    },
    canary,
    ready: async () => void calls.push('ready'),
    addWork: async () => undefined,
    publish: async (figures) => void published.push(figures),
    log,
    now: Date.now,
    clock: () => performance.now(),
  });
  return { lines, bucket, queue, calls, published };
}

it('publishes why a photo was refused', async () => {
  const { bucket, queue, calls, published } = await workUntil('photo-finished');
  expect(published).toHaveLength(1);
  expect(published[0]).toMatchObject({
    outcomes: new Map([['failed', 1]]),
    codes: new Map([['unreadable-image', 1]]),
    canaryFailures: 0,
    instanceFaults: 0,
  });
  expect(calls).toEqual([LAUNCH_HOOK, 'ready']);
  expect(bucket.objects.has(failedKey(KEY))).toBe(true);
  expect(queue.deleted).toHaveLength(1);
});

it('publishes a canary mismatch, and receives no photo', async () => {
  const canary: Canary = { cells: Array.from({ length: 64 }, () => [90, -90]) };
  const { lines, bucket, queue, calls, published } = await workUntil('comfyui-awaited', canary);
  expect(lines.of('comfyui-awaited')).toEqual([
    expect.objectContaining({ reason: expect.stringMatching(/does not colour as it did/) as string }),
  ]);
  expect(published).toHaveLength(1);
  expect(published[0]).toMatchObject({
    canaryFailures: 1,
    instanceFaults: 0,
    outcomes: new Map(),
    codes: new Map(),
  });
  expect(calls).toEqual([]);
  expect([...bucket.objects.keys()]).toEqual([KEY]);
  expect(await queue.receive(false)).toBeDefined();
});
