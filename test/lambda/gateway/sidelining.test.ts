/** Photos of a caller beyond what the fleet can start at once: their queue, keys, outcomes and estimates at the gateway. */
import { describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey, resultKey } from '../../../contract/keys.ts';
import { counterOf, firstQueueLimit, limitBy, windowOf } from '../../../lambda/gateway/sidelining.ts';
import { withoutSidelined } from '../../../lambda/gateway/first-queue.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import { createPhotoEvent } from './support/events.ts';
import { failureOf } from './support/memory.ts';
import {
  create,
  gateway,
  karl,
  newGatewayForEachTest,
  NOON,
  photo,
  putByLink,
  read,
  storage,
} from './support/photos.ts';
import { view } from './support/views.ts';

newGatewayForEachTest();

const many = { photosPerHour: 1000, photosPerDay: 1000 };
const fleet = (inService: number, more = {}) => {
  gateway.ports.viewReader.view = view({ at: gateway.clock.now - 10, inService, ...more });
};
const createOne = (options = {}) => create({ settings: many, ...options });
const sidelinedOf = async (id: string) => (await gateway.ports.registry.get(id))?.sidelined === true;
/** Announces photos one after another. @returns whether each is sidelined */
const announce = async (count: number, options = {}) => {
  const ids: string[] = [];
  for (let k = 0; k < count; k++) ids.push((await createOne(options)).id);
  return { ids, sidelined: await Promise.all(ids.map(sidelinedOf)) };
};
const fill = (count: number, is: boolean) => Array<boolean>(count).fill(is);

describe('the rule', () => {
  it.each([
    [0, 4],
    [3, 4],
    [4, 4],
    [5, 5],
    [1000, 1000],
  ])('at %i instances a caller may have %i unfinished photos in the first queue', (instances, limit) => {
    expect(firstQueueLimit(instances)).toBe(limit);
  });

  it('knows no limit without a recent view', () => {
    expect(limitBy(undefined, NOON)).toBeUndefined();
    const at = (age: number) => limitBy(view({ at: NOON - age, inService: 7, tickSeconds: 30 }), NOON);
    expect([at(0), at(300), at(301)]).toEqual([7, 7, undefined]);
  });

  it('counts in windows of ten minutes, with nothing of an address in the key', () => {
    expect(windowOf(NOON + 599.9)).toBe(NOON);
    expect(windowOf(NOON + 600)).toBe(NOON + 600);
    const { key, endsAt } = counterOf('203.0.113.7', NOON + 5);
    expect(endsAt).toBe(NOON + 600);
    expect(key).not.toContain('203');
    expect(counterOf('203.0.113.8', NOON + 5).key).not.toBe(key);
  });
});

describe('photos of one caller', () => {
  it('go to the first queue up to the instances in service, and are sidelined beyond; another caller’s are not', async () => {
    fleet(6);
    expect((await announce(10)).sidelined).toEqual([...fill(6, false), ...fill(4, true)]);
    expect((await announce(1, { caller: karl })).sidelined).toEqual([false]);
  });

  it('are counted right when they come at once', async () => {
    fleet(6);
    const created = await Promise.all(Array.from({ length: 20 }, () => createOne()));
    const sidelined = await Promise.all(created.map(({ id }) => sidelinedOf(id)));
    expect(sidelined.filter((is) => !is)).toHaveLength(6);
  });

  it('have their places again when outcomes are known, once for each', async () => {
    fleet(4);
    const { ids } = await announce(5);
    const [first = '', second = ''] = ids;
    storage().write(resultKey(apiPhotoKey(first)), 'in colour', 'image/jpeg');
    storage().write(failedKey(apiPhotoKey(second)), JSON.stringify(failureOf(second)), 'application/json');
    await announce(1);
    for (const id of [first, first, second, second]) await read(id);
    expect((await announce(3)).sidelined).toEqual([false, false, true]);
  });

  it('have them again in the next window, whatever became of them', async () => {
    fleet(4);
    const { ids } = await announce(5);
    const counts = () => [...gateway.ports.unfinished.counts.values()];
    gateway.clock.now = NOON + 600;
    storage().write(resultKey(apiPhotoKey(ids[0]!)), 'in colour', 'image/jpeg');
    await read(ids[0]!);
    // Nobody reads the count of a window that is over.
    expect(counts()).toEqual([4]);
    fleet(4);
    expect((await announce(5)).sidelined).toEqual([...fill(4, false), true]);
  });

  it('are those of a user, not of the group that owns them: one does not delay the other, and each learns of outcomes', async () => {
    fleet(4);
    const [ann, bob] = [
      { owner: 'group:museum', quotaKey: 'jwt:ann' },
      { owner: 'group:museum', quotaKey: 'jwt:bob' },
    ];
    const { ids, sidelined } = await announce(5, { caller: ann });
    expect(sidelined.at(-1)).toBe(true);
    expect((await announce(4, { caller: bob })).sidelined).toEqual(fill(4, false));
    storage().write(resultKey(apiPhotoKey(ids[0]!)), 'in colour', 'image/jpeg');
    // The place is that of the photo's user, whoever of the group asks.
    await read(ids[0]!, bob);
    expect((await announce(1, { caller: bob })).sidelined).toEqual([true]);
    expect((await announce(1, { caller: ann })).sidelined).toEqual([false]);
  });

  it('are never sidelined at a stage without such a queue', async () => {
    fleet(4);
    const settings = { ...many, sidelines: false };
    expect((await announce(9, { settings })).sidelined).toEqual(fill(9, false));
  });

  it('of the bulk lane are counted for nothing', async () => {
    fleet(4);
    await announce(6, { photo: { lane: 'bulk' } });
    expect((await announce(5)).sidelined).toEqual([...fill(4, false), true]);
  });

  it.each<[string, () => void]>([
    ['there is no view', () => (gateway.ports.viewReader.view = undefined)],
    ['the view is old', () => fleet(4, { at: NOON - 3600 })],
    ['the count is away', () => (gateway.ports.unfinished.isAway = true)],
  ])('are not sidelined where %s, and the log says so', async (_name, spoil) => {
    fleet(4);
    spoil();
    expect((await announce(9)).sidelined).toEqual(fill(9, false));
    Object.assign(gateway.settings, many);
    await respond(parseRequest(createPhotoEvent(photo)), gateway);
    expect(gateway.logLines.at(-1)).toMatchObject({ status: 201, sidelined: null });
  });
});

