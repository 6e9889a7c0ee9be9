/** What another party writes into queue and bucket, and worker, gateway and command read: within bounds of size and time. */
import { describe, expect, it } from 'vitest';
import { MOST_FAILURE_BYTES, readFailure } from '../../contract/failure.ts';
import { parseJobMessage } from '../../contract/job.ts';

/** Generous: a table's row takes microseconds, and a busy machine pauses. */
const WITHIN_MS = 1000;
const MOST_HEAP = 64 * 2 ** 20;

/** The message of what is thrown, or what is returned, within bounds of time and memory. */
function within<T>(run: () => T): T | string {
  const [startMs, heap] = [performance.now(), process.memoryUsage().heapUsed];
  let found: T | string;
  try {
    found = run();
  } catch (error) {
    found = (error as Error).message;
  }
  expect(performance.now() - startMs).toBeLessThan(WITHIN_MS);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(MOST_HEAP);
  return found;
}

const record = (key: string, more: object = {}) => ({
  eventName: 'ObjectCreated:Put',
  eventTime: '2026-11-23T10:00:00.500Z',
  s3: { bucket: { name: 'photos' }, object: { key, eTag: 'abc' } },
  ...more,
});
const body = (...records: unknown[]) => JSON.stringify({ Records: records });

describe('a job message is refused, in a short line', () => {
  it.each<[string, string, RegExp]>([
    ['of a megabyte', body(record(`incoming/${'a'.repeat(1_000_000)}`)), /characters: at most 65536$/],
    ['of a million brackets', '['.repeat(1_000_000), /characters: at most 65536$/],
    ['of ten thousand brackets', '['.repeat(10_000), /is not JSON/],
    ['nested ten thousand deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`, /not an S3 event/],
    ['with a thousand wrong records', body(...Array.from({ length: 1000 }, () => 1)), /not an S3 event/],
    [
      'with eleven records',
      body(...Array.from({ length: 11 }, () => record('incoming/a'))),
      /not an S3 event/,
    ],
    ['with a key of 2 kB', body(record(`incoming/${'a'.repeat(2000)}`)), /key of 2009 bytes: at most 1024/],
    [
      'with a key of 3 kB once decoded',
      body(record(`incoming/${'%E5%86%99'.repeat(400)}`)),
      /bytes: at most/,
    ],
    ['with NUL in the key', body(record('incoming/a%00.jpg')), /a key with NUL, which is not allowed$/],
    ['with records of another prototype', '{"__proto__":{"Records":[]}}', /not an S3 event/],
    [
      'with a key that is an object',
      body(record('x', { s3: { bucket: { name: 'b' }, object: { key: {} } } })),
      /key/,
    ],
    ['without a time', body(record('incoming/a', { eventTime: 'now' })), /eventTime/],
  ])('%s', (_name, text, message) => {
    const found = within(() => parseJobMessage(text));
    expect(found).toMatch(message);
    expect(found.length).toBeLessThan(700);
  });

  it('and one of a usual size with names of the prototype is read as it is', () => {
    const text = body(record('incoming/__proto__/constructor.jpg', { constructor: { prototype: 1 } }));
    expect(within(() => parseJobMessage(text))).toMatchObject([
      { key: 'incoming/__proto__/constructor.jpg' },
    ]);
    expect(Object.prototype).not.toHaveProperty('Records');
  });
});

describe('a failure record is a failure, whatever is in it', () => {
  const valid = { code: 'too-large', message: 'm', retryable: true, key: 'incoming/a', etag: 'e' };

  it.each<[string, string | undefined]>([
    ['nothing', ''],
    ['more than a record has', undefined],
    ['a megabyte', JSON.stringify({ ...valid, message: 'x'.repeat(1_000_000) })],
    ['deep brackets', '['.repeat(MOST_FAILURE_BYTES)],
    ['a list', '[]'],
    ['null', 'null'],
    ['an unknown code', JSON.stringify({ ...valid, code: 'lost' })],
    ['a code of the prototype', JSON.stringify({ ...valid, code: 'constructor' })],
    ['a message that is no text', JSON.stringify({ ...valid, message: { toString: 1 } })],
    ['another prototype', '{"__proto__":{"code":"too-large"}}'],
  ])('%s', (_name, text) => {
    expect(within(() => readFailure(text))).toMatchObject({ code: 'cannot-be-coloured', retryable: true });
  });

  it('and a long message is cut', () => {
    const found = readFailure(JSON.stringify({ ...valid, message: 'x'.repeat(5000) }));
    expect(found).toEqual({ ...valid, message: 'x'.repeat(600) });
  });
});
