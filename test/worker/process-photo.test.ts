/** Processing a photo: its outcome in the bucket, for every earlier state of the bucket. */
import { describe, expect, it } from 'vitest';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { ConditionFailed } from '../../worker/photo/bucket.ts';
import { PermanentFault, TransientFault } from '../../worker/photo/faults.ts';
import type { ColourPhoto } from '../../worker/photo/pipeline.ts';
import { processPhoto, type PhotoPorts } from '../../worker/photo/process-photo.ts';
import { workflow } from './support/stand-in-comfyui.ts';
import { md5, MemoryBucket, memoryLog } from './support/memory.ts';

const KEY = 'incoming/a.jpg';
const [RESULT, FAILED] = [resultKey(KEY), failedKey(KEY)];
const MAX_RECEIVES = 5;

const colours: ColourPhoto = async (photo) => ({
  body: Buffer.from(`coloured ${photo.toString()}`),
  contentType: 'image/jpeg',
});

function setUp(colour: ColourPhoto = colours) {
  const bucket = new MemoryBucket();
  const log = memoryLog();
  let ms = 0;
  const settings = { maxMegapixels: 1, maxReceiveCount: MAX_RECEIVES, workflow };
  const figures = {};
  const ports: PhotoPorts = { bucket, settings, colour, log, now: () => (ms += 1000) };
  const process = (etag: string | undefined, receiveCount = 1) => {
    const job = { bucket: 'photos', key: KEY, etag, storedAtMs: 0 };
    return processPhoto(job, receiveCount, { figures, started: () => undefined }, ports);
  };
  const record = () => {
    const stored = bucket.objects.get(FAILED);
    return stored && (JSON.parse(stored.body.toString()) as object);
  };
  /** Stores an outcome as an earlier delivery would have. */
  const store = (key: string, sourceEtag: string, content: string) =>
    bucket.put(key, { body: Buffer.from(content), contentType: 'x/y', sourceEtag }, undefined);
  const failure = (etag: string, code: string, retryable: boolean) =>
    JSON.stringify({ code, message: 'm', retryable, key: KEY, etag });
  return { bucket, log, figures, process, record, store, failure };
}

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
    const etag = bucket.upload(KEY, 'photo');
    expect(await process(etag)).toEqual({ outcome: 'failed', code: 'unreadable-image' });
    expect(record()).toEqual({
      code: 'unreadable-image',
      message: 'Not a picture.',
      retryable: false,
      key: KEY,
      etag,
    });
    expect(bucket.objects.get(FAILED)).toMatchObject({ contentType: 'application/json', sourceEtag: etag });
    expect(bucket.objects.has(RESULT)).toBe(false);
    expect(log.lines).toEqual([
      {
        level: 'info',
        event: 'photo-refused',
        fields: { key: KEY, code: 'unreadable-image', error: 'Not a picture.' },
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

describe('a photo that is delivered again', () => {
  const never: ColourPhoto = () => Promise.reject(new Error('not to be called'));

  it('after a result is dropped, and a remaining failure record is deleted', async () => {
    const { bucket, process, store, failure } = setUp(never);
    const etag = bucket.upload(KEY, 'photo');
    await store(RESULT, etag, 'a result');
    await store(FAILED, etag, failure(etag, 'retries-exhausted', true));
    expect(await process(etag)).toEqual({ outcome: 'dropped', reason: 'done-already' });
    expect([bucket.objects.has(RESULT), bucket.objects.has(FAILED)]).toEqual([true, false]);
  });

  it('after a final failure record is dropped, and the result of an older version is deleted', async () => {
    const { bucket, process, store, failure } = setUp(never);
    const etag = bucket.upload(KEY, 'photo');
    await store(RESULT, md5('an older photo'), 'an older result');
    await store(FAILED, etag, failure(etag, 'too-large', false));
    expect(await process(etag)).toEqual({ outcome: 'dropped', reason: 'done-already' });
    expect([bucket.objects.has(RESULT), bucket.objects.has(FAILED)]).toEqual([false, true]);
  });

  it.each(['retries-exhausted', 'gave-up'])('after a redrive of %s is coloured', async (code) => {
    const { bucket, process, store, failure } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    await store(FAILED, etag, failure(etag, code, true));
    expect(await process(etag)).toEqual({ outcome: 'succeeded' });
    expect([bucket.objects.has(RESULT), bucket.objects.has(FAILED)]).toEqual([true, false]);
  });

  it('after an invalid failure record is coloured', async () => {
    const { bucket, process, store } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    await store(FAILED, etag, '{"retryable":false}');
    expect(await process(etag)).toEqual({ outcome: 'succeeded' });
    expect(bucket.objects.has(FAILED)).toBe(false);
  });

  it('with outcomes of an older version is coloured, and they are replaced', async () => {
    const { bucket, process, store, failure } = setUp();
    const older = md5('an older photo');
    await store(RESULT, older, 'an older result');
    await store(FAILED, older, failure(older, 'too-large', false));
    const etag = bucket.upload(KEY, 'photo');
    expect(await process(etag)).toEqual({ outcome: 'succeeded' });
    expect(bucket.objects.get(RESULT)?.sourceEtag).toBe(etag);
    expect(bucket.objects.has(FAILED)).toBe(false);
  });
});

describe('a job', () => {
  it('of a superseded version is dropped, and its outcomes are deleted', async () => {
    const { bucket, process, store, failure } = setUp();
    const older = md5('an older photo');
    await store(RESULT, older, 'an older result');
    await store(FAILED, older, failure(older, 'too-large', false));
    const etag = bucket.upload(KEY, 'photo');
    expect(await process(older)).toEqual({ outcome: 'dropped', reason: 'superseded' });
    expect([...bucket.objects]).toMatchObject([[KEY, { etag }]]);
  });

  it('of a superseded version leaves the outcome of its successor', async () => {
    const { bucket, process, store } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    await store(RESULT, etag, 'a result');
    expect(await process(md5('an older photo'))).toEqual({ outcome: 'dropped', reason: 'superseded' });
    expect(bucket.objects.has(RESULT)).toBe(true);
  });

  it.each([undefined, md5('photo')])('of a deleted photo (ETag %s) is dropped', async (etag) => {
    const { bucket, process } = setUp();
    expect(await process(etag)).toEqual({ outcome: 'dropped', reason: 'gone' });
    expect(bucket.objects.size).toBe(0);
  });

  it('without an ETag is about the photo as it is', async () => {
    const { bucket, process } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    expect(await process(undefined)).toEqual({ outcome: 'succeeded' });
    expect(bucket.objects.get(RESULT)?.sourceEtag).toBe(etag);
  });

  it('of a photo that is replaced while it is read is dropped', async () => {
    const { bucket, process } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    const get = bucket.get.bind(bucket);
    bucket.get = (key, version) => {
      if (key === KEY) bucket.upload(KEY, 'another photo');
      return get(key, version);
    };
    expect(await process(etag)).toEqual({ outcome: 'dropped', reason: 'superseded' });
    expect([...bucket.objects.keys()]).toEqual([KEY]);
  });

  it('of a photo that is replaced and restored again and again is tried later', async () => {
    const { bucket, process } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    let reads = 0;
    bucket.get = async () => void reads++;
    await expect(process(etag)).rejects.toMatchObject({
      name: 'TransientFault',
      message: "'incoming/a.jpg' was replaced 3 times while it was processed",
    });
    expect(reads).toBe(3);
  });

  it('whose outcome other writers change all the time is tried later', async () => {
    const { bucket, process } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    let puts = 0;
    bucket.put = () => {
      puts++;
      return Promise.reject(new ConditionFailed(RESULT));
    };
    await expect(process(etag)).rejects.toMatchObject({
      name: 'TransientFault',
      message: "'results/a.jpg' was changed by other writers 10 times in a row",
    });
    expect(puts).toBe(10);
  });

  it('whose bucket fails is tried later, with the error of S3', async () => {
    const { bucket, process } = setUp();
    const etag = bucket.upload(KEY, 'photo');
    bucket.put = () => Promise.reject(new Error('SlowDown'));
    await expect(process(etag)).rejects.toThrow('SlowDown');
    bucket.get = () => Promise.reject(new Error('InternalError'));
    await expect(process(etag)).rejects.toThrow('InternalError');
  });
});
