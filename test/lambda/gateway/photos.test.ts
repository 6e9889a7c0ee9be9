/** The two rules of the API over ports in memory, at times of the tests' own. */
import { beforeEach, describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey, resultKey } from '../../../contract/keys.ts';
import { createdPhotoSchema, photoSchema, type NewPhoto } from '../../../contract/photo-api.ts';
import type { View } from '../../../contract/view.ts';
import {
  createPhoto,
  readPhoto,
  type StatusReply,
  type PhotoSettings,
} from '../../../lambda/gateway/photos.ts';
import type { Caller } from '../../../lambda/gateway/ports.ts';
import { ProblemError, type GatewayProblemCode } from '../../../lambda/gateway/problems.ts';
import {
  failureOf,
  idOf,
  memoryGateway,
  SETTINGS,
  type LinkRequest,
  type MemoryGateway,
} from './support/memory.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
/** Twenty past twelve, on a Monday. */
const NOON = Date.parse('2026-06-01T12:20:00Z') / 1000;

const photo: NewPhoto = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000, output: 'photo' };
const jane: Caller = { owner: 'jwt:jane', quotaKey: 'jwt:jane' };
const karl: Caller = { owner: 'jwt:karl', quotaKey: 'jwt:karl' };

let gateway: MemoryGateway;
beforeEach(() => {
  gateway = memoryGateway(NOON);
});

interface Wish {
  wanted?: Partial<NewPhoto>;
  caller?: Caller;
  settings?: Partial<PhotoSettings>;
  id?: string;
}

const create = ({ wanted, caller = jane, settings, id = gateway.newId() }: Wish = {}) =>
  createPhoto(
    { ...photo, ...wanted },
    caller,
    gateway.ports,
    { ...SETTINGS, ...settings },
    { id, now: gateway.clock.now },
  );

/** The answer, which is always as the document of the API has it. */
async function read(id: string, caller = jane, settings: Partial<PhotoSettings> = {}): Promise<StatusReply> {
  const { now } = gateway.clock;
  const answer = await readPhoto(id, caller, gateway.ports, { ...SETTINGS, ...settings }, now);
  expect(photoSchema.parse(answer.status)).toEqual(answer.status);
  return answer;
}

/** What it was refused with. */
async function refused(asked: Promise<unknown>): Promise<ProblemError> {
  const error = await asked.then(
    (given) => new Error(`it was not: ${JSON.stringify(given)}`),
    (refusal: Error) => refusal,
  );
  if (!(error instanceof ProblemError)) throw error;
  return error;
}

/** As a client sends it, and as workers end it. */
const photos = () => gateway.ports.storage;
const sends = (url: string, headers: Record<string, string>, size = photo.size) => {
  const request: LinkRequest = { method: 'PUT', headers, body: Buffer.alloc(size) };
  return photos().use(url, request);
};
const uploaded = (id: string) => photos().write(apiPhotoKey(id), Buffer.alloc(photo.size), photo.type);
const coloured = (id: string, type = 'image/jpeg', size = 1500) =>
  photos().write(resultKey(apiPhotoKey(id)), Buffer.alloc(size), type);
const failed = (id: string, more: Parameters<typeof failureOf>[1] = {}) =>
  photos().write(failedKey(apiPhotoKey(id)), JSON.stringify(failureOf(id, more)), 'application/json');
const isGone = (key: string) => photos().objects.delete(key);

