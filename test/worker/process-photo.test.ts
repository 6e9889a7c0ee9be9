/** Processing a photo: its outcome in the bucket, for every earlier state of the bucket. */
import { describe, expect, it } from 'vitest';
import { photoLogId, TRACE_METADATA, traceIdOf } from '../../contract/trace.ts';
import { PermanentFault, TransientFault } from '../../worker/photo/faults.ts';
import { md5 } from './support/memory.ts';
import { colours, FAILED, KEY, MAX_RECEIVES, RESULT, setUp } from './support/process-photo.ts';

describe('a photo', () => {
  it('that is coloured gets a result of its version, and no failure record', async () => {
    const { bucket, figures, process } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    expect(await process(etag)).toEqual({ outcome: 'succeeded' });
    expect(bucket.objects.get(RESULT)).toMatchObject({
      body: Buffer.from('coloured photo'),
      contentType: 'image/jpeg',
      sourceEtag: etag,
    });
    expect(bucket.objects.has(FAILED)).toBe(false);
    expect(figures).toEqual({ fetchSeconds: 1, storeSeconds: 1 });
  });

  it('that is refused gets a failure record with code, message, key and version', async () => {
    const { bucket, log, process, record } = setUp(() =>
      Promise.reject(new PermanentFault('unreadable-image', 'Not a picture.')),
    );
    const trace = 'ab'.repeat(16);
    const etag = bucket.upload(KEY, 'photo', { [TRACE_METADATA]: trace });
    expect(await process(etag)).toEqual({ outcome: 'failed', code: 'unreadable-image' });
    expect(record()).toEqual({
      code: 'unreadable-image',
      message: 'Not a picture.',
      retryable: false,
      key: KEY,
      etag,
      trace,
    });
    expect(bucket.objects.get(FAILED)).toMatchObject({
      contentType: 'application/json',
      sourceEtag: etag,
      metadata: { [TRACE_METADATA]: trace },
    });
    expect(bucket.objects.has(RESULT)).toBe(false);
    expect(log.lines).toEqual([
      {
        level: 'info',
        event: 'photo-refused',
        fields: {
          photo: photoLogId('photos', KEY),
          trace,
          code: 'unreadable-image',
          error: 'Not a picture.',
        },
      },
    ]);
  });

  it('with a transient fault has no outcome before its last receive', async () => {
    const { bucket, process } = setUp(() => Promise.reject(new TransientFault('slow')));
    const etag = bucket.upload(KEY, 'photo');
    await expect(process(etag, MAX_RECEIVES - 1)).rejects.toThrow('slow');
    expect([...bucket.objects.keys()]).toEqual([KEY]);
  });

  it.each([
    [40e6, false],
    [40e6 + 1, true],
  ])('of %d bytes at 1 megapixel is too large: %s', async (bytes, isTooLarge) => {
    const { bucket, process, record } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    const head = bucket.head.bind(bucket);
    bucket.head = async (key) => {
      const object = await head(key);
      return object && key === KEY ? { ...object, bytes } : object;
    };
    expect((await process(etag)).outcome).toBe(isTooLarge ? 'failed' : 'succeeded');
    if (isTooLarge)
      expect(record()).toMatchObject({
        code: 'too-large',
        message: 'The file has 41 MB; at most 40 MB are allowed.',
        retryable: false,
      });
  });
});

