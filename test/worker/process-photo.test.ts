/** Processing a photo: its outcome in the bucket, for every earlier state of the bucket. */
import { describe, expect, it } from 'vitest';
import { photoLogId, TRACE_METADATA, traceIdOf } from '../../contract/trace.ts';
import { PermanentFault, TransientFault } from '../../worker/photo/faults.ts';
import { md5 } from './support/memory.ts';
import { colours, FAILED, KEY, RESULT, setUp } from './support/process-photo.ts';

type SetUp = ReturnType<typeof setUp>;

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

  it.each([
    ['refused', async ({ process }: SetUp, etag: string) => process(etag), 'Too large a picture.'],
    [
      'given up',
      async ({ giveUpOn, process }: SetUp, etag: string) => {
        await process(etag).catch(() => undefined);
        return giveUpOn(etag);
      },
      'The photo could not be coloured in 5 attempts; it is worth sending again.',
    ],
  ])('of a chain that is %s gets a failure record with its step', async (how, act, message) => {
    const fault = how === 'refused' ? new PermanentFault('too-large', message) : new TransientFault('died');
    const one = setUp((_photo, _etag, attempt) => {
      Object.assign(attempt, { workflow: 'ddcolor+upscale', step: 'upscale' });
      return Promise.reject(fault);
    });
    await act(one, one.bucket.upload(KEY, 'photo'));
    const step = " It was at the step 'upscale' of the workflow 'ddcolor+upscale'.";
    expect(one.record()).toMatchObject({ message: `${message}${step}` });
  });

  it('with a transient fault has no outcome', async () => {
    const { bucket, process } = setUp(() => Promise.reject(new TransientFault('slow')));
    const etag = bucket.upload(KEY, 'photo');
    await expect(process(etag)).rejects.toThrow('slow');
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

describe('a photo that is given up', () => {
  it('gets a failure record with the attempts that it had', async () => {
    const { bucket, giveUpOn, record } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    expect(await giveUpOn(etag)).toEqual({ outcome: 'failed', code: 'retries-exhausted' });
    expect(record()).toEqual({
      code: 'retries-exhausted',
      message: 'The photo could not be coloured in 5 attempts; it is worth sending again.',
      retryable: true,
      key: KEY,
      etag,
      trace: traceIdOf({ bucket: 'photos', key: KEY, etag, storedAtMs: 0 }),
      attempts: 5,
    });
  });

  it('for its receives says how many they were', async () => {
    const { bucket, giveUpOn, record } = setUp();
    await giveUpOn(bucket.upload(KEY, 'photo'), 50);
    expect(record()).toMatchObject({
      message: 'The photo was taken up 50 times and was not finished; it is worth sending again.',
    });
  });

  it.each([
    ['a result', RESULT, () => 'a result'],
    ['a final failure record', FAILED, (etag: string) => setUp().failure(etag, 'too-large', false)],
  ])('keeps %s that it has', async (_what, key, content) => {
    const { bucket, giveUpOn, store } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    await store(key, etag, content(etag));
    expect(await giveUpOn(etag)).toEqual({ outcome: 'dropped', reason: 'done-already' });
    expect([...bucket.objects.keys()]).toEqual([KEY, key]);
  });

  it('just after another delivery has coloured it keeps that result', async () => {
    const { bucket, giveUpOn, store } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    const head = bucket.head.bind(bucket);
    let heads = 0;
    bucket.head = async (key) => {
      const found = await head(key);
      // The photo, then both outcomes: after these the other worker writes its result.
      if (++heads === 3) await store(RESULT, etag, 'a result');
      return found;
    };
    expect(await giveUpOn(etag)).toEqual({ outcome: 'dropped', reason: 'done-already' });
    expect([bucket.objects.has(RESULT), bucket.objects.has(FAILED)]).toEqual([true, false]);
  });

  it('and deleted meanwhile is dropped without an outcome', async () => {
    const { bucket, giveUpOn } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    const put = bucket.put.bind(bucket);
    bucket.put = async (...args) => {
      const made = await put(...args);
      bucket.objects.delete(KEY);
      return made;
    };
    expect(await giveUpOn(etag)).toEqual({ outcome: 'dropped', reason: 'superseded' });
    expect([...bucket.objects.keys()]).toEqual([]);
  });

  it('and replaced is dropped', async () => {
    const { bucket, giveUpOn } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    bucket.upload(KEY, 'another photo');
    expect(await giveUpOn(etag)).toEqual({ outcome: 'dropped', reason: 'superseded' });
  });
});

describe('a refused photo whose other delivery succeeds meanwhile', () => {
  it('is dropped, and the result stays', async () => {
    const setup = setUp(async () => {
      await setup.store(RESULT, md5('photo'), 'a result');
      throw new PermanentFault('cannot-be-coloured', 'No.');
    });
    const etag = setup.bucket.upload(KEY, 'photo');
    expect(await setup.process(etag)).toEqual({ outcome: 'dropped', reason: 'done-already' });
    expect([setup.bucket.objects.has(RESULT), setup.bucket.objects.has(FAILED)]).toEqual([true, false]);
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