describe('createPhoto', () => {
  it('gives out an id and a link that stores the photo, exactly', async () => {
    const created = await create();
    expect(createdPhotoSchema.parse(created)).toEqual(created);
    expect(created).toMatchObject({
      id: idOf(1),
      upload: { method: 'PUT', expiresAt: '2026-06-01T12:35:00.000Z' },
    });
    const { url, headers } = created.upload;
    expect((await sends(url, headers, photo.size - 1)).status).toBe(403);
    expect((await sends(url, headers)).status).toBe(200);
    expect(await photos().photo(created.id)).toEqual({ bytes: 1000, type: 'image/jpeg', storedAt: NOON });
  });

  it('keeps what was announced, and whose it is', async () => {
    const { id } = await create({ wanted: { name: 'x.png', type: 'image/png', output: 'chroma' } });
    expect(await gateway.ports.registry.get(id)).toEqual({
      id,
      owner: 'jwt:jane',
      name: 'x.png',
      type: 'image/png',
      output: 'chroma',
      createdAt: NOON,
      linkExpiresAt: NOON + 900,
      expiresAt: NOON + 45 * DAY,
    });
  });

  it('keeps it until the result of a photo that waited to the last is gone, and a day', async () => {
    await create({ settings: { photoDays: 40, resultDays: 3 } });
    expect(await gateway.ports.registry.get(idOf(1))).toMatchObject({ expiresAt: NOON + 44 * DAY });
  });

  it('does not give out an id twice', async () => {
    await create({ id: idOf(7) });
    await expect(create({ id: idOf(7), wanted: { name: 'other.jpg' } })).rejects.toThrow();
    expect(await gateway.ports.registry.get(idOf(7))).toMatchObject({ name: 'Oma.jpg' });
  });

  it('takes the largest that is taken', async () => {
    await expect(create({ wanted: { size: SETTINGS.maxUploadBytes } })).resolves.toBeDefined();
  });

  it('asks for no chroma where a photo is wanted', async () => {
    await expect(create({ settings: { chromaSize: 0 } })).resolves.toBeDefined();
  });
});

/** Callers who have announced so many photos, and what the next one is told. */
const LIMITS: [
  how: string,
  before: Caller[],
  next: Caller,
  at: number,
  code: GatewayProblemCode | undefined,
  retryAfterSeconds?: number,
][] = [
  ['nobody has sent any', [], jane, NOON, undefined],
  ['one below its own limit', [jane, jane], jane, NOON, undefined],
  ['at its own limit', [jane, jane, jane], jane, NOON, 'hourly-quota-exceeded', 40 * MINUTE],
  ['somebody else at theirs', [jane, jane, jane], karl, NOON, undefined],
  [
    'just before the hour is over',
    [jane, jane, jane],
    jane,
    NOON + 40 * MINUTE - 0.1,
    'hourly-quota-exceeded',
    1,
  ],
  ['the next hour', [jane, jane, jane], jane, NOON + 40 * MINUTE, undefined],
  [
    'all together at theirs',
    [jane, jane, jane, karl, karl],
    karl,
    NOON,
    'daily-quota-exceeded',
    11 * HOUR + 40 * MINUTE,
  ],
  ['somebody at both', [jane, jane, karl, karl, karl], karl, NOON, 'hourly-quota-exceeded', 40 * MINUTE],
  [
    'all together, the next hour',
    [jane, jane, jane, karl, karl],
    jane,
    NOON + HOUR,
    'daily-quota-exceeded',
    10 * HOUR + 40 * MINUTE,
  ],
  ['just before midnight', [jane, jane, karl, karl, karl], jane, NOON + 41_999.5, 'daily-quota-exceeded', 1],
  ['the next day', [jane, jane, jane, karl, karl], jane, NOON + 42_000, undefined],
];

