import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeEventKey, parseJobMessage } from '../../contract/job.ts';

const record = (key: string, more: object = {}) => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  eventTime: '2026-11-23T10:00:00.500Z',
  s3: { bucket: { name: 'photos' }, object: { key, size: 3, eTag: '"abc"', sequencer: '00' } },
  ...more,
});
const body = (...records: object[]) => JSON.stringify({ Records: records });

/** As SNS wraps a message. */
const sns = (message: string) =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: '1',
    TopicArn: 'arn:aws:sns:eu-central-1:123456789012:photos',
    Subject: 'Amazon S3 Notification',
    Message: message,
    Timestamp: '2026-11-23T10:00:01.000Z',
    SignatureVersion: '1',
  });

/** As EventBridge sends it: the key is not encoded. */
const eventBridge = (key: string, more: object = {}) =>
  JSON.stringify({
    version: '0',
    id: '1',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    account: '123456789012',
    time: '2026-11-23T10:00:00Z',
    region: 'eu-central-1',
    resources: ['arn:aws:s3:::photos'],
    detail: {
      version: '0',
      bucket: { name: 'photos' },
      object: { key, size: 3, etag: 'abc', sequencer: '00' },
      reason: 'PutObject',
    },
    ...more,
  });

describe('keys as S3 encodes them in events', () => {
  it.each([
    ['incoming/red+flower.jpg', 'incoming/red flower.jpg'],
    ['incoming/a%2Bb.jpg', 'incoming/a+b.jpg'],
    ['incoming/100%25.jpg', 'incoming/100%.jpg'],
    ['incoming/pct%2520x.jpg', 'incoming/pct%20x.jpg'],
    ['incoming/Gr%C3%BC%C3%9Fe+aus+K%C3%B6ln.png', 'incoming/Grüße aus Köln.png'],
    ['incoming/%E5%86%99%E7%9C%9F.jpg', 'incoming/写真.jpg'],
    ["incoming/it's+%28old%29.jpg", "incoming/it's (old).jpg"],
  ])('%s is decoded to %s', (encoded, key) => {
    expect(decodeEventKey(encoded)).toBe(key);
    expect(parseJobMessage(body(record(encoded)))[0]?.key).toBe(key);
  });
});

describe('job messages', () => {
  it('give one job for each photo, without quotes around the ETag', () => {
    const jobs = parseJobMessage(body(record('incoming/a.jpg'), record('incoming/b.jpg')));
    const storedAtMs = Date.UTC(2026, 10, 23, 10, 0, 0, 500);
    expect(jobs).toEqual([
      { bucket: 'photos', key: 'incoming/a.jpg', etag: 'abc', storedAtMs },
      { bucket: 'photos', key: 'incoming/b.jpg', etag: 'abc', storedAtMs },
    ]);
  });

  it('are understood in the envelopes of SNS and EventBridge, and both', () => {
    const storedAtMs = Date.UTC(2026, 10, 23, 10, 0, 0);
    const job = { bucket: 'photos', key: 'incoming/a+b %20.jpg', etag: 'abc', storedAtMs };
    const plain = body(record('incoming/a%2Bb+%2520.jpg', { eventTime: '2026-11-23T10:00:00.000Z' }));
    expect(parseJobMessage(sns(plain))).toEqual([job]);
    expect(parseJobMessage(eventBridge('incoming/a+b %20.jpg'))).toEqual([job]);
    expect(parseJobMessage(sns(eventBridge('incoming/a+b %20.jpg')))).toEqual([job]);
  });

  it('leave out folders among photos', () => {
    const keys = parseJobMessage(body(record('incoming/album/'), record('incoming/album/a.jpg')));
    expect(keys.map(({ key }) => key)).toEqual(['incoming/album/a.jpg']);
  });

  it.each([
    ["S3's test event", '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"photos"}'],
    ['no records', body()],
    ['a removal', body(record('incoming/a.jpg', { eventName: 'ObjectRemoved:Delete' }))],
    [
      'the placeholder of a deleted photo',
      body({
        ...record('bulk/api/abcdefghijklmnopqrstuv'),
        s3: {
          bucket: { name: 'photos' },
          object: {
            key: 'bulk/api/abcdefghijklmnopqrstuv',
            eTag: 'd41d8cd98f00b204e9800998ecf8427e',
            size: 0,
          },
        },
      }),
    ],
    ['the folder of the photos', body(record('incoming/'))],
    ['a folder of the console', body(record('incoming/New+folder/'))],
    ["a topic's test event", sns('{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"photos"}')],
    ["EventBridge's folder", eventBridge('incoming/album/')],
    ["EventBridge's removal", eventBridge('incoming/a.jpg', { 'detail-type': 'Object Deleted' })],
  ])('give no job for %s', (_name, text) => {
    expect(parseJobMessage(text)).toEqual([]);
  });

  it.each([
    ['text', 'hello', /not JSON: 5 characters/],
    ['another object', '{"a":1}', /not an S3 event/],
    ['a text in an envelope of SNS', sns('hello'), /not JSON: 5 characters/],
    ['an envelope in an envelope', sns(sns(body(record('incoming/a.jpg')))), /not an S3 event/],
    ['a key longer than S3 allows', eventBridge(`incoming/${'a'.repeat(1024)}`), /1033 bytes/],
    ['a record without a key', body({ ...record('x'), s3: { bucket: { name: 'b' }, object: {} } }), /key/],
    ['a key that is not validly encoded', body(record('incoming/%zz.jpg')), /URI/],
  ])('fail for %s', (_name, text, message) => {
    expect(() => parseJobMessage(text)).toThrow(message);
  });
});

it('the job message in docs/bucket.md is one', () => {
  const [, section = ''] = readFileSync('docs/bucket.md', 'utf8').split('## Job message');
  const [, example = ''] = section.split(/```(?:json)?\n/);
  expect(parseJobMessage(example)).toMatchObject([{ key: 'incoming/red flower.jpg' }]);
});
