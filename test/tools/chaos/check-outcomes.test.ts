/** The checks of a chaos run detect each wrong outcome. */
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { failedKey, relativeKey, resultKey } from '../../../contract/keys.ts';
import { colourise } from '../../../local/comfyui/colour.ts';
import { batchesOf } from '../../../tools/chaos/check-batches.ts';
import type { QueueCheck } from '../../../tools/chaos/check-queues.ts';
import { chaosPhoto, type ChaosPhoto } from '../../../tools/chaos/photos.ts';
import { checks, reportLines, reportOf, type Leftovers } from '../../../tools/chaos/report.ts';
import { checkOutcomes } from '../../../tools/chaos/check-outcomes.ts';
import type { StoredOutcome } from '../../../tools/chaos/outcomes.ts';

/** @returns a result as a worker makes it; `colours` are those of that photo */
async function coloured(photo: ChaosPhoto, format = photo.picture!.format, colours = photo): Promise<Buffer> {
  const pixels = async (file: Buffer | Promise<Buffer>) => {
    const image = sharp(await file)
      .toColourspace('srgb')
      .raw();
    const { data, info } = await image.toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  };
  const grey = await pixels(photo.make());
  const { data } = await colourise(grey, 512);
  if (colours !== photo) {
    const others = await colourise(await pixels(colours.make()), 512);
    for (let at = 0; at < data.length; at++)
      data[at] = grey.data[at]! + (others.data[at % others.data.length]! - others.data[at - (at % 3)]!) / 2;
  }
  const raw = { width: grey.width, height: grey.height, channels: 3 } as const;
  return sharp(data, { raw }).toFormat(format).toBuffer();
}

const failureRecord = (retryable: boolean) =>
  Buffer.from(
    JSON.stringify({ code: retryable ? 'retries-exhausted' : 'unreadable-image', message: 'no', retryable }),
  );

const intact = { ...chaosPhoto(4, 0), etag: 'a' };
const other = { ...chaosPhoto(24, 0), etag: 'b' };
const broken = { ...chaosPhoto(48, 0), etag: 'c' };
const album = { ...chaosPhoto(24, 0, 'bulk'), etag: 'd' };
// A broken file: its outcome needs no decoding.
const aside = { ...chaosPhoto(97, 0, 'sidelined'), etag: 'e' };
const photos = [intact, broken, album, aside];
const result = resultKey(intact.key);
const failure = failedKey(broken.key);
let good: Map<string, StoredOutcome>;

beforeAll(async () => {
  good = new Map([
    [result, { sourceEtag: 'a', body: await coloured(intact) }],
    [failure, { sourceEtag: 'c', body: failureRecord(false) }],
    [resultKey(album.key), { sourceEtag: 'd', body: await coloured(album) }],
    [failedKey(aside.key), { sourceEtag: 'e', body: failureRecord(false) }],
    [intact.key, { sourceEtag: undefined, body: Buffer.alloc(0) }],
  ]);
});

