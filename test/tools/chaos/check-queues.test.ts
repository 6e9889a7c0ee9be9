/** The check of the job queues in a chaos run detects what no other check looks at. */
import { describe, expect, it } from 'vitest';
import { failedKey, resultKey } from '../../../contract/keys.ts';
import { FOLDERS, laneOfQueue, QUEUES, type QueueName } from '../../../contract/lanes.ts';
import { photoLogId } from '../../../contract/trace.ts';
import { checkQueues, queueLine, type QueueFacts } from '../../../tools/chaos/check-queues.ts';
import type { StoredOutcome } from '../../../tools/chaos/outcomes.ts';

const BUCKET = 'photos';
const EACH = 25;
const AT = 1_000_000;
const keyOf = (queue: QueueName, k: number) => `${FOLDERS[queue].photos}${k}.jpeg`;
/** As the worker writes it: the first queue of a lane has no name of its own. */
const started = (key: string, queue: QueueName) => {
  const lane = laneOfQueue(queue);
  const photo = photoLogId(BUCKET, key);
  return JSON.stringify({ event: 'photo-started', photo, lane, ...(queue === lane ? {} : { queue }) });
};
const outcome = (seconds: number): StoredOutcome => ({
  ...{ sourceEtag: 'a', body: Buffer.alloc(0) },
  storedAtMs: AT + 1000 * seconds,
});

interface Facts extends QueueFacts {
  photos: { queue: QueueName; key: string; uploadedAtMs: number }[];
  outcomes: Map<string, StoredOutcome>;
  lines: string[];
}

/** All is well: the k-th photo of each queue has its outcome after k seconds. */
function facts(): Facts {
  const all = QUEUES.flatMap((queue) =>
    Array.from({ length: EACH }, (_, k) => ({ queue, k, key: keyOf(queue, k) })),
  );
  return {
    bucket: BUCKET,
    photos: all.map(({ queue, key }) => ({ queue, key, uploadedAtMs: AT })),
    outcomes: new Map(all.map(({ key, k }) => [k % 2 ? failedKey(key) : resultKey(key), outcome(k)])),
    lines: [
      'no JSON',
      'null',
      '{"event":"photo-started","photo":"of another run"}',
      ...all.map(({ key, queue }) => started(key, queue)),
    ],
    deadlineSeconds: 60,
    published: { visible: { interactive: 30, sidelined: 9, bulk: 12 }, deadlineUsed: 40 },
  };
}

it('has figures of each queue', () => {
  const check = checkQueues(facts());
  const figures = (mostVisible: number) => ({
    photos: EACH,
    starts: EACH,
    longestSeconds: EACH - 1,
    mostVisible,
  });
  expect(check).toEqual({
    queues: { interactive: figures(30), sidelined: figures(9), bulk: figures(12) },
    ...{ deadlineSeconds: 60, deadlineUsed: 40, problems: [] },
  });
  expect(queueLine(check)).toBe(
    'interactive 25 photos, 24 s at most, 30 visible; sidelined 25 photos, 24 s at most, 9 visible; bulk 25 photos, 24 s at most, 12 visible; 40.0 % of the deadline of 60 s used',
  );
});

describe('detects', () => {
  it.each<[string, (facts: Facts) => unknown, string]>([
    [
      'a bulk photo after its deadline',
      ({ outcomes }) => outcomes.set(resultKey(keyOf('bulk', 4)), outcome(61)),
      "'bulk/4.jpeg' has its outcome 61 s after its upload, of 60 s",
    ],
    [
      'a failed bulk photo after it',
      ({ outcomes }) => outcomes.set(failedKey(keyOf('bulk', 5)), outcome(61)),
      "'bulk/5.jpeg' has its outcome 61 s",
    ],
    [
      'a sidelined photo that was started as one of the first queue',
      ({ lines }) => lines.push(started(keyOf('sidelined', 1), 'interactive')),
      "of the queue 'sidelined' was started as one of 'interactive'",
    ],
    [
      'a bulk photo that was started as an interactive one',
      ({ lines }) => lines.push(started(keyOf('bulk', 1), 'interactive')),
      "of the queue 'bulk' was started as one of 'interactive', in the lane 'interactive'",
    ],
    [
      'a queue that no worker asks',
      (all) => (all.lines = all.lines.filter((line) => !line.includes('"sidelined"'))),
      "none of the 25 photos of the queue 'sidelined' was started",
    ],
    [
      'sidelined photos that the scaler does not see',
      ({ published }) => (published.visible.sidelined = null),
      "the scaler has seen no photo of the queue 'sidelined'",
    ],
    [
      'bulk photos that it counts as none',
      ({ published }) => (published.visible.bulk = 0),
      "the scaler has seen no photo of the queue 'bulk'",
    ],
    [
      'a deadline that it does not watch',
      ({ published }) => (published.deadlineUsed = null),
      'how much of its deadline',
    ],
  ])('%s', (_what, change, problem) => {
    const all = facts();
    change(all);
    expect(checkQueues(all).problems).toEqual([expect.stringContaining(problem)]);
  });
});

it.each<[string, (facts: Facts) => unknown]>([
  [
    'an interactive photo has no deadline',
    ({ outcomes }) => outcomes.set(resultKey(keyOf('sidelined', 4)), outcome(999)),
  ],
  ['a photo is started again', ({ lines }) => lines.push(started(keyOf('bulk', 1), 'bulk'))],
  ['a lost photo is another check’s', ({ outcomes }) => outcomes.delete(resultKey(keyOf('bulk', 4)))],
  [
    'few photos may have waited at no tick',
    (all) => {
      all.photos = all.photos.filter(({ queue }, k) => queue !== 'bulk' || k % 5 === 0);
      all.published.visible.bulk = null;
      all.published.deadlineUsed = null;
    },
  ],
])('%s', (_what, change) => {
  const all = facts();
  change(all);
  expect(checkQueues(all).problems).toEqual([]);
});
