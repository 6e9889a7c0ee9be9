/** A whole worker, from its launch hook to its drain: what is published, and what is called. */
import { MemoryAttempts } from '../../worker/photo/memory-attempts.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Canary } from '../../worker/comfyui/canary.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { Notices, TARGET_STATE } from '../../worker/instance/notices.ts';
import type { Done } from '../../worker/telemetry/work-report.ts';
import type { PhotoMetricsBatch } from '../../worker/telemetry/photo-metrics.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { runWorker } from '../../worker/worker.ts';
import { failedKey } from '../../contract/keys.ts';
import { queueOf } from '../../contract/lanes.ts';
import { LAUNCH_HOOK, TERMINATION_HOOK } from '../../contract/names.ts';
import { withDefaults } from '../../contract/field.ts';
import { QUEUE_FIELDS, WORKER_FIELDS, type WorkerSettings } from '../../contract/worker.ts';
import { Comfy, workflow } from './support/stand-in-comfyui.ts';
import { body, event, MemoryBucket, MemoryQueue, memoryLog } from './support/memory.ts';

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
 * @param isWaiting whether the instance waits at the hook that the worker completes
 * @param target its lifecycle state from then on, by which it drains. @default it is signalled
 * @param key of the file, in its queue
 */
async function workUntil(last: string, canary?: Canary, isWaiting = true, target?: string, key = KEY) {
  const lines = memoryLog();
  let state: string | undefined = target && 'InService';
  const notices = new Notices(async (path) => (path === TARGET_STATE ? state : undefined), lines);
  const log: typeof lines = Object.assign((...line: Parameters<typeof lines>) => {
    lines(...line);
    if (line[1] !== last) return;
    state = target;
    if (target === undefined) notices.drain('test');
  }, lines);
  const [bucket, queue] = [new MemoryBucket(), new MemoryQueue(['interactive', 'sidelined', 'bulk'])];
  const text = body(event('photos', key, bucket.upload(key, 'Dear aunt, no photo this time.')));
  queue.send(text, 1, queueOf(key));
  const work: Done[] = [];
  const calls: string[] = [];
  const published: PhotoMetricsBatch[] = [];
  const error: unknown = await runWorker({
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
      complete: async (hook, result) => calls.push(result ? `${hook} ${result}` : hook) > 0 && isWaiting,
      setUnhealthy: async () => void calls.push('unhealthy'),
    },
    canary,
    ready: async () => void calls.push('ready'),
    reportBootFailure: async (why) => void calls.push(why),
    addWork: async (done) => void work.push(done),
    publish: async (figures) => void published.push(figures),
    log,
    now: Date.now,
    clock: () => performance.now(),
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  notices.drain('test');
  return { lines, bucket, queue, calls, published, work, error };
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

it.each([
  ['incoming/bulk/letter.jpg', 'failed/bulk/letter.jpg.json', 'interactive', 0],
  ['bulk/letter.jpg', 'bulk-failed/letter.jpg.json', 'bulk', 1],
  ['sidelined/letter.jpg', 'sidelined-failed/letter.jpg.json', 'interactive', 0],
])(
  'writes the outcome of %s to %s, and counts it in the lane %s',
  async (key, outcome, lane, bulkCompleted) => {
    const { bucket, lines, queue, published, work } = await workUntil(
      'photo-finished',
      undefined,
      true,
      undefined,
      key,
    );
    expect([...bucket.objects.keys()].sort()).toEqual([key, outcome].sort());
    expect(lines.of('photo-finished')).toMatchObject([{ lane, outcome: 'failed' }]);
    expect(queue.deleted).toHaveLength(1);
    expect(work.reduce((sum, done) => sum + done.completed, 0)).toBe(1);
    expect(work.reduce((sum, done) => sum + (done.bulkCompleted ?? 0), 0)).toBe(bulkCompleted);
    expect(published[0]?.outcomes).toEqual(new Map([['failed', 1]]));
  },
);

it.each(['Terminated', 'Warmed:Stopped'])(
  'completes the termination hook once its photo is finished: target state %s',
  async (target) => {
    const { bucket, calls } = await workUntil('photo-finished', undefined, true, target);
    expect(calls).toEqual([LAUNCH_HOOK, 'ready', TERMINATION_HOOK]);
    expect(bucket.objects.has(failedKey(KEY))).toBe(true);
  },
);

describe.each([
  ['that waits at its launch hook', true, ['ready ABANDON']],
  ['whose worker was restarted in service', false, ['ready ABANDON', 'unhealthy']],
])('an instance %s', (_what, isWaiting, ends) => {
  it('with a canary mismatch ends at once and says why; it receives no photo', async () => {
    const canary: Canary = { cells: Array.from({ length: 64 }, () => [90, -90]) };
    const { lines, bucket, queue, calls, published, error } = await workUntil('never', canary, isWaiting);
    const why = expect.stringMatching(/does not colour as it did/) as string;
    expect(error).toMatchObject({ message: why });
    expect(lines.of('launch-abandoned')).toEqual([expect.objectContaining({ reason: why })]);
    expect(published).toHaveLength(1);
    expect(published[0]).toMatchObject({
      canaryFailures: 1,
      instanceFaults: 0,
      outcomes: new Map(),
      codes: new Map(),
    });
    expect(calls).toEqual([why, ...ends]);
    expect([...bucket.objects.keys()]).toEqual([KEY]);
    expect(await queue.receive('interactive', false)).toBeDefined();
  });
});
