/** The gateway's ports: one suite for memory and for AWS's, over the wire of the local AWS. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GATEWAY_EXPIRY, GATEWAY_KEY } from '../../../contract/gateway.ts';
import { apiPhotoKey, failedKey, resultKey } from '../../../contract/keys.ts';
import { MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE } from '../../../contract/names.ts';
import { newPhotoSchema } from '../../../contract/photo-api.ts';
import type { View } from '../../../contract/view.ts';
import { S3PhotoStorage } from '../../../lambda/gateway/aws/storage.ts';
import { DynamoPhotoRegistry } from '../../../lambda/gateway/aws/registry.ts';
import { DynamoViewReader } from '../../../lambda/gateway/aws/view-reader.ts';
import type {
  PhotoRecord,
  PhotoStorage,
  PhotoRegistry,
  UploadLink,
  ViewReader,
} from '../../../lambda/gateway/ports.ts';
import { clientConfig } from '../../../common/environment.ts';
import { Scope } from '../../../common/scope.ts';
import { startLocalAws } from '../../support/local-aws.ts';
import {
  failureOf,
  MemoryStorage,
  MemoryRegistry,
  MemoryViewReader,
  type LinkAnswer,
  type LinkRequest,
} from './support/memory.ts';

const TABLE = 'gateway';
const SCALER_TABLE = 'scaler';
const BUCKET = 'photos';

const scope = new Scope();
let s3: S3Client;
let documents: DynamoDBDocumentClient;

beforeAll(async () => {
  const config = clientConfig(await startLocalAws('gateway-ports-test', scope));
  // As the function has it, but for the address.
  s3 = new S3Client({ ...config, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED' });
  documents = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  for (const [TableName, AttributeName] of [
    [TABLE, GATEWAY_KEY],
    [SCALER_TABLE, TABLE_KEY],
  ] as const)
    await documents.send(
      new CreateTableCommand({
        TableName,
        KeySchema: [{ AttributeName, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName, AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
}, 60_000);
afterAll(() => scope.close());

const newId = () => randomBytes(16).toString('base64url');
const record = (more: Partial<PhotoRecord> = {}): PhotoRecord => ({
  id: newId(),
  owner: 'jwt:jane',
  name: 'Grüße aus Köln – 照片 "1".jpg',
  type: 'image/jpeg',
  output: 'photo',
  createdAt: 1_780_316_400.123,
  linkExpiresAt: 1_780_317_300.123,
  expiresAt: 1_782_994_801,
  ...more,
});

describe.each<[string, () => PhotoRegistry]>([
  ['memory', () => new MemoryRegistry()],
  ['DynamoDB', () => new DynamoPhotoRegistry(documents, TABLE)],
])('register: %s', (_name, make) => {
  let register: PhotoRegistry;
  beforeEach(() => {
    register = make();
  });

  it('knows no photo that was not put', async () => {
    expect(await register.get(newId())).toBeUndefined();
  });

  it('gives what was put, at once', async () => {
    const all = Array.from({ length: 10 }, (_, k) => record({ name: `${k}.png`, type: 'image/png' }));
    for (const one of all) {
      await register.put(one);
      expect(await register.get(one.id)).toEqual(one);
    }
    expect(await Promise.all(all.map(({ id }) => register.get(id)))).toEqual(all);
  });

  it('keeps the time of going in whole seconds, never an earlier one', async () => {
    const one = record({ expiresAt: 1_782_994_800.25 });
    await register.put(one);
    expect(await register.get(one.id)).toEqual({ ...one, expiresAt: 1_782_994_801 });
  });

  it('never puts one over another', async () => {
    const first = record();
    await register.put(first);
    await expect(register.put({ ...first, owner: 'jwt:karl', name: 'other.jpg' })).rejects.toThrow();
    expect(await register.get(first.id)).toEqual(first);
  });

  it('puts one of many who come with the same id', async () => {
    const id = newId();
    const all = Array.from({ length: 8 }, (_, k) => record({ id, owner: `jwt:${k}` }));
    const ends = await Promise.allSettled(all.map((one) => register.put(one)));
    const put = all.filter((_, k) => ends[k]?.status === 'fulfilled');
    expect(put).toHaveLength(1);
    expect(await register.get(id)).toEqual(put[0]);
  });

  const window = (limit: number, key = `count#${newId()}#1780315200`) => ({
    key,
    limit,
    endsAt: 1_780_318_800,
  });

  it('counts to the limit and no further, with 20 at a time', async () => {
    const seven = window(7);
    const counted = await Promise.all(Array.from({ length: 20 }, () => register.countPhoto(seven)));
    expect(counted.filter(Boolean)).toHaveLength(7);
    expect(await register.countPhoto(seven)).toBe(false);
  });

  it('counts nothing that it refuses', async () => {
    const seven = window(7);
    for (let k = 0; k < 7; k++) expect(await register.countPhoto(seven)).toBe(true);
    for (let k = 0; k < 5; k++) expect(await register.countPhoto(seven)).toBe(false);
    const eight = window(8, seven.key);
    expect([await register.countPhoto(eight), await register.countPhoto(eight)]).toEqual([true, false]);
  });

  it('counts each window by itself', async () => {
    const [one, other] = [window(1), window(2)];
    expect(await register.countPhoto(one)).toBe(true);
    expect(await register.countPhoto(one)).toBe(false);
    expect([await register.countPhoto(other), await register.countPhoto(other)]).toEqual([true, true]);
    expect(await register.countPhoto(other)).toBe(false);
  });

  it('takes no counter for a photo, nor the other way round', async () => {
    const one = record();
    await register.put(one);
    expect(await register.countPhoto(window(1, `count#${one.id}#0`))).toBe(true);
    expect(await register.get(`count#${one.id}#0`)).toBeUndefined();
    expect(await register.get(one.id)).toEqual(one);
  });
});

describe('register: DynamoDB', () => {
  const item = async (key: string) =>
    (await documents.send(new GetCommand({ TableName: TABLE, Key: { [GATEWAY_KEY]: key } }))).Item;

  it('marks all that it writes with when it goes, in whole seconds as DynamoDB wants it', async () => {
    const register = new DynamoPhotoRegistry(documents, TABLE);
    const one = record({ expiresAt: 1_782_994_800.25 });
    await register.put(one);
    await register.countPhoto({ key: 'count#marked#0', limit: 3, endsAt: 86_400 });
    expect(await item(`photo#${one.id}`)).toMatchObject({ [GATEWAY_EXPIRY]: 1_782_994_801 });
    expect(await item('count#marked#0')).toMatchObject({ [GATEWAY_EXPIRY]: 86_400 });
  });

  it('takes a damaged record for an error, not for none', async () => {
    const id = newId();
    await documents.send(
      new PutCommand({ TableName: TABLE, Item: { [GATEWAY_KEY]: `photo#${id}`, name: 'x.jpg' } }),
    );
    await expect(new DynamoPhotoRegistry(documents, TABLE).get(id)).rejects.toThrow(/owner/);
  });

  it('takes a table that is not there for an error, not for a limit', async () => {
    const register = new DynamoPhotoRegistry(documents, 'elsewhere');
    await expect(register.get(newId())).rejects.toThrow();
    await expect(register.countPhoto({ key: 'count#x#0', limit: 3, endsAt: 86_400 })).rejects.toThrow();
  });
});

interface MadePhotos {
  photos: PhotoStorage;
  /** Uses a link as a client does. */
  use: (url: string, request: LinkRequest) => Promise<LinkAnswer>;
  /** As workers write. */
  write: (key: string, body: Buffer | string, type: string) => Promise<unknown>;
  /** Metadata of an object. */
  metadata: (key: string) => Promise<Record<string, string> | undefined>;
  /** Lets time pass. */
  pass: (seconds: number) => Promise<unknown>;
  /** The time that S3 writes down. */
  now: () => number;
}