const CASES: [
  what: string,
  seen: 'lost' | 'doubled' | 'wrong' | 'stray',
  change: (outcomes: Map<string, StoredOutcome>) => unknown,
][] = [
  ['a missing outcome', 'lost', (outcomes) => outcomes.delete(result)],
  ['a missing outcome of the bulk lane', 'lost', (outcomes) => outcomes.delete(resultKey(album.key))],
  ['a missing outcome of a sidelined photo', 'lost', (outcomes) => outcomes.delete(failedKey(aside.key))],
  [
    'both outcomes of a sidelined photo',
    'doubled',
    (outcomes) => outcomes.set(resultKey(aside.key), { sourceEtag: 'e', body: Buffer.alloc(0) }),
  ],
  [
    'an outcome in the folder of the other lane',
    'stray',
    (outcomes) => outcomes.set(resultKey(`incoming/${relativeKey(album.key)}`), good.get(result)!),
  ],
  [
    'both outcomes of a bulk photo',
    'doubled',
    (outcomes) => outcomes.set(failedKey(album.key), { sourceEtag: 'd', body: failureRecord(false) }),
  ],
  [
    'both outcomes',
    'doubled',
    (outcomes) => outcomes.set(failedKey(intact.key), { sourceEtag: 'a', body: failureRecord(true) }),
  ],
  [
    'the outcome of a superseded upload',
    'doubled',
    (outcomes) => outcomes.set(result, { ...outcomes.get(result)!, sourceEtag: 'z' }),
  ],
  [
    'the picture of another photo',
    'wrong',
    async (outcomes) => outcomes.set(result, { sourceEtag: 'a', body: await coloured(other) }),
  ],
  [
    'the colours of another photo',
    'wrong',
    async (outcomes) => {
      const body = await coloured(intact, intact.picture!.format, other);
      outcomes.set(result, { sourceEtag: 'a', body });
    },
  ],
  [
    'a grey result',
    'wrong',
    async (outcomes) => outcomes.set(result, { sourceEtag: 'a', body: await intact.make() }),
  ],
  [
    'another format',
    'wrong',
    async (outcomes) => outcomes.set(result, { sourceEtag: 'a', body: await coloured(intact, 'png') }),
  ],
  [
    'a truncated result',
    'wrong',
    (outcomes) =>
      outcomes.set(result, { sourceEtag: 'a', body: outcomes.get(result)!.body.subarray(0, 2000) }),
  ],
  [
    'another size',
    'wrong',
    async (outcomes) => {
      const body = await sharp(outcomes.get(result)!.body).resize(100).toBuffer();
      outcomes.set(result, { sourceEtag: 'a', body });
    },
  ],
  [
    'a failure record of an intact photo',
    'wrong',
    (outcomes) => {
      outcomes.delete(result);
      outcomes.set(failedKey(intact.key), { sourceEtag: 'a', body: failureRecord(true) });
    },
  ],
  [
    'a retryable failure of a broken photo',
    'wrong',
    (outcomes) => outcomes.set(failure, { sourceEtag: 'c', body: failureRecord(true) }),
  ],
  [
    'a result of a broken photo',
    'wrong',
    (outcomes) => {
      outcomes.delete(failure);
      outcomes.set(resultKey(broken.key), { sourceEtag: 'c', body: Buffer.alloc(0) });
    },
  ],
  [
    'an outcome of the bulk lane without a photo',
    'stray',
    (outcomes) =>
      outcomes.set('bulk-failed/unknown.jpeg.json', { sourceEtag: 'a', body: failureRecord(false) }),
  ],
  [
    'an outcome of the sidelined queue without a photo',
    'stray',
    (outcomes) => outcomes.set('sidelined-results/unknown', { sourceEtag: 'a', body: Buffer.alloc(0) }),
  ],
  [
    'an outcome without a photo',
    'stray',
    (outcomes) => outcomes.set('results/unknown.jpeg', { sourceEtag: 'a', body: Buffer.alloc(0) }),
  ],
];

const NOTHING: Leftovers = { messages: 0, onDisk: [], dead: [], poisonMissing: 0, poison: 3 };
const LOGS = { instances: 2, lines: 10, undelivered: 0, missing: [] };
const BATCHES = { shared: 5, failed: 1, charged: [] };
const FIGURES = { photos: 1, starts: 1, longestSeconds: 3, mostVisible: 1 };
const IN_TIME: QueueCheck = {
  queues: { interactive: FIGURES, sidelined: FIGURES, bulk: FIGURES },
  ...{ deadlineSeconds: 3600, deadlineUsed: 1, problems: [] },
};
const REST = {
  ...{ leftovers: NOTHING, batches: BATCHES, queues: IN_TIME, logs: LOGS },
  ...{ outages: [], max: 4, peak: 4 },
};
const NONE = { counts: new Map<never, number>(), withoutTarget: 0 };