describe('createPhoto with limits of 3 an hour and 5 a day:', () => {
  it.each(LIMITS)('%s', async (_how, before, next, at, code, retryAfterSeconds) => {
    for (const caller of before) await create({ caller });
    gateway.clock.now = at;
    if (code === undefined) {
      await expect(create({ caller: next })).resolves.toBeDefined();
      return;
    }
    const refusal = await refused(create({ caller: next }));
    expect(refusal).toMatchObject({ code, retryAfterSeconds });
    expect(gateway.ports.registry.size).toBe(before.length);
  });

  it('says what is allowed, and from when on there is more', async () => {
    for (let k = 0; k < 3; k++) await create();
    expect((await refused(create())).message).toBe(
      '3 photos an hour are taken from one caller; more from 2026-06-01T13:00:00.000Z.',
    );
    for (let k = 0; k < 2; k++) await create({ caller: karl });
    expect((await refused(create({ caller: karl }))).message).toBe(
      '5 photos a day are taken here; more from 2026-06-02T00:00:00.000Z.',
    );
  });

  it('lets nobody use up the day of all by being refused', async () => {
    for (let k = 0; k < 3; k++) await create();
    for (let k = 0; k < 10; k++) await refused(create());
    await expect(create({ caller: karl })).resolves.toBeDefined();
  });

  it.each<[GatewayProblemCode, Wish, RegExp]>([
    ['too-large', { wanted: { size: 25_000_001 } }, /^size 25000001: at most 25000000 bytes are taken\.$/],
    [
      'too-large',
      { wanted: { size: 1235 }, settings: { maxUploadBytes: 1234 } },
      /^size 1235: at most 1234 bytes are taken\.$/,
    ],
    ['no-chroma', { wanted: { output: 'chroma' }, settings: { chromaSize: 0 } }, /output 'chroma'/],
  ])('counts nothing that it refuses as %s', async (code, wish, detail) => {
    for (let k = 0; k < 10; k++) {
      const refusal = await refused(create(wish));
      expect(refusal).toMatchObject({ code, retryAfterSeconds: undefined });
      expect(refusal.message).toMatch(detail);
    }
    expect(gateway.ports.registry.size).toBe(0);
    await expect(create()).resolves.toBeDefined();
  });
});

const view = (more: Partial<View> = {}): View => ({
  at: NOON,
  tickSeconds: 30,
  visible: 10,
  inFlight: 2,
  inService: 2,
  coming: [],
  arrivalsPerSecond: 0.1,
  serviceSeconds: 4,
  bootSeconds: 90,
  history: [],
  ...more,
});

