/** The judge of a run under fire: it has to see each thing that must not be. */
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { FAILED, INCOMING, RESULTS } from '../../../contract/keys.ts';
import { chaosPhoto, type ChaosPhoto } from '../../../tools/chaos/photos.ts';
import { checks, reportLines, reportOf, type Leftovers } from '../../../tools/chaos/report.ts';
import { checkOutcomes, type StoredOutcome } from '../../../tools/chaos/check-outcomes.ts';

/** What a worker would make of it: the same picture with a tint. */
async function coloured(photo: ChaosPhoto, format = photo.picture!.format): Promise<Buffer> {
  const { data, info } = await sharp(await photo.make())
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  for (let at = 0; at < data.length; at += info.channels) data[at] = Math.min(255, data[at]! + 12);
  const raw = { width: info.width, height: info.height, channels: info.channels };
  return sharp(data, { raw }).toFormat(format).toBuffer();
}

const refusal = (retryable: boolean) =>
  Buffer.from(
    JSON.stringify({ code: retryable ? 'retries-exhausted' : 'unreadable-image', message: 'no', retryable }),
  );

const whole = { ...chaosPhoto(4, 0), etag: 'a' };
const other = { ...chaosPhoto(24, 0), etag: 'b' };
const broken = { ...chaosPhoto(48, 0), etag: 'c' };
const photos = [whole, broken];
const result = RESULTS + whole.key;
const failure = `${FAILED}${broken.key}.json`;
let good: Map<string, StoredOutcome>;

beforeAll(async () => {
  good = new Map([
    [result, { sourceEtag: 'a', body: await coloured(whole) }],
    [failure, { sourceEtag: 'c', body: refusal(false) }],
    [INCOMING + whole.key, { sourceEtag: undefined, body: Buffer.alloc(0) }],
  ]);
});

const CASES: [
  what: string,
  seen: 'lost' | 'doubled' | 'wrong' | 'stray',
  change: (ends: Map<string, StoredOutcome>) => unknown,
][] = [
  ['no end', 'lost', (ends) => ends.delete(result)],
  [
    'both ends',
    'doubled',
    (ends) => ends.set(`${FAILED}${whole.key}.json`, { sourceEtag: 'a', body: refusal(true) }),
  ],
  [
    'the end of an earlier upload',
    'doubled',
    (ends) => ends.set(result, { ...ends.get(result)!, sourceEtag: 'z' }),
  ],
  [
    'the picture of another',
    'wrong',
    async (ends) => ends.set(result, { sourceEtag: 'a', body: await coloured(other) }),
  ],
  ['no colour', 'wrong', async (ends) => ends.set(result, { sourceEtag: 'a', body: await whole.make() })],
  [
    'another format',
    'wrong',
    async (ends) => ends.set(result, { sourceEtag: 'a', body: await coloured(whole, 'png') }),
  ],
  [
    'a result that was cut off',
    'wrong',
    (ends) => ends.set(result, { sourceEtag: 'a', body: ends.get(result)!.body.subarray(0, 2000) }),
  ],
  [
    'another size',
    'wrong',
    async (ends) => {
      const body = await sharp(ends.get(result)!.body).resize(100).toBuffer();
      ends.set(result, { sourceEtag: 'a', body });
    },
  ],
  [
    'a refusal of a whole photo',
    'wrong',
    (ends) => {
      ends.delete(result);
      ends.set(`${FAILED}${whole.key}.json`, { sourceEtag: 'a', body: refusal(true) });
    },
  ],
  [
    'a broken photo that is worth another try',
    'wrong',
    (ends) => ends.set(failure, { sourceEtag: 'c', body: refusal(true) }),
  ],
  [
    'a broken photo that was coloured',
    'wrong',
    (ends) => {
      ends.delete(failure);
      ends.set(RESULTS + broken.key, { sourceEtag: 'c', body: Buffer.alloc(0) });
    },
  ],
  [
    'an end that is nobody’s',
    'stray',
    (ends) => ends.set(`${RESULTS}who.jpeg`, { sourceEtag: 'a', body: Buffer.alloc(0) }),
  ],
];

const NOTHING: Leftovers = { messages: 0, onDisk: [], dead: [], poisonMissing: 0, poison: 3 };
const NONE = { counts: new Map<never, number>(), withoutTarget: 0 };

describe('the judge', () => {
  it('finds nothing against good ends', async () => {
    const verdict = await checkOutcomes(photos, good);
    expect(verdict).toEqual({ coloured: 1, failed: 1, lost: [], doubled: [], wrong: [], stray: [] });
    const report = reportOf({ seed: 1, photos: 2, seconds: 9, verdict, leftovers: NOTHING }, NONE, {
      counts: new Map(),
    });
    expect(report.passed).toBe(true);
    expect([...reportLines(report)].at(-1)).toBe('2 photos, seed 1, 9 s: every check holds.');
  });

  it.each(CASES)('sees %s', async (_what, seen, change) => {
    const ends = new Map(good);
    await change(ends);
    const verdict = await checkOutcomes(photos, ends);
    const against = { lost: 0, doubled: 0, wrong: 0, stray: 0, [seen]: 1 };
    const { lost, doubled, wrong, stray } = verdict;
    expect({
      lost: lost.length,
      doubled: doubled.length,
      wrong: wrong.length,
      stray: stray.length,
    }).toEqual(against);
    expect(checks(verdict, NOTHING).filter((check) => check.problems.length > 0)).toHaveLength(1);
  });

  it.each([
    ['a message in the queue', { messages: 1 }],
    ['files on disk', { onDisk: ['input/x'] }],
    ['a job in the dead-letter queue', { dead: ['{}'] }],
    ['a poison message that is gone', { poisonMissing: 1 }],
  ])('sees %s', async (_what, left) => {
    const verdict = await checkOutcomes(photos, good);
    const leftovers = { ...NOTHING, ...left };
    expect(checks(verdict, leftovers).filter(({ problems: against }) => against.length > 0)).toHaveLength(1);
  });
});