describe('a sidelined photo', () => {
  const sidelinedPhoto = async () => {
    fleet(4);
    await announce(4);
    return createOne();
  };

  it('is uploaded to its folder, and its outcomes are read and linked there alone', async () => {
    const { id, upload } = await sidelinedPhoto();
    const key = apiPhotoKey(id, 'sidelined');
    expect((await putByLink(upload.url, upload.headers)).status).toBe(200);
    expect([...storage().objects.keys()]).toEqual([key]);
    storage().write(resultKey(apiPhotoKey(id)), 'of another photo', 'image/jpeg');
    expect((await read(id)).status.status).toBe('waiting');
    storage().write(failedKey(key), JSON.stringify(failureOf(id)), 'application/json');
    expect((await read(id)).status).toMatchObject({ status: 'failed' });
    storage().write(resultKey(key), 'in colour', 'image/jpeg');
    const { status } = await read(id);
    if (status.status !== 'succeeded') throw new Error(status.status);
    const link = (url: string) => storage().use(url, { method: 'GET' });
    expect((await link(status.links.result)).body.toString()).toBe('in colour');
    expect((await link(status.links.photo!)).status).toBe(200);
  });

  it('is named in the log as the worker names it, by its key', async () => {
    fleet(4);
    for (let k = 0; k < 5; k++) {
      Object.assign(gateway.settings, many);
      await respond(parseRequest(createPhotoEvent(photo)), gateway);
    }
    const line = gateway.logLines.at(-1)!;
    expect(line).toMatchObject({ status: 201, sidelined: true });
    const id = (gateway.ports.registry as unknown as { records: Map<string, { id: string }> }).records;
    const last = [...id.values()].at(-1)!;
    expect(line.photo).toBe(gateway.logIdOf({ id: last.id, sidelined: true }));
    expect(line.photo).not.toBe(gateway.logIdOf({ id: last.id }));
  });
});

describe('estimates beside sidelined photos', () => {
  const waiting = { inFlight: 4, serviceSeconds: 3, arrivalsPerSecond: 0.1 };
  /** Seconds that a photo of this caller waits, with so many messages of the lane before it. */
  const secondsWith = async (visible: number, sidelined: number, quotaKey: string) => {
    fleet(4, { ...waiting, visible, sidelined, history: [] });
    const { id, upload } = await createOne({ caller: { ...karl, quotaKey } });
    await putByLink(upload.url, upload.headers);
    const { status } = await read(id, karl);
    if (status.status !== 'waiting') throw new Error(status.status);
    return { seconds: status.seconds!, isSidelined: await sidelinedOf(id) };
  };

  it('of a sidelined photo are those of a photo behind the whole lane', async () => {
    const last = await secondsWith(200, 0, 'jwt:light');
    fleet(4);
    await announce(4, { caller: { ...karl, quotaKey: 'jwt:heavy' } });
    const sidelined = await secondsWith(200, 180, 'jwt:heavy');
    expect([last.isSidelined, sidelined.isSidelined]).toEqual([false, true]);
    // Five more are announced before it.
    expect(sidelined.seconds / last.seconds).toBeGreaterThan(0.98);
    expect(sidelined.seconds / last.seconds).toBeLessThan(1.05);
  });

  it('of the first queue leave a part of the starts to them', async () => {
    const alone = await secondsWith(100, 0, 'jwt:a');
    const beside = await secondsWith(180, 80, 'jwt:b');
    expect(beside.seconds / alone.seconds).toBeGreaterThan(1.2);
    expect(beside.seconds / alone.seconds).toBeLessThan(1.4);
  });

  it('take them out of each tick’s count, which is never below zero', () => {
    const history = [12, 5].map((backlog, k) => ({ at: NOON + k, backlog, completed: 10 }));
    const first = withoutSidelined(view({ visible: 10, sidelined: 7, history }));
    expect(first?.visible).toBe(3);
    expect(first?.history.map(({ backlog }) => backlog)).toEqual([5, 0]);
  });
});

describe('the estimate of a photo of the first queue', () => {
  it('is not behind the sidelined ones', async () => {
    const busy = { visible: 1000, inFlight: 4, serviceSeconds: 3, arrivalsPerSecond: 0.1 };
    const secondsWith = async (sidelined: number) => {
      fleet(4, { ...busy, sidelined, history: [{ at: NOON - 10, backlog: 1004, completed: 10 }] });
      const { id, upload } = await createOne({ caller: { ...karl, quotaKey: `jwt:${sidelined}` } });
      await putByLink(upload.url, upload.headers);
      const { status } = await read(id, karl);
      if (status.status !== 'waiting') throw new Error(status.status);
      return status.seconds!;
    };
    expect(await secondsWith(0)).toBeGreaterThan(600);
    expect(await secondsWith(1000)).toBeLessThan(20);
  });

  it('leaves a view without sidelined photos as it is', () => {
    const plain = view();
    expect(withoutSidelined(plain)).toBe(plain);
    expect(withoutSidelined(undefined)).toBeUndefined();
  });
});
