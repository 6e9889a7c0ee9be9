/** Photos of the bulk lane at the gateway: their keys, quotas, estimates and outcomes. */
import { describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey, resultKey } from '../../../contract/keys.ts';
import type { View } from '../../../contract/view.ts';
import { estimateBulk } from '../../../lambda/gateway/bulk-estimate.ts';
import { estimateWait } from '../../../lambda/gateway/estimate.ts';
import { failureOf, idOf } from './support/memory.ts';
import {
  create,
  DAY,
  gateway,
  HOUR,
  jane,
  karl,
  MINUTE,
  newGatewayForEachTest,
  photo,
  problemOf,
  putByLink,
  read,
  storage,
  storePhoto,
} from './support/photos.ts';
import { AT, view } from './support/views.ts';

newGatewayForEachTest();

const bulk = { photo: { lane: 'bulk' } } as const;

describe('a photo of the bulk lane', () => {
  it('is uploaded to the folder of its lane, and its outcomes are read and linked there alone', async () => {
    const { id, upload } = await create(bulk);
    expect((await putByLink(upload.url, upload.headers)).status).toBe(200);
    expect([...storage().objects.keys()]).toEqual([apiPhotoKey(id, 'bulk')]);
    // Those of a photo with this name in the other lane.
    storage().write(resultKey(apiPhotoKey(id)), 'of another photo', 'image/jpeg');
    storage().write(failedKey(apiPhotoKey(id)), JSON.stringify(failureOf(id)), 'application/json');
    expect((await read(id)).status.status).toBe('waiting');
    const key = apiPhotoKey(id, 'bulk');
    storage().write(failedKey(key), JSON.stringify(failureOf(id)), 'application/json');
    expect((await read(id)).status).toMatchObject({ status: 'failed', code: 'unreadable-image' });
    storage().write(resultKey(key), 'in colour', 'image/jpeg');
    const { status } = await read(id);
    if (status.status !== 'succeeded') throw new Error(status.status);
    const bodies = [status.links.result, status.links.photo!].map((url) =>
      storage().use(url, { method: 'GET' }),
    );
    const [result, original] = await Promise.all(bodies);
    expect([result?.body.toString(), original?.body.length]).toEqual(['in colour', photo.size]);
  });

  it('counts for no estimate of an interactive photo', async () => {
    for (const n of [1, 2]) await create({ ...bulk, id: idOf(n) });
    await create({ id: idOf(3) });
    expect(await gateway.ports.registry.get(idOf(3))).toMatchObject({ place: 1 });
    expect(await gateway.ports.registry.get(idOf(2))).not.toHaveProperty('place');
  });

  it('has an hourly quota apart from that of the interactive lane, and counts to the same day', async () => {
    for (let k = 0; k < 3; k++) await create(bulk);
    expect(await problemOf(create(bulk))).toMatchObject({
      code: 'hourly-quota-exceeded',
      retryAfterSeconds: 40 * MINUTE,
    });
    await create();
    await create({ caller: karl });
    for (const lane of ['interactive', 'bulk'] as const)
      expect(
        await problemOf(create({ photo: { lane }, caller: { ...jane, quotaKey: 'jwt:ann' } })),
      ).toMatchObject({
        code: 'daily-quota-exceeded',
        retryAfterSeconds: 11 * HOUR + 40 * MINUTE,
      });
  });

  it('is refused where the stage has no bulk lane, and counts towards no quota', async () => {
    const settings = { bulkDeadlineSeconds: 0 };
    for (let k = 0; k < 10; k++)
      expect(await problemOf(create({ ...bulk, settings }))).toMatchObject({
        code: 'no-bulk-lane',
        message: "lane 'bulk': this stage has no bulk lane; use 'interactive'.",
      });
    for (let k = 0; k < 3; k++) await create({ settings });
  });

  it('is promised its deadline, without a view too, and is polled less often than others', async () => {
    const { id } = await create(bulk);
    storePhoto(id, 'bulk');
    const waiting = (secondsAtMost: number) => ({
      status: { status: 'waiting', uploaded: true, ahead: null, seconds: null, secondsAtMost },
    });
    expect(await read(id)).toMatchObject({ ...waiting(3600), retryAfterSeconds: 60 });
    gateway.clock.now += 3580;
    expect(await read(id)).toMatchObject({ ...waiting(20), retryAfterSeconds: 5 });
    gateway.clock.now += 30;
    expect(await read(id)).toMatchObject({ ...waiting(0), retryAfterSeconds: 1 });
  });

  it('is expired, and not waiting, once its outcome is deleted', async () => {
    const { id } = await create(bulk);
    storePhoto(id, 'bulk');
    gateway.clock.now += 31 * DAY;
    expect((await read(id)).status).toMatchObject({ status: 'failed', code: 'expired' });
  });
});

