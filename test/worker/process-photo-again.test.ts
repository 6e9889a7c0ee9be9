/** Processing a photo that is delivered again, superseded, deleted or changed by other writers. */
import { describe, expect, it } from 'vitest';
import { ConditionFailed } from '../../worker/photo/bucket.ts';
import type { ColourPhoto } from '../../worker/photo/pipeline.ts';
import { md5 } from './support/memory.ts';
import { FAILED, KEY, RESULT, setUp } from './support/process-photo.ts';

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
      message: 'the photo was replaced 3 times while it was processed',
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
