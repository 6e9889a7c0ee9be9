/** The event of an outcome: every kind of key, one id and body for each stored outcome, and nothing for what is none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failedKey, resultKey } from '../../../contract/keys.ts';
import { outcomeEventSchema } from '../../../contract/outcome-event.ts';
import { encodedPhotoKey } from '../../../contract/outcome-metadata.ts';
import { eventOf } from '../../../lambda/outcome-events/event-of.ts';
import type { StoredOutcome } from '../../../lambda/outcome-events/ports.ts';

const CONTEXT = { stage: 'prod', bucket: 'photos' };
const TRACE = 'ab'.repeat(16);
const ID = 'fQVVjq8l5akCGUXBjuiEhQ';

const metadata = (more: Record<string, string> = {}) => ({
  'source-etag': 'p1',
  'trace-id': TRACE,
  ...more,
});
const result = (photoKey: string, more: Partial<StoredOutcome> = {}): StoredOutcome => ({
  key: resultKey(photoKey),
  etag: 'r1',
  bytes: 7,
  contentType: 'image/jpeg',
  storedAtMs: Date.UTC(2026, 10, 29),
  metadata: metadata(),
  ...more,
});
const failed = (photoKey: string, more: Partial<StoredOutcome> = {}): StoredOutcome => ({
  ...result(photoKey),
  key: failedKey(photoKey),
  contentType: 'application/json',
  failure: {
    ...{ code: 'unreadable-image', message: 'Damaged.', retryable: false },
    ...{ key: photoKey, etag: 'p1' },
  },
  ...more,
});

const LONG = `bulk/${'ä'.repeat(509)}`;
const LONGEST = `incoming/${'x'.repeat(1015)}`;

describe('the event of an outcome', () => {
  it.each<[string, StoredOutcome, unknown]>([
    [
      'a result',
      result('incoming/Oma 1.jpg', {
        metadata: metadata({
          'waited-seconds': '3.25',
          'worked-seconds': '0',
          remarks: 'first-of-several,x',
        }),
      }),
      {
        type: 'photo.coloured',
        timestamp: '2026-11-29T00:00:00.000Z',
        data: {
          ...{ stage: 'prod', bucket: 'photos', lane: 'interactive', trace: TRACE },
          photo: { key: 'incoming/Oma 1.jpg', etag: 'p1', id: null },
          ...{ waitedSeconds: 3.25, workedSeconds: 0 },
          result: {
            ...{ key: 'results/Oma 1.jpg', type: 'image/jpeg', bytes: 7 },
            remarks: ['first-of-several'],
          },
        },
      },
    ],
    [
      'a photo of the API, in the bulk lane, that failed',
      failed(`bulk/api/${ID}`),
      {
        type: 'photo.failed',
        data: {
          lane: 'bulk',
          photo: { key: `bulk/api/${ID}`, id: ID },
          ...{ waitedSeconds: null, workedSeconds: null },
          failure: {
            ...{ key: `bulk-failed/api/${ID}.json`, code: 'unreadable-image', attempts: null },
            ...{ message: 'Damaged.', retryable: false },
          },
        },
      },
    ],
    [
      'a sidelined photo of the API, which is of the interactive lane',
      result(`sidelined/api/${ID}`),
      {
        data: {
          ...{ lane: 'interactive', photo: { key: `sidelined/api/${ID}`, id: ID } },
          result: { key: `sidelined-results/api/${ID}` },
        },
      },
    ],
    [
      'a photo with the folder of the other lane in its name',
      result('incoming/bulk/x'),
      { data: { lane: 'interactive', photo: { key: 'incoming/bulk/x' }, result: { key: 'results/bulk/x' } } },
    ],
    [
      'a result whose name is a digest',
      result(LONG, { metadata: metadata({ 'photo-key': encodedPhotoKey(LONG) }) }),
      { data: { lane: 'bulk', photo: { key: LONG }, result: { key: resultKey(LONG) } } },
    ],
    [
      'a failure whose name is a digest',
      failed(LONGEST),
      { data: { photo: { key: LONGEST }, failure: { key: failedKey(LONGEST) } } },
    ],
    [
      'a photo that is named like a digest',
      result(`incoming/sha256-${'0'.repeat(64)}`),
      { data: { photo: { key: `incoming/sha256-${'0'.repeat(64)}` } } },
    ],
    [
      'a photo beside those of the API',
      result('incoming/api/short'),
      { data: { photo: { key: 'incoming/api/short', id: null } } },
    ],
    [
      'metadata that no worker writes',
      result('incoming/x', {
        metadata: metadata({ 'waited-seconds': 'NaN', 'worked-seconds': '-1', 'trace-id': 'a' }),
      }),
      { data: { waitedSeconds: null, workedSeconds: null, trace: null } },
    ],
  ])('%s', (_what, outcome, expected) => {
    const event = eventOf(outcome, CONTEXT);
    expect(event).toMatchObject(expected as object);
    expect(outcomeEventSchema.parse(event)).toEqual(event);
  });

  it.each<[string, StoredOutcome]>([
    ['the photo itself', { ...result('incoming/x'), key: 'incoming/x' }],
    ['a folder', { ...result('incoming/x'), key: 'results/' }],
    ['an object that no worker wrote', result('incoming/x', { metadata: {} })],
    ['a probe', result('incoming/ddcolor-elastic-probe/2026-11-28T05.png')],
    ['a failure without a record', failed('incoming/x', { failure: undefined })],
    ['a file of another kind beside the records', { ...failed('incoming/x'), key: 'failed/x.txt' }],
  ])('none of %s', (_what, outcome) => expect(eventOf(outcome, CONTEXT)).toBeUndefined());

  it('has another id for each other upload, outcome, bucket and key', () => {
    const outcomes = [
      result('incoming/x'),
      result('incoming/y'),
      result('bulk/x'),
      failed('incoming/x'),
      failed('incoming/x', { etag: 'r2' }),
      failed('incoming/x', { storedAtMs: 1 }),
      result('incoming/x', { metadata: metadata({ 'source-etag': 'p2' }) }),
      result('incoming/x', { metadata: metadata({ 'trace-id': 'cd'.repeat(16) }) }),
      result('incoming/x', { metadata: { 'source-etag': 'p1' } }),
    ];
    const ids = [
      ...outcomes.map((outcome) => eventOf(outcome, CONTEXT)!.id),
      eventOf(outcomes[0]!, { ...CONTEXT, bucket: 'other' })!.id,
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has one id and one body for each stored outcome, and finds every photo by its outcome', () => {
    const key = fc
      .tuple(
        fc.constantFrom('incoming/', 'sidelined/', 'bulk/'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 600 }),
      )
      .map(([folder, name]) => folder + name)
      .filter((one) => Buffer.byteLength(one) <= 1024);
    fc.assert(
      fc.property(key, fc.boolean(), (photoKey, hasFailed) => {
        const more = { metadata: metadata({ 'photo-key': encodedPhotoKey(photoKey) }) };
        const outcome = hasFailed ? failed(photoKey, more) : result(photoKey, more);
        const event = eventOf(outcome, CONTEXT);
        expect(event?.data.photo.key).toBe(photoKey);
        expect(JSON.stringify(eventOf(structuredClone(outcome), CONTEXT))).toBe(JSON.stringify(event));
      }),
      { numRuns: 40 },
    );
  });
});
