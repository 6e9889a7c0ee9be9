/** GET /photos/{id}: every status, with links, estimate and Retry-After. */
import { beforeEach, describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey } from '../../../contract/keys.ts';
import type { View } from '../../../contract/view.ts';
import { idOf } from './support/memory.ts';
import {
  create,
  DAY,
  gateway,
  HOUR,
  newGatewayForEachTest,
  NOON,
  read,
  storage,
  storeFailure,
  storePhoto,
  storeResult,
} from './support/photos.ts';
import { view } from './support/views.ts';

newGatewayForEachTest();

/** Of a busy fleet, from which an estimate follows. */
const busyView = (more: Partial<View> = {}) =>
  view({
    at: NOON,
    visible: 10,
    inFlight: 2,
    inService: 2,
    arrivalsPerSecond: 0.1,
    serviceSeconds: 4,
    history: [],
    ...more,
  });

describe('readPhoto', () => {
  let id: string;
  beforeEach(async () => {
    ({ id } = await create());
  });
  const unknown = { ahead: null, seconds: null, secondsAtMost: null };

  describe('a waiting photo', () => {
    it.each([0, 1, 900, 1799])('is not uploaded, %i s after it was created', async (seconds) => {
      gateway.clock.now += seconds;
      expect(await read(id)).toEqual({
        status: { status: 'waiting', id, name: 'Oma.jpg', uploaded: false, ...unknown },
        retryAfterSeconds: 5,
      });
    });

    it('is uploaded, without a view', async () => {
      storePhoto(id);
      expect(await read(id)).toEqual({
        status: { status: 'waiting', id, name: 'Oma.jpg', uploaded: true, ...unknown },
        retryAfterSeconds: 5,
      });
    });

    it('has an estimate from the view', async () => {
      gateway.ports.viewReader.view = busyView();
      storePhoto(id);
      const { status } = await read(id);
      expect(status).toMatchObject({ status: 'waiting', uploaded: true });
      const { ahead, seconds, secondsAtMost } = status as Extract<typeof status, { status: 'waiting' }>;
      expect(ahead).toBeGreaterThan(0);
      expect(seconds).toBeGreaterThan(0);
      expect(secondsAtMost).toBeGreaterThanOrEqual(seconds!);
    });

    it('has the photos ahead that were announced before it', async () => {
      const empty = { history: [{ at: NOON - 1, backlog: 0, completed: 0 }] };
      const asleep = view({ at: NOON - 1, ...empty });
      const last = await create({ id: idOf(2) });
      await create({ id: idOf(3) });
      storePhoto(last.id);
      gateway.ports.viewReader.view = asleep;
      expect((await read(last.id)).status).toMatchObject({ ahead: 1 });
      // One that a tick has counted has those of the counts alone.
      gateway.ports.viewReader.view = { ...asleep, at: NOON + 12, visible: 1, history: [] };
      expect((await read(last.id)).status).toMatchObject({ ahead: 0 });
    });

    it('has those of the view alone where it was not counted', async () => {
      gateway.ports.arrivals.count = async () => undefined;
      const last = await create({ id: idOf(2) });
      storePhoto(last.id);
      gateway.ports.viewReader.view = view({ at: NOON - 1 });
      expect((await read(last.id)).status).toMatchObject({ ahead: 0 });
    });

    it('has no estimate from a stale view', async () => {
      gateway.ports.viewReader.view = busyView({ at: NOON - HOUR });
      storePhoto(id);
      expect((await read(id)).status).toMatchObject({ uploaded: true, ...unknown });
    });

    it.each([
      ['an empty queue', busyView({ visible: 0, inFlight: 0, serviceSeconds: 0.1 }), 1],
      ['a long queue', busyView({ visible: 50_000 }), 20],
    ])('Retry-After is between 1 and 20 s: %s', async (_case, published, seconds) => {
      gateway.ports.viewReader.view = published;
      storePhoto(id);
      expect((await read(id)).retryAfterSeconds).toBe(seconds);
    });

    it.each([0, 3, 30, 300, 3000])('Retry-After is in whole seconds, with %i ahead', async (visible) => {
      gateway.ports.viewReader.view = busyView({ visible });
      storePhoto(id);
      const { retryAfterSeconds = NaN } = await read(id);
      expect(Number.isInteger(retryAfterSeconds)).toBe(true);
      expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
      expect(retryAfterSeconds).toBeLessThanOrEqual(20);
    });

    it('waits until it is deleted', async () => {
      storePhoto(id);
      gateway.clock.now += 13 * DAY;
      expect((await read(id)).status).toMatchObject({ status: 'waiting', uploaded: true });
    });
  });

  describe('a photo that succeeded', () => {
    it('has links to result and photo that expire', async () => {
      storePhoto(id);
      storeResult(id);
      const { status, retryAfterSeconds } = await read(id);
      expect(retryAfterSeconds).toBeUndefined();
      expect(status).toMatchObject({
        status: 'succeeded',
        id,
        name: 'Oma.jpg',
        type: 'image/jpeg',
        size: 1500,
        expiresAt: '2026-06-01T12:35:00.000Z',
      });
      const { links } = status as Extract<typeof status, { status: 'succeeded' }>;
      expect((await storage().use(links.result, { method: 'GET' })).body).toHaveLength(1500);
      expect((await storage().use(links.photo!, { method: 'GET' })).body).toHaveLength(1000);
      expect((await storage().use(links.result, { method: 'GET' })).disposition).toContain('Oma.jpg');
      gateway.clock.now += 901;
      expect((await storage().use(links.result, { method: 'GET' })).status).toBe(403);
    });

    it.each([
      ['con .jpg', '_con .jpg'],
      ['COM\u00b9', '_COM\u00b9'],
      ['\ud83d?.jpg', '__.jpg'],
      ['写'.repeat(255), '写'.repeat(85)],
    ])('has links with a name that every system can store: %j as %j', async (name, saved) => {
      const { id: other } = await create({ photo: { name } });
      storePhoto(other);
      storeResult(other);
      const { status } = await read(other);
      const { links } = status as Extract<typeof status, { status: 'succeeded' }>;
      for (const link of [links.result, links.photo!]) {
        const { disposition = '' } = await storage().use(link, { method: 'GET' });
        expect(decodeURIComponent(disposition.split("''")[1]!)).toBe(saved);
      }
    });

    it('has the remarks of its result that this version knows', async () => {
      storePhoto(id);
      storeResult(id, 'image/tiff', 9, { remarks: 'of-a-later-version,no-room-for-colour,first-of-several' });
      expect((await read(id)).status).toMatchObject({
        status: 'succeeded',
        remarks: ['first-of-several', 'no-room-for-colour'],
      });
      storeResult(id);
      expect((await read(id)).status).not.toHaveProperty('remarks');
    });

    it('has new links on each request', async () => {
      storePhoto(id);
      storeResult(id);
      gateway.clock.now += HOUR;
      const { status } = await read(id);
      const { links } = status as Extract<typeof status, { status: 'succeeded' }>;
      expect((await storage().use(links.result, { method: 'GET' })).status).toBe(200);
    });

    it.each([
      ['photo', 'Oma.jpg'],
      ['chroma', 'Oma.jpg.png'],
    ] as const)('the download of a %s is named %s, and the photo keeps its name', async (output, name) => {
      const { id: other } = await create({ id: idOf(7), photo: { output } });
      storePhoto(other);
      storeResult(other);
      const { status } = await read(other);
      const { links } = status as Extract<typeof status, { status: 'succeeded' }>;
      const named = async (link: string) => (await storage().use(link, { method: 'GET' })).disposition;
      expect(status).toMatchObject({ name: 'Oma.jpg' });
      expect(await named(links.result)).toBe(`attachment; filename*=UTF-8''${name}`);
      expect(await named(links.photo!)).toBe("attachment; filename*=UTF-8''Oma.jpg");
    });

    it('has no link to a deleted photo', async () => {
      storeResult(id);
      gateway.clock.now += 20 * DAY;
      expect((await read(id)).status).toMatchObject({ status: 'succeeded', links: { photo: null } });
    });

    it.each([
      ['image/png', 'image/png'],
      ['image/webp', 'image/webp'],
      ['application/octet-stream', 'image/jpeg'],
      ['', 'image/jpeg'],
    ])('of type "%s" in S3 has type %s', async (stored, type) => {
      storeResult(id, stored);
      expect((await read(id)).status).toMatchObject({ type });
    });
  });

  describe('a photo that failed', () => {
    it('has code and message, without key and ETag', async () => {
      storePhoto(id);
      storeFailure(id);
      expect(await read(id)).toEqual({
        status: {
          status: 'failed',
          id,
          name: 'Oma.jpg',
          code: 'unreadable-image',
          message: 'The file is cut off.',
          retryable: false,
        },
      });
    });

    it('stays failed after the photo is deleted', async () => {
      storeFailure(id);
      gateway.clock.now += 20 * DAY;
      expect((await read(id)).status).toMatchObject({ status: 'failed', code: 'unreadable-image' });
    });

    it('has failed at once after its last attempt', async () => {
      storePhoto(id);
      storeFailure(id, { code: 'retries-exhausted', retryable: true, attempts: 5 });
      expect((await read(id)).status).toMatchObject({ status: 'failed', code: 'retries-exhausted' });
    });

    it('waits during the last attempt at a worker of an earlier version, and succeeds if that does', async () => {
      storePhoto(id);
      storeFailure(id, { code: 'retries-exhausted', retryable: true });
      // That worker writes the failure record before the last attempt.
      expect((await read(id)).status).toMatchObject({ status: 'waiting', uploaded: true });
      gateway.clock.now += 300;
      expect((await read(id)).status).toMatchObject({
        status: 'failed',
        code: 'retries-exhausted',
        retryable: true,
      });
      storeResult(id);
      expect((await read(id)).status).toMatchObject({ status: 'succeeded' });
      storage().objects.delete(failedKey(apiPhotoKey(id)));
      expect((await read(id)).status).toMatchObject({ status: 'succeeded' });
    });

    it('with a damaged failure record has failed: polling for another outcome would not end', async () => {
      storePhoto(id);
      storage().write(failedKey(apiPhotoKey(id)), '{"code":', 'application/json');
      expect((await read(id)).status).toMatchObject({ status: 'failed', code: 'cannot-be-coloured' });
    });
  });
});