describe('the estimate of a bulk photo', () => {
  /** An album of 600 photos that came over 90 s, 60 of which are finished. */
  const album: NonNullable<View['bulk']> = {
    visible: 530,
    inFlight: 10,
    serviceSeconds: 2,
    waiting: [
      { at: AT - 90, count: 140 },
      { at: AT - 60, count: 200 },
      { at: AT - 30, count: 200 },
    ],
  };
  const fleet = { inService: 10, arrivalsPerSecond: 0.5, serviceSeconds: 4, bulk: album };
  /** Photos/s of 10 instances that spend a fifth on interactive photos, and of a tenth of them. */
  const [rate, least] = [4, 0.5];

  it.each<[what: string, more: Partial<View>, storedAt: number, ahead: number, seconds: number | null]>([
    ['the first of the album', {}, AT - 80, 70, 71 / rate],
    ['the middle of the album', {}, AT - 45, 240, 241 / rate],
    ['the end of the album', {}, AT - 1, 440, 441 / rate],
    ['after the view', {}, AT + 5, 540, 541 / rate],
    ['before all that are left', {}, AT - 200, 0, 1 / rate],
    ['while interactive photos wait', { visible: 1 }, AT - 45, 240, 241 / least],
    [
      'beside more interactive photos than the fleet can do',
      { arrivalsPerSecond: 9 },
      AT - 45,
      240,
      241 / least,
    ],
    ['without an instance', { inService: 0 }, AT - 45, 240, null],
    ['with an unknown service time', { bulk: { ...album, serviceSeconds: undefined } }, AT - 45, 240, null],
    ['of an unknown profile', { bulk: { ...album, waiting: undefined } }, AT + 5, 540, 541 / rate],
  ])('%s', (_what, more, storedAt, ahead, seconds) => {
    const estimate = estimateBulk(view({ ...fleet, ...more }), { storedAt }, 3600, AT);
    expect(estimate.ahead).toBe(ahead);
    if (seconds === null) expect(estimate.seconds).toBeNull();
    else expect(estimate.seconds).toBeCloseTo(seconds);
    expect(estimate.secondsAtMost).toBe(storedAt + 3600 - AT);
  });

  it('is the deadline at most', () => {
    const estimate = estimateBulk(view(fleet), { storedAt: AT }, 60, AT);
    expect([estimate.seconds, estimate.secondsAtMost]).toEqual([60, 60]);
  });

  it('has no deadline where the stage promises none', () => {
    const estimate = estimateBulk(view(fleet), { storedAt: AT - 45 }, 0, AT);
    expect(estimate).toEqual({ ahead: 240, seconds: 241 / rate, secondsAtMost: null });
  });

  it('counts what the fleet has finished since the view', () => {
    expect(estimateBulk(view(fleet), { storedAt: AT - 45 }, 3600, AT + 30).ahead).toBe(240 - 30 * rate);
  });

  it.each<[string, View | undefined]>([
    ['no view', undefined],
    ['a view without the lane', view({ ...fleet, bulk: undefined })],
    ['a view from before an outage', view({ ...fleet, at: AT - 301 })],
    ['a view that has only counts', view({ ...fleet, bulk: { visible: 1, inFlight: 0 } })],
  ])('is the deadline alone with %s', (_what, seen) => {
    const estimate = estimateBulk(seen, { storedAt: AT - 400 }, 3600, AT);
    expect(estimate).toEqual({ ahead: null, seconds: null, secondsAtMost: 3200 });
  });
});

describe('the estimate of an interactive photo beside bulk photos', () => {
  const D = 1.5;
  const busy = { inService: 5, inFlight: 5, visible: 20 };
  const bulk = (visible: number, inFlight: number) => ({ bulk: { visible, inFlight } });

  it.each<[what: string, seen: View, ahead: number, seconds: number]>([
    [
      'counts none that wait, but for their share of the starts',
      view({ ...busy, ...bulk(5000, 0) }),
      25,
      (20.5 / 5 / 0.9) * 6 + 6,
    ],
    ['is as without them while none waits', view({ ...busy, ...bulk(0, 9) }), 25, (20.5 / 5) * 6 + 6],
    [
      'waits for half of one where each instance works on one',
      view({ inService: 1, ...bulk(0, 1) }),
      0,
      3 + 6,
    ],
    ['starts at once on an instance without work', view({ inService: 2, ...bulk(0, 1) }), 0, D + 6],
  ])('%s', (_what, seen, ahead, seconds) => {
    const estimate = estimateWait(seen, { storedAt: AT }, AT);
    expect(estimate.ahead).toBe(ahead);
    expect(estimate.seconds).toBeCloseTo(seconds);
  });
});
