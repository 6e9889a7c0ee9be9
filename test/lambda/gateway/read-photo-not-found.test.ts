/** GET /photos/{id} of an id that the caller must not see: always the same problem, and malformed ones are not looked up. */
import { beforeEach, describe, expect, it } from 'vitest';
import { idOf } from './support/memory.ts';
import {
  create,
  DAY,
  gateway,
  karl,
  newGatewayForEachTest,
  NOON,
  problemOf,
  read,
  storePhoto,
  storeResult,
} from './support/photos.ts';

newGatewayForEachTest();

let id: string;
beforeEach(async () => {
  ({ id } = await create());
});

describe('not found', () => {
  const isNotFound = async (request: Promise<unknown>) =>
    expect(await problemOf(request)).toMatchObject({
      code: 'not-found',
      message: 'There is no photo with this id, or it belongs to another caller.',
      retryAfterSeconds: undefined,
    });

  it('an unknown id', () => isNotFound(read(idOf(99))));

  it('a photo of another caller, with the same problem', async () => {
    storePhoto(id);
    storeResult(id);
    const [others, unknown] = await Promise.all([problemOf(read(id, karl)), problemOf(read(idOf(99), karl))]);
    expect(others.problem()).toEqual(unknown.problem());
    expect(others.code).toBe('not-found');
    expect((await read(id)).status).toMatchObject({ status: 'succeeded' });
  });

  it('a photo in the bucket without a record', async () => {
    storePhoto(idOf(50));
    storeResult(idOf(50));
    await isNotFound(read(idOf(50)));
  });

  it('an expired record, before DynamoDB has deleted it', async () => {
    storeResult(id);
    gateway.clock.now = NOON + 45 * DAY;
    expect(await gateway.ports.registry.get(id)).toBeDefined();
    await isNotFound(read(id));
  });

  it.each([
    ['nothing', ''],
    ['a path', '../../results/api/x'],
    ['a key of a counter', 'count#all#1780272000'],
    ['one too short', idOf(1).slice(1)],
    ['one too long', `${idOf(1)}0`],
    ['a line break after it', `${idOf(1)}\n`],
    ['a zero byte', `${idOf(1).slice(1)}\0`],
    ['letters beyond ASCII', 'фото-0000000000000001x'],
    ['a lone surrogate', `${idOf(1).slice(1)}\ud83d`],
    ['base64 that is no base64url', 'photo+0000000000000/=='],
  ])('%s', async (_how, malformed) => {
    // Not even looked up.
    const broken = { get: () => Promise.reject(new Error('it was looked up')) };
    gateway.ports.registry.get = broken.get;
    await isNotFound(read(malformed));
  });
});