/** Over HTTP, with nothing of an SDK. */
async function useOverHttp(url: string, { method, headers, body }: LinkRequest): Promise<LinkAnswer> {
  const answer = await fetch(url, { method, headers, body: body && new Uint8Array(body) });
  return {
    status: answer.status,
    disposition: answer.headers.get('content-disposition') ?? undefined,
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

const memoryPhotos = (): MadePhotos => {
  const clock = { now: 1_780_316_400 };
  const photos = new MemoryStorage(() => clock.now);
  return {
    photos,
    use: (url, request) => photos.use(url, request),
    write: async (key, body, type) => photos.write(key, body, type),
    metadata: async (key) => photos.objects.get(key)?.metadata,
    pass: async (seconds) => (clock.now += seconds),
    now: () => clock.now,
  };
};

const s3Photos = (): MadePhotos => ({
  photos: new S3PhotoStorage(s3, BUCKET),
  use: useOverHttp,
  write: (Key, body, ContentType) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(body), ContentType })),
  metadata: async (Key) => (await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }))).Metadata,
  pass: (seconds) => sleep(1000 * seconds),
  now: () => Date.now() / 1000,
});

/** Names that a header cannot simply hold. */
const NAMES = [
  'Oma.jpg',
  "Grüße 'x' (1).jpg",
  '照片.png',
  '"quoted".jpg',
  'a; filename=b.exe',
  '100% *echt*, ja!.tif',
  "UTF-8''x.jpg",
  '👵🏽 1945.webp',
  'שלום.jpg',
  ' x .jpg ',
  '.jpg',
  'ä'.repeat(200),
];

