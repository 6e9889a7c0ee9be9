/** What the deployed gateway and the bucket refuse, over HTTP; and that nothing is stored, replaced or told by it. */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey, resultKey } from '../../../contract/keys.ts';
import {
  createdPhotoSchema,
  photoSchema,
  problemSchema,
  type CreatedPhoto,
} from '../../../contract/photo-api.ts';
import { Scope } from '../../../common/scope.ts';
import { hourlyWindow, dailyWindow, type QuotaWindow } from '../../../lambda/gateway/quotas.ts';
import { deployGateways, type Deployed } from './support/deployed.ts';
import { startIssuer, type Issuer } from './support/issuer.ts';

const BYTES = Buffer.from('a photo, as far as a bucket cares');
const PHOTO = { name: 'photo.jpg', type: 'image/jpeg', size: BYTES.length };
const scope = new Scope();
let issuer: Issuer;
let aws: Deployed;

beforeAll(async () => {
  issuer = await startIssuer('page', 'ann');
  await scope.defer(() => issuer.close());
  aws = await deployGateways('gateway', issuer.url, scope);
}, 120_000);
afterAll(() => scope.close());

type Headers = Record<string, string>;
const post = (body: unknown, headers: Headers = {}, url = aws.open.url) =>
  fetch(`${url}photos`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const look = (id: string, headers: Headers = {}, url = aws.open.url) =>
  fetch(`${url}photos/${id}`, { headers });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
async function announce(photo: object = {}): Promise<CreatedPhoto> {
  const response = await post({ ...PHOTO, ...photo });
  expect(response.status).toBe(201);
  return createdPhotoSchema.parse(await response.json());
}
const put = ({ upload }: CreatedPhoto, body: Buffer = BYTES, headers: Headers = {}, url = upload.url) =>
  fetch(url, { method: 'PUT', headers: { ...upload.headers, ...headers }, body: new Uint8Array(body) });
const keys = async () => {
  const { Contents = [] } = await aws.s3.send(new ListObjectsV2Command({ Bucket: aws.open.bucket }));
  return Contents.map(({ Key }) => Key);
};
const stored = async (id: string) => {
  const Key = apiPhotoKey(id);
  const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: aws.open.bucket, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
async function problemOf(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  return problem;
}
/** Fills the counters of a window and of the one after it, since time goes on meanwhile, but for so many. */
async function fill(windowAt: (at: number) => QuotaWindow, left: number): Promise<void> {
  const now = windowAt(Date.now() / 1000);
  for (const { key, limit, endsAt } of [now, windowAt(now.endsAt)]) {
    await aws.documents.send(
      new UpdateCommand({
        TableName: aws.open.table,
        Key: { id: key },
        UpdateExpression: 'SET photos = :n, expiresAt = :end',
        ExpressionAttributeValues: { ':n': limit - left, ':end': endsAt },
      }),
    );
  }
}
const mine = (at: number) => hourlyWindow('127.0.0.1', at, 100);
const everybody = (at: number) => dailyWindow(at, 2000);

describe('a photo', () => {
  it('goes in by its link and comes out by another', async () => {
    const created = await announce({ name: 'Grüße.jpg' });
    expect((await put(created)).status).toBe(200);
    expect(photoSchema.parse(await (await look(created.id)).json())).toMatchObject({
      status: 'waiting',
      uploaded: true,
      name: 'Grüße.jpg',
    });
    const Key = resultKey(apiPhotoKey(created.id));
    await aws.s3.send(
      new PutObjectCommand({ Bucket: aws.open.bucket, Key, Body: 'colour', ContentType: 'image/jpeg' }),
    );
    const response = await look(created.id);
    expect(response.headers.get('retry-after')).toBeNull();
    const status = photoSchema.parse(await response.json());
    if (status.status !== 'succeeded') throw new Error(`status ${status.status}`);
    const [result, photo] = await Promise.all([fetch(status.links.result), fetch(status.links.photo ?? '')]);
    expect(await result.text()).toBe('colour');
    expect(result.headers.get('content-disposition')).toContain("filename*=UTF-8''Gr%C3%BC%C3%9Fe.jpg");
    expect(Buffer.from(await photo.arrayBuffer())).toEqual(BYTES);
  });

  it('that failed says why', async () => {
    const { id } = await announce();
    const failure = {
      code: 'unreadable-image',
      message: 'Torn.',
      retryable: false,
      key: apiPhotoKey(id),
      etag: 'x',
    };
    await aws.s3.send(
      new PutObjectCommand({
        Bucket: aws.open.bucket,
        Key: failedKey(apiPhotoKey(id)),
        Body: JSON.stringify(failure),
      }),
    );
    expect(await (await look(id)).json()).toMatchObject({
      status: 'failed',
      code: 'unreadable-image',
      message: 'Torn.',
    });
  });

  it('of which only chroma is wanted says so to the worker', async () => {
    const created = await announce({ output: 'chroma' });
    expect((await put(created)).status).toBe(200);
    const { Metadata } = await aws.s3.send(
      new GetObjectCommand({ Bucket: aws.open.bucket, Key: apiPhotoKey(created.id) }),
    );
    expect(Metadata).toEqual({ output: 'chroma' });
  });
});

describe('what is announced wrongly is refused, and stores nothing', () => {
  it.each<[string, unknown, Headers, number, string]>([
    ['a wrong type', { ...PHOTO, type: 'image/gif' }, {}, 415, 'unsupported-type'],
    ['no type', { name: 'a', size: 1 }, {}, 415, 'unsupported-type'],
    ['too many bytes', { ...PHOTO, size: 25_000_001 }, {}, 413, 'too-large'],
    ['no bytes', { ...PHOTO, size: 0 }, {}, 400, 'bad-request'],
    ['a size that is none', { ...PHOTO, size: 'big' }, {}, 400, 'bad-request'],
    ['a path for a name', { ...PHOTO, name: '../../etc/passwd' }, {}, 400, 'bad-request'],
    ['a path of Windows', { ...PHOTO, name: '..\\boot.ini' }, {}, 400, 'bad-request'],
    ['a name of dots', { ...PHOTO, name: '..' }, {}, 400, 'bad-request'],
    ['a name with a line break', { ...PHOTO, name: 'a\r\nset-cookie: x' }, {}, 400, 'bad-request'],
    ['a key of its own', { ...PHOTO, key: 'incoming/mine.jpg' }, {}, 400, 'bad-request'],
    ['no JSON', 'name=photo.jpg', {}, 400, 'bad-request'],
    [
      'a form',
      'name=photo.jpg',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'unsupported-type',
    ],
    ['a megabyte of JSON', { ...PHOTO, name: 'x'.repeat(1e6) }, {}, 413, 'too-large'],
  ])('%s', async (_what, body, headers, status, code) => {
    const before = await keys();
    const response = await post(body, headers);
    expect(response.status).toBe(status);
    expect((await problemOf(response)).code).toBe(code);
    expect(await keys()).toEqual(before);
  });

  it('ten megabytes of JSON', async () => {
    const before = await keys();
    const response = await post({ ...PHOTO, name: 'x'.repeat(1e7) });
    expect([413, 400]).toContain(response.status);
    expect(await keys()).toEqual(before);
  });
});

describe('a link stores one object, once', () => {
  it.each<[string, (created: CreatedPhoto) => Promise<Response>]>([
    ['more bytes', (created) => put(created, Buffer.concat([BYTES, BYTES]))],
    ['fewer bytes', (created) => put(created, BYTES.subarray(1))],
    ['another type', (created) => put(created, BYTES, { 'content-type': 'text/html' })],
    ['another output', (created) => put(created, BYTES, { 'x-amz-meta-output': 'chroma' })],
    ['another condition', (created) => put(created, BYTES, { 'if-none-match': 'x' })],
    [
      'another key',
      (created) =>
        put(created, BYTES, {}, created.upload.url.replace(created.id, 'A'.repeat(created.id.length))),
    ],
    [
      'a key above',
      (created) => put(created, BYTES, {}, created.upload.url.replace(`api/${created.id}`, `api/../x`)),
    ],
    [
      'a longer life',
      (created) =>
        put(created, BYTES, {}, created.upload.url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=604800')),
    ],
    [
      'no signature',
      (created) =>
        put(created, BYTES, {}, created.upload.url.replace(/X-Amz-Signature=\w+/, 'X-Amz-Signature=0')),
    ],
  ])('%s: refused', async (_what, send) => {
    const created = await announce();
    const before = await keys();
    const response = await send(created);
    expect(response.status).toBe(403);
    expect(await keys()).toEqual(before);
    // It is still good for what it is for.
    expect((await put(created)).status).toBe(200);
  });

  it('without its condition: refused', async () => {
    const created = await announce();
    const { 'if-none-match': _, ...headers } = created.upload.headers;
    const response = await fetch(created.upload.url, { method: 'PUT', headers, body: new Uint8Array(BYTES) });
    expect(response.status).toBe(403);
  });

  it('a second time: refused, and what was stored stays', async () => {
    const created = await announce();
    expect((await put(created)).status).toBe(200);
    const other = Buffer.from(BYTES).fill('x');
    expect((await put(created, other)).status).toBe(412);
    expect(await stored(created.id)).toEqual(BYTES);
  });

  it('twenty at once: one is stored', async () => {
    const created = await announce();
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await put(created)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 412)).toHaveLength(19);
  });
});

describe('limits', () => {
  it('of one address: the next photo is refused until the hour is over', async () => {
    await fill(mine, 1);
    expect((await post(PHOTO)).status).toBe(201);
    const response = await post(PHOTO);
    expect((await problemOf(response)).code).toBe('hourly-quota-exceeded');
    const wait = Number(response.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(3600);
    await fill(mine, 100);
  });

  it('an address that a header claims counts for nothing', async () => {
    await fill(mine, 0);
    const response = await post(PHOTO, { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' });
    expect(response.status).toBe(429);
    await fill(mine, 100);
  });

  it('of all together: refused until the day is over', async () => {
    await fill(everybody, 0);
    const response = await post(PHOTO);
    expect((await problemOf(response)).code).toBe('daily-quota-exceeded');
    await fill(everybody, 2000);
    expect((await post(PHOTO)).status).toBe(201);
  });
});

describe('whoever knows no id learns nothing', () => {
  it.each([
    ['an id that nobody was given', 'A'.repeat(22)],
    ['a shorter one', 'A'],
    ['a longer one', 'A'.repeat(4000)],
    ['a path', '..%2F..%2Fscaler'],
    ['a key', encodeURIComponent('incoming/api/x')],
    ['another item of the table', encodeURIComponent('count#all#0')],
    ['a null byte', '%00'],
    ['what is no UTF-8', '%ff%fe'],
  ])('%s: not found', async (_what, id) => {
    expect((await look(id)).status).toBe(404);
  });

  it.each(['.env', 'handler.mjs', 'index.mjs', 'page/app.js', 'app.js/../index.mjs', 'photos'])(
    'GET %s: there is nothing',
    async (path) => {
      expect([404, 405]).toContain((await rawGet(`${aws.open.url}${path}`)).status);
    },
  );

  it('other methods: refused', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect([404, 405]).toContain((await fetch(`${aws.open.url}photos`, { method })).status);
  });
});

describe('with access jwt', () => {
  const make = (headers: Headers) => post(PHOTO, headers, aws.jwt.url);
  it.each<[string, () => Headers]>([
    ['no token', () => ({})],
    ['no token but a name', () => ({ authorization: 'Bearer ann' })],
    ['a token of somebody else', () => bearer(issuer.forged('ann'))],
    ['a token for another audience', () => bearer(issuer.token('ann', { aud: 'other' }))],
    ['a token of another issuer', () => bearer(issuer.token('ann', { iss: 'https://example.com' }))],
    ['a token of yesterday', () => bearer(issuer.token('ann', { exp: 1_700_000_000 }))],
    ['a token without algorithm', () => bearer(unsigned('ann'))],
  ])('%s: not let in', async (_what, headers) => {
    expect((await make(headers())).status).toBe(401);
    expect((await look('A'.repeat(22), headers(), aws.jwt.url)).status).toBe(401);
  });

  it('a token for nobody: not let in', async () => {
    expect((await problemOf(await make(bearer(issuer.token('', { sub: undefined }))))).code).toBe(
      'unauthorized',
    );
  });

  it("another caller's photo is not found, as if there were none", async () => {
    const created = createdPhotoSchema.parse(await (await make(bearer(issuer.token('ann')))).json());
    expect((await look(created.id, bearer(issuer.token('ann')), aws.jwt.url)).status).toBe(200);
    const [other, none] = await Promise.all([
      look(created.id, bearer(issuer.token('bob')), aws.jwt.url),
      look('A'.repeat(22), bearer(issuer.token('bob')), aws.jwt.url),
    ]);
    expect([other.status, await other.json()]).toEqual([none.status, await none.json()]);
    expect(other.status).toBe(404);
  });

  it('its photos are not those of the open stage', async () => {
    const created = createdPhotoSchema.parse(await (await make(bearer(issuer.token('ann')))).json());
    expect((await look(created.id)).status).toBe(404);
  });
});

/** A token that says that it needs no signature. */
const unsigned = (sub: string) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: issuer.url, aud: 'page', sub, exp: Math.floor(Date.now() / 1000) + 600 };
  return `${part({ alg: 'none', kid: 'one', typ: 'JWT' })}.${part(claims)}.`;
};

/** fetch tidies paths up before it sends them. */
const rawGet = (url: string): Promise<{ status: number | undefined }> => {
  const { hostname, port } = new URL(url);
  const path = url.slice(url.indexOf('/', 'http://'.length));
  return new Promise((resolve, reject) =>
    httpRequest({ hostname, port, path }, (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    })
      .on('error', reject)
      .end(),
  );
};
