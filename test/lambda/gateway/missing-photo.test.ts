/** GET /photos/{id} of a photo that is neither there nor has an outcome. */
import { beforeEach, describe, expect, it } from 'vitest';
import {
  create,
  DAY,
  gateway,
  jane,
  newGatewayForEachTest,
  read,
  storePhoto,
  storeResult,
} from './support/photos.ts';

newGatewayForEachTest();

describe('readPhoto without photo and outcome', () => {
  let id: string;
  beforeEach(async () => {
    ({ id } = await create());
  });

  /** Seconds after it was created. */
  it.each([
    ['the link still works', 899, { status: 'waiting', uploaded: false }],
    ['an upload may still be running', 1799, { status: 'waiting', uploaded: false }],
    ['an upload can no longer finish', 1800, { status: 'failed', code: 'not-uploaded', retryable: true }],
    ['days later', 14 * DAY, { status: 'failed', code: 'not-uploaded', retryable: true }],
    ['after the lifetime of a photo', 14 * DAY + 1, { status: 'failed', code: 'expired', retryable: true }],
    ['just before the record expires', 31 * DAY - 1, { status: 'failed', code: 'expired' }],
  ])('%s', async (_how, seconds, status) => {
    gateway.clock.now += seconds;
    expect((await read(id)).status).toMatchObject(status);
  });

  it('names the expiry of the link, or the lifetimes', async () => {
    const message = async () => ((await read(id)).status as { message: string }).message;
    gateway.clock.now += DAY;
    expect(await message()).toBe(
      'No photo was uploaded before the link expired at 2026-06-01T12:35:00.000Z.',
    );
    gateway.clock.now += 14 * DAY;
    expect(await message()).toBe('The photo is deleted: photos are kept for 14 days, results for 30.');
  });

  it('is expired when its outcome is deleted before the photo', async () => {
    const settings = { photoDays: 30, resultDays: 7 };
    ({ id } = await create({ settings }));
    storePhoto(id);
    gateway.clock.now += 7 * DAY - 1;
    expect((await read(id, jane, settings)).status).toMatchObject({ status: 'waiting' });
    gateway.clock.now += 2;
    expect((await read(id, jane, settings)).status).toMatchObject({ status: 'failed', code: 'expired' });
    storeResult(id);
    expect((await read(id, jane, settings)).status).toMatchObject({ status: 'succeeded' });
  });
});