/** What a browser makes of it, RFC 6266 and RFC 8187; undefined where it is not by the grammar. */
function nameIn(disposition: string | undefined | null): string | undefined {
  const encoded = /^attachment; filename\*=UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+)$/.exec(
    disposition ?? '',
  )?.[1];
  return encoded === undefined ? undefined : decodeURIComponent(encoded);
}

describe.each<[string, () => MadePhotos]>([
  ['memory', memoryPhotos],
  ['S3', s3Photos],
])('photos: %s', (_name, make) => {
  let made: MadePhotos;
  let photos: PhotoStorage;
  let id: string;
  beforeEach(() => {
    made = make();
    ({ photos } = made);
    id = newId();
  });
  const key = () => apiPhotoKey(id);
  const body = Buffer.from('as good as a photo');

  it('has nothing where nothing is', async () => {
    expect(await photos.photo(id)).toBeUndefined();
    expect(await photos.result(id)).toBeUndefined();
    expect(await photos.failure(id)).toBeUndefined();
  });

  it('has each of them where it is, and only there', async () => {
    const about = () => Promise.all([photos.photo(id), photos.result(id), photos.failure(id)]);
    await made.write(key(), body, 'image/jpeg');
    const stored = { bytes: body.length, type: 'image/jpeg', storedAt: expect.any(Number) as number };
    expect(await about()).toEqual([stored, undefined, undefined]);
    await made.write(failedKey(key()), JSON.stringify(failureOf(id)), 'application/json');
    const failed = { ...failureOf(id), storedAt: expect.any(Number) as number };
    expect(await about()).toEqual([stored, undefined, failed]);
    await made.write(resultKey(key()), 'in colour', 'image/png');
    expect(await about()).toEqual([stored, { ...stored, bytes: 9, type: 'image/png' }, failed]);
  });

  it('tells when a photo was stored, to a second', async () => {
    const before = made.now();
    await made.write(key(), body, 'image/jpeg');
    const { storedAt = NaN } = (await photos.photo(id)) ?? {};
    // S3 keeps whole seconds, rounded down.
    expect(storedAt).toBeGreaterThan(before - 1);
    expect(storedAt).toBeLessThanOrEqual(made.now());
  });

  it.each([
    ['cut off', '{"code":"retries-exhausted","mess'],
    ['empty', ''],
    ['of a code that nobody knows', JSON.stringify({ ...failureOf('x'), code: 'tired' })],
    ['something else', '[]'],
  ])('takes a failure that is %s for an error, not for none', async (_how, text) => {
    await made.write(failedKey(key()), text, 'application/json');
    await expect(photos.failure(id)).rejects.toThrow();
  });

  describe('a link to upload by', () => {
    const photo = () => record({ id });
    let link: UploadLink;
    beforeEach(async () => {
      link = await photos.uploadLink(photo(), body.length, 900);
    });
    const put = (changes: Partial<LinkRequest> & { url?: string } = {}) =>
      made.use(changes.url ?? link.url, { method: 'PUT', headers: link.headers, body, ...changes });

    it('stores what it is for', async () => {
      expect((await put()).status).toBe(200);
      expect(await photos.photo(id)).toMatchObject({ bytes: body.length, type: 'image/jpeg' });
      expect(await made.metadata(key())).toEqual({ output: 'photo' });
      const download = await photos.downloadLink(id, 'photo', 'x.jpg', 60);
      expect((await made.use(download, { method: 'GET' })).body).toEqual(body);
    });

    it('says of a chroma that it is to be one', async () => {
      const chroma = await photos.uploadLink(record({ id, output: 'chroma' }), body.length, 900);
      expect((await put(chroma)).status).toBe(200);
      expect(await made.metadata(key())).toEqual({ output: 'chroma' });
    });

    const without = (name: string) =>
      Object.fromEntries(Object.entries(link.headers).filter(([header]) => header !== name));
    const elsewhere = () => ({ url: link.url.replace(encodeURIComponent(id), newId()) });

    it.each<[how: string, changes: () => Partial<LinkRequest> & { url?: string }]>([
      ['one byte less', () => ({ body: body.subarray(1) })],
      ['one byte more', () => ({ body: Buffer.concat([body, body.subarray(0, 1)]) })],
      ['nothing', () => ({ body: Buffer.alloc(0) })],
      ['another type', () => ({ headers: { ...link.headers, 'content-type': 'text/html' } })],
      ['no type', () => ({ headers: without('content-type') })],
      ['no condition', () => ({ headers: without('if-none-match') })],
      ['another condition', () => ({ headers: { ...link.headers, 'if-none-match': '"x"' } })],
      ['another output', () => ({ headers: { ...link.headers, 'x-amz-meta-output': 'chroma' } })],
      ['no output', () => ({ headers: without('x-amz-meta-output') })],
      ['another key', elsewhere],
      ['another signature', () => ({ url: `${link.url.slice(0, -4)}beef` })],
    ])('refuses %s', async (_how, changes) => {
      const changed = changes();
      if (changed.url !== undefined) expect(changed.url).not.toBe(link.url);
      expect((await put(changed)).status).toBe(403);
      expect(await photos.photo(id)).toBeUndefined();
      const other = changed.url && /api\/([\w-]{22})/.exec(changed.url)?.[1];
      if (other) expect(await photos.photo(other)).toBeUndefined();
      // What was refused has not used it up.
      expect((await put()).status).toBe(200);
    });

    it('works once', async () => {
      expect((await put()).status).toBe(200);
      expect((await put({ body: Buffer.from('some other photo..') })).status).toBe(412);
      const download = await photos.downloadLink(id, 'photo', 'x.jpg', 60);
      expect((await made.use(download, { method: 'GET' })).body).toEqual(body);
    });

    it('works once among many at a time', async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => put()));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
    });

    it('is for nothing but storing', async () => {
      await made.write(key(), body, 'image/jpeg');
      for (const method of ['GET', 'DELETE', 'HEAD'])
        expect((await made.use(link.url, { method, headers: link.headers })).status).toBe(403);
      expect(await photos.photo(id)).toBeDefined();
    });

    it('works no longer than it was made for', async () => {
      link = await photos.uploadLink(photo(), body.length, 1);
      await made.pass(2.5);
      expect((await put()).status).toBe(403);
      expect(await photos.photo(id)).toBeUndefined();
    });
  });

  describe('a link to download by', () => {
    beforeEach(async () => {
      await made.write(key(), 'grey', 'image/jpeg');
      await made.write(resultKey(key()), 'in colour', 'image/png');
    });

    it('gives the one that it is for', async () => {
      const get = async (which: 'photo' | 'result') =>
        (
          await made.use(await photos.downloadLink(id, which, 'x.jpg', 60), { method: 'GET' })
        ).body.toString();
      expect([await get('photo'), await get('result')]).toEqual(['grey', 'in colour']);
    });

    it.each(NAMES)('has it saved as %s', async (name) => {
      const link = await photos.downloadLink(id, 'result', name, 60);
      const { status, disposition } = await made.use(link, { method: 'GET' });
      expect(status).toBe(200);
      expect(nameIn(disposition)).toBe(name);
    });

    it('is for this object only, and for nothing but reading', async () => {
      const link = await photos.downloadLink(id, 'result', 'x.jpg', 60);
      const other = link.replace('results/', 'incoming/');
      expect(other).not.toBe(link);
      expect((await made.use(other, { method: 'GET' })).status).toBe(403);
      expect((await made.use(link, { method: 'PUT', body })).status).toBe(403);
      expect((await made.use(link, { method: 'DELETE' })).status).toBe(403);
      expect((await made.use(link, { method: 'GET' })).body.toString()).toBe('in colour');
    });

    it('works no longer than it was made for', async () => {
      const link = await photos.downloadLink(id, 'result', 'x.jpg', 1);
      await made.pass(2.5);
      expect((await made.use(link, { method: 'GET' })).status).toBe(403);
    });
  });
});

