/** Quotas, unknown ids and tokens at the deployed gateway. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createdPhotoSchema } from '../../../../contract/photo-api.ts';
import { dailyWindow, hourlyWindow, type QuotaWindow } from '../../../../lambda/gateway/quotas.ts';
import { deployed } from '../support/deployed.ts';
import { bearer, getPhoto, PHOTO, post, problemOf, type Headers } from '../support/http.ts';

/** Sets the counters of a window and the next one, so that `left` photos are left. */
async function fill(windowAt: (at: number) => QuotaWindow, left: number): Promise<void> {
  const now = windowAt(Date.now() / 1000);
  for (const { key, limit, endsAt } of [now, windowAt(now.endsAt)]) {
    await deployed.documents.send(
      new UpdateCommand({
        TableName: deployed.open.table,
        Key: { id: key },
        UpdateExpression: 'SET photos = :n, expiresAt = :end',
        ExpressionAttributeValues: { ':n': limit - left, ':end': endsAt },
      }),
    );
  }
}
const myWindow = (at: number) => hourlyWindow('127.0.0.1', at, 100);
const everyone = (at: number) => dailyWindow(at, 2000);

/** A token with `alg: none`. */
const unsigned = (sub: string) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: deployed.issuer.url, aud: 'page', sub, exp: Math.floor(Date.now() / 1000) + 600 };
  return `${part({ alg: 'none', kid: 'one', typ: 'JWT' })}.${part(claims)}.`;
};

/** `fetch` normalises paths. */
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

export function accessTests(): void {
  describe('quotas', () => {
    it('of one address: 429 until the next hour', async () => {
      await fill(myWindow, 1);
      expect((await post(PHOTO)).status).toBe(201);
      const response = await post(PHOTO);
      expect((await problemOf(response)).code).toBe('hourly-quota-exceeded');
      const wait = Number(response.headers.get('retry-after'));
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(3600);
      await fill(myWindow, 100);
    });

    it('ignore an address from a header', async () => {
      await fill(myWindow, 0);
      const response = await post(PHOTO, { 'x-forwarded-for': '203.0.113.7', forwarded: 'for=203.0.113.7' });
      expect(response.status).toBe(429);
      await fill(myWindow, 100);
    });

    it('of all callers: 429 until the next day', async () => {
      await fill(everyone, 0);
      const response = await post(PHOTO);
      expect((await problemOf(response)).code).toBe('daily-quota-exceeded');
      await fill(everyone, 2000);
      expect((await post(PHOTO)).status).toBe(201);
    });
  });

  describe('unknown ids and paths', () => {
    it.each([
      ['an unknown id', 'A'.repeat(22)],
      ['a shorter one', 'A'],
      ['a longer one', 'A'.repeat(4000)],
      ['a path', '..%2F..%2Fscaler'],
      ['a key', encodeURIComponent('incoming/api/x')],
      ['another item of the table', encodeURIComponent('count#all#0')],
      ['a null byte', '%00'],
      ['bytes that are not UTF-8', '%ff%fe'],
    ])('%s: not found', async (_case, id) => {
      expect((await getPhoto(id)).status).toBe(404);
    });

    it.each(['.env', 'handler.mjs', 'index.mjs', 'page/app.js', 'app.js/../index.mjs', 'photos'])(
      'GET %s: not found',
      async (path) => {
        expect([404, 405]).toContain((await rawGet(`${deployed.open.url}${path}`)).status);
      },
    );

    it('other methods: rejected', async () => {
      for (const method of ['PUT', 'DELETE', 'PATCH'])
        expect([404, 405]).toContain((await fetch(`${deployed.open.url}photos`, { method })).status);
    });
  });

  describe('with access jwt', () => {
    const create = (headers: Headers) => post(PHOTO, headers, deployed.jwt.url);
    it.each<[string, () => Headers]>([
      ['no token', () => ({})],
      ['a name instead of a token', () => ({ authorization: 'Bearer ann' })],
      ['a token with another signature', () => bearer(deployed.issuer.forged('ann'))],
      ['a token for another audience', () => bearer(deployed.issuer.token('ann', { aud: 'other' }))],
      [
        'a token of another issuer',
        () => bearer(deployed.issuer.token('ann', { iss: 'https://example.com' })),
      ],
      ['an expired token', () => bearer(deployed.issuer.token('ann', { exp: 1_700_000_000 }))],
      ['a token without algorithm', () => bearer(unsigned('ann'))],
    ])('%s: 401', async (_case, headers) => {
      expect((await create(headers())).status).toBe(401);
      expect((await getPhoto('A'.repeat(22), headers(), deployed.jwt.url)).status).toBe(401);
    });

    it('a token without subject: 401', async () => {
      expect(
        (await problemOf(await create(bearer(deployed.issuer.token('', { sub: undefined }))))).code,
      ).toBe('unauthorized');
    });

    it("another caller's photo is not found, like an unknown one", async () => {
      const created = createdPhotoSchema.parse(
        await (await create(bearer(deployed.issuer.token('ann')))).json(),
      );
      expect(
        (await getPhoto(created.id, bearer(deployed.issuer.token('ann')), deployed.jwt.url)).status,
      ).toBe(200);
      const [other, none] = await Promise.all([
        getPhoto(created.id, bearer(deployed.issuer.token('bob')), deployed.jwt.url),
        getPhoto('A'.repeat(22), bearer(deployed.issuer.token('bob')), deployed.jwt.url),
      ]);
      expect([other.status, await other.json()]).toEqual([none.status, await none.json()]);
      expect(other.status).toBe(404);
    });

    it('a photo of one stage is not found at the other', async () => {
      const created = createdPhotoSchema.parse(
        await (await create(bearer(deployed.issuer.token('ann')))).json(),
      );
      expect((await getPhoto(created.id)).status).toBe(404);
    });
  });
}
