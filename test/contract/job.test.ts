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

  it.each([
    ["S3's test event", '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"photos"}'],
    ['no records', body()],
    ['a removal', body(record('incoming/a.jpg', { eventName: 'ObjectRemoved:Delete' }))],
  ])('give no job for %s', (_name, text) => {
    expect(parseJobMessage(text)).toEqual([]);
  });

  it.each([
    ['text', 'hello', /not JSON: 'hello'/],
    ['another object', '{"a":1}', /not an S3 event/],
    ['a record without a key', body({ ...record('x'), s3: { bucket: { name: 'b' }, object: {} } }), /key/],
    ['a key that is not validly encoded', body(record('incoming/%zz.jpg')), /URI/],
  ])('fail for %s', (_name, text, message) => {
    expect(() => parseJobMessage(text)).toThrow(message);
  });
});