describe('photos: S3', () => {
  it('takes a bucket that is not there for an error, not for none', async () => {
    const photos = new S3PhotoStorage(s3, 'elsewhere');
    await expect(photos.failure(newId())).rejects.toThrow(/cannot be read/);
  });

  it('names the origin of its links, which the page has to be allowed to talk to', async () => {
    const photos = new S3PhotoStorage(s3, BUCKET);
    const link = await photos.downloadLink(newId(), 'result', 'x.jpg', 60);
    expect(await photos.origin()).toBe(new URL(link).origin);
  });

  it('has any name that is taken saved as it is', async () => {
    const photos = new S3PhotoStorage(s3, BUCKET);
    const names = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 40 })
      .filter((name) => newPhotoSchema.shape.name.safeParse(name).success);
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        const url = new URL(await photos.downloadLink('x', 'result', name, 60));
        expect(nameIn(url.searchParams.get('response-content-disposition'))).toBe(name);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

const view: View = {
  at: 1_780_316_390.5,
  tickSeconds: 30,
  visible: 12,
  inFlight: 3,
  inService: 2,
  coming: [{ count: 2, readyAt: 1_780_316_450.25 }],
  arrivalsPerSecond: 0.25,
  serviceSeconds: 5.5,
  bootSeconds: null,
  history: [{ at: 1_780_316_390.5, backlog: 15, completed: null }],
};

interface MadeViews {
  views: ViewReader;
  /** As the scaler does. */
  publish: (view: unknown) => Promise<unknown>;
  clock: { now: number };
  warnings: string[];
}

const dynamoViews = async (tableName = SCALER_TABLE): Promise<MadeViews> => {
  const clock = { now: 1_780_316_400 };
  const warnings: string[] = [];
  const publish = (published: unknown) =>
    documents.send(
      new PutCommand({
        TableName: SCALER_TABLE,
        Item: {
          [TABLE_KEY]: MEMORY_KEY,
          policy: { lastOutAt: 90 },
          ...(published === undefined ? {} : { [VIEW_ATTRIBUTE]: published }),
        },
      }),
    );
  await publish(undefined);
  const warn = (why: string) => warnings.push(why);
  return {
    views: new DynamoViewReader(documents, tableName, () => clock.now, warn),
    publish,
    clock,
    warnings,
  };
};

describe.each<[string, () => Promise<MadeViews>]>([
  [
    'memory',
    async () => {
      const views = new MemoryViewReader();
      const publish = async (published: unknown) => (views.view = published as View);
      return { views, publish, clock: { now: 0 }, warnings: [] };
    },
  ],
  ['DynamoDB', () => dynamoViews()],
])('views: %s', (_name, make) => {
  it('has none while the scaler has published none', async () => {
    const { views, warnings } = await make();
    expect(await views.read()).toBeUndefined();
    expect(warnings).toEqual([]);
  });

  it('has the one that was published, and later the next', async () => {
    const { views, publish, clock } = await make();
    await publish(view);
    expect(await views.read()).toEqual(view);
    await publish({ ...view, visible: 13 });
    clock.now += 2;
    expect(await views.read()).toEqual({ ...view, visible: 13 });
  });
});

describe('views: DynamoDB', () => {
  it('has none while the scaler has never run', async () => {
    const { views, warnings } = await dynamoViews();
    const documentsOfNobody = new DynamoViewReader(
      documents,
      TABLE,
      () => 0,
      (why) => warnings.push(why),
    );
    expect([await views.read(), await documentsOfNobody.read()]).toEqual([undefined, undefined]);
    expect(warnings).toEqual([]);
  });

  it.each<[string, View | undefined]>([
    ['a view', view],
    ['none', undefined],
  ])('reads again after two seconds and not before, having seen %s', async (_how, first) => {
    const { views, publish, clock } = await dynamoViews();
    await publish(first);
    expect(await views.read()).toEqual(first);
    await publish({ ...view, visible: 99 });
    clock.now += 1.99;
    expect(await views.read()).toEqual(first);
    clock.now += 0.01;
    expect(await views.read()).toEqual({ ...view, visible: 99 });
  });

  it.each([
    ['what is no view', { at: 'now' }],
    ['a view with an impossible count', { ...view, visible: -1 }],
    ['text', 'view'],
  ])('knows nothing, and says so once, of %s', async (_how, published) => {
    const { views, publish, clock, warnings } = await dynamoViews();
    await publish(published);
    expect([await views.read(), await views.read()]).toEqual([undefined, undefined]);
    expect(warnings).toHaveLength(1);
    await publish(view);
    clock.now += 2;
    expect(await views.read()).toEqual(view);
    expect(warnings).toHaveLength(1);
  });

  it('knows nothing, and says so, while the table cannot be read', async () => {
    const { views, warnings } = await dynamoViews('elsewhere');
    expect(await views.read()).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/\w/);
  });
});