describe('the last allowed receive', () => {
  it('writes the failure record before it colours, and a result replaces it', async () => {
    const seen: unknown[] = [];
    const setup = setUp(async (...args) => {
      seen.push(setup.record());
      return colours(...args);
    });
    const etag = setup.bucket.upload(KEY, 'photo');
    expect(await setup.process(etag, MAX_RECEIVES)).toEqual({ outcome: 'succeeded' });
    expect(seen).toEqual([
      {
        code: 'retries-exhausted',
        message: 'The photo could not be coloured in 5 attempts; it is worth sending again.',
        retryable: true,
        key: KEY,
        etag,
        trace: traceIdOf({ bucket: 'photos', key: KEY, etag, storedAtMs: 0 }),
      },
    ]);
    expect([setup.bucket.objects.has(RESULT), setup.bucket.objects.has(FAILED)]).toEqual([true, false]);
  });

  it('leaves the failure record when it fails', async () => {
    const { bucket, process, record } = setUp(() => Promise.reject(new TransientFault('slow')));
    const etag = bucket.upload(KEY, 'photo');
    await expect(process(etag, MAX_RECEIVES)).rejects.toThrow('slow');
    expect(record()).toMatchObject({ code: 'retries-exhausted', retryable: true, etag });
    expect(bucket.objects.has(RESULT)).toBe(false);
  });

  it('replaces the failure record by that of a refusal', async () => {
    const { bucket, process, record } = setUp(() =>
      Promise.reject(new PermanentFault('cannot-be-coloured', 'No.')),
    );
    const etag = bucket.upload(KEY, 'photo');
    expect(await process(etag, MAX_RECEIVES)).toEqual({ outcome: 'failed', code: 'cannot-be-coloured' });
    expect(record()).toMatchObject({ code: 'cannot-be-coloured', retryable: false });
  });

  it('of a photo that is deleted meanwhile is dropped without an outcome', async () => {
    const { bucket, process } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    const put = bucket.put.bind(bucket);
    bucket.put = async (...args) => {
      const made = await put(...args);
      bucket.objects.delete(KEY);
      return made;
    };
    expect(await process(etag, MAX_RECEIVES)).toEqual({ outcome: 'dropped', reason: 'superseded' });
    expect([...bucket.objects.keys()]).toEqual([]);
  });
});

describe('a refused photo whose other delivery succeeds meanwhile', () => {
  it.each([1, MAX_RECEIVES])('at receive %d is dropped, and the result stays', async (receiveCount) => {
    const setup = setUp(async () => {
      await setup.store(RESULT, md5('photo'), 'a result');
      throw new PermanentFault('cannot-be-coloured', 'No.');
    });
    const etag = setup.bucket.upload(KEY, 'photo');
    expect(await setup.process(etag, receiveCount)).toEqual({ outcome: 'dropped', reason: 'done-already' });
    expect([setup.bucket.objects.has(RESULT), setup.bucket.objects.has(FAILED)]).toEqual([true, false]);
  });

  it('just before the last receive is dropped before it is coloured', async () => {
    const { bucket, process, store } = setUp(() => Promise.reject(new Error('not to be called')));
    const etag = bucket.upload(KEY, 'photo');
    const head = bucket.head.bind(bucket);
    let heads = 0;
    bucket.head = async (key) => {
      const found = await head(key);
      // The photo, then both outcomes: after these the other worker writes its result.
      if (++heads === 3) await store(RESULT, etag, 'a result');
      return found;
    };
    expect(await process(etag, MAX_RECEIVES)).toEqual({ outcome: 'dropped', reason: 'done-already' });
    expect([bucket.objects.has(RESULT), bucket.objects.has(FAILED)]).toEqual([true, false]);
  });

  it('is dropped as superseded when it is replaced while it is refused', async () => {
    const setup = setUp(async () => {
      setup.bucket.upload(KEY, 'another photo');
      throw new PermanentFault('cannot-be-coloured', 'No.');
    });
    const etag = setup.bucket.upload(KEY, 'photo');
    expect(await setup.process(etag)).toEqual({ outcome: 'dropped', reason: 'superseded' });
    expect([...setup.bucket.objects.keys()]).toEqual([KEY]);
  });
});

it('a photo that is replaced while it is coloured is dropped as superseded', async () => {
  const setup = setUp(async (...args) => {
    setup.bucket.upload(KEY, 'another photo');
    return colours(...args);
  });
  const etag = setup.bucket.upload(KEY, 'photo');
  expect(await setup.process(etag)).toEqual({ outcome: 'dropped', reason: 'superseded' });
  expect([...setup.bucket.objects.keys()]).toEqual([KEY]);
});

it('a photo whose result is its chroma says so', async () => {
  const { bucket, process } = setUp();
  const etag = bucket.upload(KEY, 'photo', { output: 'chroma' });
  expect(await process(etag)).toEqual({ outcome: 'succeeded', output: 'chroma' });
});