describe('readPhoto', () => {
  let id: string;
  beforeEach(async () => {
    ({ id } = await create());
  });
  const nobodyKnows = { ahead: null, seconds: null, secondsAtMost: null };

  describe('while the photo waits', () => {
    it.each([0, 1, 900, 1799])('%i s after it was announced and not sent', async (seconds) => {
      gateway.clock.now += seconds;
      expect(await read(id)).toEqual({
        status: { status: 'waiting', id, name: 'Oma.jpg', uploaded: false, ...nobodyKnows },
        retryAfterSeconds: 5,
      });
    });

    it('sent, and nobody knows how long it takes', async () => {
      uploaded(id);
      expect(await read(id)).toEqual({
        status: { status: 'waiting', id, name: 'Oma.jpg', uploaded: true, ...nobodyKnows },
        retryAfterSeconds: 5,
      });
    });

    it('sent, and the scaler knows the queue', async () => {
      gateway.ports.viewReader.view = view();
      uploaded(id);
      const { status } = await read(id);
      expect(status).toMatchObject({ status: 'waiting', uploaded: true });
      const { ahead, seconds, secondsAtMost } = status as Extract<typeof status, { status: 'waiting' }>;
      expect(ahead).toBeGreaterThan(0);
      expect(seconds).toBeGreaterThan(0);
      expect(secondsAtMost).toBeGreaterThanOrEqual(seconds!);
    });

    it('sent, and what the scaler knew is too old', async () => {
      gateway.ports.viewReader.view = view({ at: NOON - HOUR });
      uploaded(id);
      expect((await read(id)).status).toMatchObject({ uploaded: true, ...nobodyKnows });
    });

    it.each([
      ['nothing there, and quick', view({ visible: 0, inFlight: 0, serviceSeconds: 0.1 }), 1],
      ['a day`s work there', view({ visible: 50_000 }), 20],
    ])('and is asked about at least every 20 s and at most every second: %s', async (_how, seen, seconds) => {
      gateway.ports.viewReader.view = seen;
      uploaded(id);
      expect((await read(id)).retryAfterSeconds).toBe(seconds);
    });

    it.each([0, 3, 30, 300, 3000])('in whole seconds, with %i there before', async (visible) => {
      gateway.ports.viewReader.view = view({ visible });
      uploaded(id);
      const { retryAfterSeconds = NaN } = await read(id);
      expect(Number.isInteger(retryAfterSeconds)).toBe(true);
      expect(retryAfterSeconds).toBeGreaterThanOrEqual(1);
      expect(retryAfterSeconds).toBeLessThanOrEqual(20);
    });

    it('for days, if need be', async () => {
      uploaded(id);
      gateway.clock.now += 13 * DAY;
      expect((await read(id)).status).toMatchObject({ status: 'waiting', uploaded: true });
    });
  });

  describe('once it is done', () => {
    it('gives links to both pictures, for as long as links work', async () => {
      uploaded(id);
      coloured(id);
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
      expect((await photos().use(links.result, { method: 'GET' })).body).toHaveLength(1500);
      expect((await photos().use(links.photo!, { method: 'GET' })).body).toHaveLength(1000);
      expect((await photos().use(links.result, { method: 'GET' })).disposition).toContain('Oma.jpg');
      gateway.clock.now += 901;
      expect((await photos().use(links.result, { method: 'GET' })).status).toBe(403);
    });

    it('gives new links when it is asked again', async () => {
      uploaded(id);
      coloured(id);
      gateway.clock.now += HOUR;
      const { status } = await read(id);
      const { links } = status as Extract<typeof status, { status: 'succeeded' }>;
      expect((await photos().use(links.result, { method: 'GET' })).status).toBe(200);
    });

    it.each([
      ['photo', 'Oma.jpg'],
      ['chroma', 'Oma.jpg.png'],
    ] as const)('names the download of a %s %s, and the photo as it was', async (output, name) => {
      const { id: other } = await create({ id: idOf(7), wanted: { output } });
      uploaded(other);
      coloured(other);
      const { status } = await read(other);
      const { links } = status as Extract<typeof status, { status: 'succeeded' }>;
      const named = async (link: string) => (await photos().use(link, { method: 'GET' })).disposition;
      expect(status).toMatchObject({ name: 'Oma.jpg' });
      expect(await named(links.result)).toBe(`attachment; filename*=UTF-8''${name}`);
      expect(await named(links.photo!)).toBe("attachment; filename*=UTF-8''Oma.jpg");
    });

    it('gives no link to a photo that has been deleted', async () => {
      coloured(id);
      gateway.clock.now += 20 * DAY;
      expect((await read(id)).status).toMatchObject({ status: 'succeeded', links: { photo: null } });
    });

    it.each([
      ['image/png', 'image/png'],
      ['image/webp', 'image/webp'],
      ['application/octet-stream', 'image/jpeg'],
      ['', 'image/jpeg'],
    ])('tells the type of a result that S3 has as "%s": %s', async (stored, told) => {
      coloured(id, stored);
      expect((await read(id)).status).toMatchObject({ type: told });
    });
  });

  describe('once it has failed', () => {
    it('says why, and nothing of the bucket', async () => {
      uploaded(id);
      failed(id);
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

    it('says so although the photo has been deleted', async () => {
      failed(id);
      gateway.clock.now += 20 * DAY;
      expect((await read(id)).status).toMatchObject({ status: 'failed', code: 'unreadable-image' });
    });

    it('is done after all when the last attempt succeeds, at whatever moment it is asked', async () => {
      uploaded(id);
      failed(id, { code: 'retries-exhausted', retryable: true });
      // The worker says so before it tries for the last time.
      expect((await read(id)).status).toMatchObject({ status: 'waiting', uploaded: true });
      gateway.clock.now += 240;
      expect((await read(id)).status).toMatchObject({
        status: 'failed',
        code: 'retries-exhausted',
        retryable: true,
      });
      coloured(id);
      expect((await read(id)).status).toMatchObject({ status: 'succeeded' });
      isGone(failedKey(apiPhotoKey(id)));
      expect((await read(id)).status).toMatchObject({ status: 'succeeded' });
    });

    it('is an error, not an absence, when nobody can read why', async () => {
      uploaded(id);
      photos().write(failedKey(apiPhotoKey(id)), '{"code":', 'application/json');
      const error = await read(id).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(error).not.toBeInstanceOf(ProblemError);
    });
  });

  describe('without photo or end', () => {
    /** Seconds after it was announced. */
    it.each([
      ['the link still works', 899, { status: 'waiting', uploaded: false }],
      ['an upload may still be going on', 1799, { status: 'waiting', uploaded: false }],
      ['nothing can come any more', 1800, { status: 'failed', code: 'not-uploaded', retryable: true }],
      ['days later', 14 * DAY, { status: 'failed', code: 'not-uploaded', retryable: true }],
      ['after the days of a photo', 14 * DAY + 1, { status: 'failed', code: 'expired', retryable: true }],
      ['just before nobody knows it any more', 31 * DAY - 1, { status: 'failed', code: 'expired' }],
    ])('%s', async (_how, seconds, status) => {
      gateway.clock.now += seconds;
      expect((await read(id)).status).toMatchObject(status);
    });

    it('names when the link expired, or how long what is kept', async () => {
      const said = async () => ((await read(id)).status as { message: string }).message;
      gateway.clock.now += DAY;
      expect(await said()).toBe('Nothing was sent before the link expired at 2026-06-01T12:35:00.000Z.');
      gateway.clock.now += 14 * DAY;
      expect(await said()).toMatch(/photos are deleted after 14 days and results after 30/);
    });

    it('has expired when its end is deleted before the photo is', async () => {
      const settings = { photoDays: 30, resultDays: 7 };
      ({ id } = await create({ settings }));
      uploaded(id);
      gateway.clock.now += 7 * DAY - 1;
      expect((await read(id, jane, settings)).status).toMatchObject({ status: 'waiting' });
      gateway.clock.now += 2;
      expect((await read(id, jane, settings)).status).toMatchObject({ status: 'failed', code: 'expired' });
      coloured(id);
      expect((await read(id, jane, settings)).status).toMatchObject({ status: 'succeeded' });
    });
  });

  describe('finds nothing', () => {
    const isNotFound = async (asked: Promise<unknown>) =>
      expect(await refused(asked)).toMatchObject({ code: 'not-found', retryAfterSeconds: undefined });

    it('for an id that nobody was given', () => isNotFound(read(idOf(99))));

    it('for somebody else`s, in the same words', async () => {
      uploaded(id);
      coloured(id);
      const [others, nobodys] = await Promise.all([refused(read(id, karl)), refused(read(idOf(99), karl))]);
      expect(others.problem()).toEqual(nobodys.problem());
      expect(others.code).toBe('not-found');
      expect((await read(id)).status).toMatchObject({ status: 'succeeded' });
    });

    it('for one that is whole in the bucket but was never announced', async () => {
      uploaded(idOf(50));
      coloured(idOf(50));
      await isNotFound(read(idOf(50)));
    });

    it('after its time, whether or not the table has swept it', async () => {
      coloured(id);
      gateway.clock.now = NOON + 45 * DAY;
      expect(await gateway.ports.registry.get(id)).toBeDefined();
      await isNotFound(read(id));
    });

    it.each([
      ['nothing', ''],
      ['a path', '../../results/api/x'],
      ['a path as long as an id', '../incoming/api/photo1'],
      ['a path in another`s clothes', '..%2Fincoming%2Fapi%2Fx'],
      ['a slash', 'photo-00000000000000/1'],
      ['a key of a counter', 'count#all#1780272000'],
      ['one too short', idOf(1).slice(1)],
      ['one too long', `${idOf(1)}0`],
      ['very long', 'a'.repeat(100_000)],
      ['a line break after it', `${idOf(1)}\n`],
      ['a blank before it', ` ${idOf(1)}`],
      ['a zero byte', `${idOf(1).slice(1)}\0`],
      ['letters beyond ASCII', 'фото-0000000000000001x'],
      ['full-width figures', 'photo-000000000000000１'],
      ['half of a pair', `${idOf(1).slice(1)}\ud83d`],
      ['base64 that is no base64url', 'photo+0000000000000/=='],
      ['what objects have', '__proto__'],
      ['a wildcard', `${idOf(1).slice(1)}*`],
    ])('for %s', async (_how, malformed) => {
      // Nobody is even asked.
      const broken = { get: () => Promise.reject(new Error('it was looked up')) };
      gateway.ports.registry.get = broken.get;
      await isNotFound(read(malformed));
    });
  });
});