describe('checkOutcomes', () => {
  it('accepts correct outcomes', async () => {
    const checked = await checkOutcomes(photos, good);
    expect(checked).toEqual({
      ...{ succeeded: 2, failed: 2 },
      ...{ lost: [], doubled: [], wrong: [], stray: [] },
    });
    const report = reportOf({ seed: 1, photos: 2, seconds: 9, outcomes: checked, ...REST }, NONE, {
      counts: new Map(),
    });
    expect(report.passed).toBe(true);
    expect([...reportLines(report)].at(-1)).toBe('2 photos, seed 1, 9 s: every check passed.');
  });

  it.each(CASES)('detects %s', async (_what, seen, change) => {
    const outcomes = new Map(good);
    await change(outcomes);
    const checked = await checkOutcomes(photos, outcomes);
    const against = { lost: 0, doubled: 0, wrong: 0, stray: 0, [seen]: 1 };
    const { lost, doubled, wrong, stray } = checked;
    expect({
      lost: lost.length,
      doubled: doubled.length,
      wrong: wrong.length,
      stray: stray.length,
    }).toEqual(against);
    expect(checks({ ...REST, outcomes: checked }).filter((check) => check.problems.length > 0)).toHaveLength(
      1,
    );
  });

  it.each([
    ['a message in the queue', { messages: 1 }],
    ['files on disk', { onDisk: ['input/x'] }],
    ['a job in the dead-letter queue', { dead: ['{}'] }],
    ['a missing poison message', { poisonMissing: 1 }],
  ])('detects %s', async (_what, left) => {
    const checked = await checkOutcomes(photos, good);
    const leftovers = { ...NOTHING, ...left };
    expect(
      checks({ ...REST, outcomes: checked, leftovers }).filter(({ problems }) => problems.length > 0),
    ).toHaveLength(1);
  });
});

it('detects a fleet beyond its maximum', async () => {
  const failed = checks({ ...REST, outcomes: await checkOutcomes(photos, good), peak: 5 }).filter(
    ({ problems }) => problems.length > 0,
  );
  expect(failed.map(({ name }) => name)).toEqual([expect.stringMatching(/^never more instances/)]);
});

it('the check of batches finds a photo that was charged for a prompt that it shared', () => {
  const failed = { event: 'attempt-failed', photo: 'a', fault: 'instance', attempt: 0, batchPhotos: 3 };
  const lines = [
    { event: 'batch-failed', photos: 3 },
    failed,
    { ...failed, fault: 'transient', attempt: 1 },
    { ...failed, attempt: 2, batchPhotos: 1 },
    { event: 'photo-finished', outcome: 'succeeded', batchPhotos: 3 },
    { event: 'photo-finished', outcome: 'returned', batchPhotos: 3 },
    { event: 'photo-finished', outcome: 'succeeded', batchPhotos: 1 },
    { event: 'photo-finished', outcome: 'succeeded' },
  ].map((line) => JSON.stringify(line));
  expect(batchesOf([...lines, '{"event":"ph', ''])).toEqual({ shared: 1, failed: 1, charged: [] });
  expect(batchesOf([JSON.stringify({ ...failed, attempt: 1 })]).charged).toEqual([
    'a has 1 attempts after a fault in a prompt of 3 photos',
  ]);
});

describe('the check of batches does not take the attempt of a second message of a photo for a charge', () => {
  const at = (second: number, instance: string, line: object) =>
    JSON.stringify({ time: `2026-01-01T00:00:0${second}.000Z`, photo: 'a', instance, ...line });
  const started = (second: number, instance: string) => at(second, instance, { event: 'photo-started' });
  const finished = (second: number, instance: string, outcome: string) =>
    at(second, instance, { event: 'photo-finished', outcome });
  const failed = (second: number, attempt: number) =>
    at(second, 'i-1', { event: 'attempt-failed', fault: 'instance', batchPhotos: 2, attempt });

  it.each<[string, string[], charged: number]>([
    ['both under way', [failed(3, 1), started(2, 'i-2'), started(1, 'i-1')], 0],
    ['both under way, charged', [failed(3, 2), started(2, 'i-2'), started(1, 'i-1')], 1],
    [
      'the second came and ended meanwhile',
      [started(1, 'i-1'), started(2, 'i-2'), finished(3, 'i-2', 'succeeded'), failed(4, 1)],
      0,
    ],
    [
      'the first ended meanwhile',
      [started(1, 'i-2'), started(2, 'i-1'), finished(3, 'i-2', 'succeeded'), failed(4, 1)],
      0,
    ],
    [
      'the first was given back before',
      [started(1, 'i-2'), finished(2, 'i-2', 'returned'), started(3, 'i-1'), failed(4, 1)],
      1,
    ],
    [
      'it was given back itself before',
      [started(1, 'i-1'), finished(2, 'i-1', 'returned'), started(3, 'i-1'), failed(4, 1)],
      1,
    ],
  ])('%s', (_name, lines, charged) => {
    expect(batchesOf(lines).charged).toHaveLength(charged);
  });
});
