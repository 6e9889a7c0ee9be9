/** What an outcome has of its photo beside the colours: times, and the key where the name is a digest; and that a result stays as it is. */
import { describe, expect, it } from 'vitest';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { decodedPhotoKey, PHOTO_KEY_METADATA } from '../../contract/outcome-metadata.ts';
import { Outcomes } from '../../worker/photo/outcomes.ts';
import { timesOf } from '../../worker/photo/outcome-times.ts';
import { colours, FAILED, KEY, RESULT, setUp } from './support/process-photo.ts';
import { MemoryBucket } from './support/memory.ts';
import { PermanentFault } from '../../worker/photo/faults.ts';

describe('the times of an outcome', () => {
  it.each([
    [{}, {}],
    [{ queueSeconds: 1 }, {}],
    [{ waitSeconds: 2 }, { waitedSeconds: 2 }],
    [
      { waitSeconds: 0, comfySeconds: 0.1, finishSeconds: 0.2 },
      { waitedSeconds: 0, workedSeconds: 0.3 },
    ],
    [{ waitSeconds: 2, comfySeconds: 0.1 }, { waitedSeconds: 2 }],
  ])('%j: %j', (figures, expected) => expect(timesOf(figures)).toEqual(expected));

  it('are in the metadata of a result and of a failure record', async () => {
    const { bucket, process, figures } = setUp(async (photo, etag, attempt, ...rest) => {
      Object.assign(attempt.figures, { waitSeconds: 7.5, comfySeconds: 1, finishSeconds: 0.25 });
      if (photo.toString() === 'bad') throw new PermanentFault('cannot-be-coloured', 'No.');
      return colours(photo, etag, attempt, ...rest);
    });
    const expected = { 'waited-seconds': '7.5', 'worked-seconds': '1.25' };
    await process(bucket.upload(KEY, 'photo'));
    expect(bucket.objects.get(RESULT)?.metadata).toMatchObject(expected);
    await process(bucket.upload(KEY, 'bad'));
    expect(bucket.objects.get(FAILED)?.metadata).toMatchObject(expected);
    expect(figures).toMatchObject({ waitSeconds: 7.5 });
  });
});

describe('the key of a photo', () => {
  const long = `bulk/${'x'.repeat(1019)}`;
  it.each([
    ['a short one', 'bulk/x', undefined],
    ['one whose outcomes have a digest for a name', long, long],
  ])('%s', async (_what, key, expected) => {
    const bucket = new MemoryBucket();
    const outcomes = new Outcomes(bucket);
    const version = { key, etag: bucket.upload(key, 'photo'), trace: '' };
    await outcomes.writeFailure(version, { code: 'too-large', message: '', retryable: false });
    const read = (outcome: string) => bucket.objects.get(outcome)?.metadata?.[PHOTO_KEY_METADATA];
    const ofFailure = read(failedKey(key));
    await outcomes.writeResult(version, Buffer.from('result'), 'image/jpeg');
    for (const text of [ofFailure, read(resultKey(key))])
      expect(text === undefined ? undefined : decodedPhotoKey(text)).toBe(expected);
  });
});

describe('two workers with one photo', () => {
  it('the first result stays, with its times; the failure record of the other is not written', async () => {
    const bucket = new MemoryBucket();
    const outcomes = new Outcomes(bucket);
    const version = { key: KEY, etag: bucket.upload(KEY, 'photo'), trace: 'a' };
    const write = (text: string, waitedSeconds: number) =>
      outcomes.writeResult(version, Buffer.from(text), 'image/jpeg', [], { waitedSeconds });
    expect([await write('first', 1), await write('second', 9)]).toEqual(['written', 'written']);
    expect(bucket.objects.get(RESULT)).toMatchObject({ metadata: { 'waited-seconds': '1' } });
    expect(bucket.objects.get(RESULT)?.body.toString()).toBe('first');
    const failure = { code: 'cannot-be-coloured', message: '', retryable: false } as const;
    expect(await outcomes.writeFailure(version, failure)).toBe('succeeded');
  });

  it('a newer upload has its own result', async () => {
    const bucket = new MemoryBucket();
    const outcomes = new Outcomes(bucket);
    for (const text of ['one', 'two']) {
      const version = { key: KEY, etag: bucket.upload(KEY, text), trace: text };
      await outcomes.writeResult(version, Buffer.from(`coloured ${text}`), 'image/jpeg');
    }
    expect(bucket.objects.get(RESULT)?.body.toString()).toBe('coloured two');
  });
});
