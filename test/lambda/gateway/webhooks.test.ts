/** The requests of webhooks: what may be registered, what is shown of it, and whose it is. */
import { describe, expect, it } from 'vitest';
import { ownerDigest, webhookSchema, webhooksSchema } from '../../../contract/webhook.ts';
import { validSecrets } from '../../../contract/webhook-signature.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { eventOf, jwtAuthorizer } from './support/events.ts';
import { memoryGateway } from './support/memory.ts';
import { memoryWebhooks } from './support/webhooks.ts';

const NOON = Date.parse('2026-06-01T12:00:00Z') / 1000;
const URL = 'https://hooks.example.com/a';
const ADDRESSES = { 'hooks.example.com': '1.1.1.1', 'inside.example.com': '10.0.0.1' };

function setUp() {
  const { registry, webhooks } = memoryWebhooks(ADDRESSES);
  const gateway = { ...memoryGateway(NOON, { access: 'jwt' }), webhooks };
  const request = async (method: string, id?: string, body?: object, sub = 'ann', groups?: string) => {
    const route = id === undefined ? `${method} /webhooks` : `${method} /webhooks/{id}`;
    const event = eventOf(route, {
      ...(id !== undefined && { id }),
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      authorizer: jwtAuthorizer({ sub, ...(groups && { 'cognito:groups': groups }) }),
    });
    const { statusCode, body: text } = await respond(parseRequest(event), gateway);
    return { status: statusCode, text, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  const read = async (id: string, sub?: string) =>
    webhookSchema.strict().parse((await request('GET', id, undefined, sub)).json);
  return { gateway, registry, request, read };
}

describe('a webhook', () => {
  it('is registered, shown without its secret, changed and deleted', async () => {
    const { request, read, registry } = setUp();
    const created = await request('PUT', 'a', { url: URL });
    expect(created.status).toBe(201);
    const { secret = '', ...shown } = webhookSchema.strict().parse(created.json);
    expect(secret).toMatch(/^whsec_/);
    expect(shown).toEqual({
      ...{ id: 'a', url: URL, signing: 'hmac', createdAt: '2026-06-01T12:00:00.000Z' },
      ...{ state: 'active', lastSuccessAt: null, lastFailure: null },
    });
    expect(await read('a')).toEqual(shown);
    const changed = await request('PUT', 'a', { url: `${URL}/b` });
    expect([changed.status, changed.json]).toEqual([200, { ...shown, url: `${URL}/b` }]);
    const { target } = [...registry.stored.values()][0]!;
    expect((await request('DELETE', 'a')).status).toBe(204);
    expect((await request('GET', 'a')).status).toBe(404);
    // Deliveries of the deleted one are not of the new one.
    await request('PUT', 'a', { url: URL });
    expect([...registry.stored.values()][0]!.target).not.toBe(target);
  });

  it('with a key pair shows the public key, and never the private one', async () => {
    const { request, read, registry } = setUp();
    const { json, text } = await request('PUT', 'a', { url: URL, signing: 'ed25519' });
    const { publicKeys = [], secret } = webhookSchema.parse(json);
    expect([secret, publicKeys.length]).toEqual([undefined, 1]);
    expect(text).not.toContain([...registry.stored.values()][0]!.secrets[0]!.secret);
    expect((await read('a')).publicKeys).toEqual(publicKeys);
  });

  it('gets a new secret on request, beside which the old one is valid', async () => {
    const { request, registry } = setUp();
    const first = webhookSchema.parse((await request('PUT', 'a', { url: URL })).json).secret;
    const second = webhookSchema.parse((await request('PUT', 'a', { url: URL, rotate: true })).json).secret;
    expect(second).not.toBe(first);
    const { secrets } = [...registry.stored.values()][0]!;
    expect(validSecrets(secrets, NOON).map(({ secret }) => secret)).toEqual([second, first]);
    const other = webhookSchema.parse((await request('PUT', 'a', { url: URL, signing: 'ed25519' })).json);
    expect(other.publicKeys).toHaveLength(1);
  });

  it('is switched on again by a change', async () => {
    const { request, read, registry } = setUp();
    await request('PUT', 'a', { url: URL });
    const [[key, stored]] = [...registry.stored] as [
      [string, typeof registry.stored extends Map<string, infer T> ? T : never],
    ];
    const lastFailure = { at: NOON, reason: 'status 410' };
    registry.stored.set(key, { ...stored, disabledAt: NOON, failures: 3, lastFailure });
    expect(await read('a')).toMatchObject({ state: 'disabled', lastFailure: { reason: 'status 410' } });
    await request('PUT', 'a', { url: URL });
    expect(await read('a')).toMatchObject({ state: 'active' });
  });

  it('is its caller’s alone', async () => {
    const { request } = setUp();
    await request('PUT', 'a', { url: URL });
    for (const method of ['GET', 'DELETE'])
      expect((await request(method, 'a', undefined, 'bob')).status).toBe(404);
    expect(webhooksSchema.parse((await request('GET', undefined, undefined, 'bob')).json).webhooks).toEqual(
      [],
    );
    expect((await request('PUT', 'a', { url: URL }, 'bob')).status).toBe(201);
    expect(webhooksSchema.parse((await request('GET')).json).webhooks).toHaveLength(1);
  });

  it('belongs to the group of its user, as its photos do: their events go to the owner’s webhooks', async () => {
    const { gateway, registry, request } = setUp();
    gateway.groupsClaim = 'cognito:groups';
    expect((await request('PUT', 'a', { url: URL }, 'ann', '[museum]')).status).toBe(201);
    const listed = async (sub: string, groups?: string) =>
      webhooksSchema.parse((await request('GET', undefined, undefined, sub, groups)).json).webhooks;
    expect(await listed('bob', '[museum]')).toHaveLength(1);
    expect(await listed('ann')).toEqual([]);
    expect([...registry.stored.values()][0]!.owner).toBe(ownerDigest('group:museum'));
    expect((await request('DELETE', 'a', undefined, 'bob', '[archive]')).status).toBe(404);
    expect((await request('GET', 'a', undefined, 'bob', '[museum]')).status).toBe(200);
    expect((await request('DELETE', 'a', undefined, 'bob', '[museum]')).status).toBe(204);
  });

  it('is one of five at most', async () => {
    const { request } = setUp();
    for (const id of ['a', 'b', 'c', 'd', 'e'])
      expect((await request('PUT', id, { url: URL })).status).toBe(201);
    const { status, text } = await request('PUT', 'f', { url: URL });
    expect([status, text]).toEqual([
      400,
      expect.stringContaining('You have 5 webhooks; the maximum is 5') as string,
    ]);
    expect((await request('PUT', 'a', { url: `${URL}/x` })).status).toBe(200);
  });

  it('is one of five at most, also of many requests at once', async () => {
    const { request, registry } = setUp();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const answers = await Promise.all(ids.map((id) => request('PUT', id, { url: URL })));
    const made = answers.filter(({ status }) => status === 201);
    expect(registry.stored.size).toBeLessThanOrEqual(5);
    expect(made).toHaveLength(registry.stored.size);
    expect(new Set(answers.map(({ status }) => status))).toContain(503);
  });
});

describe('what is refused', () => {
  it.each<[what: string, id: string, body: object, detail: string]>([
    ['an id with capitals', 'A', { url: URL }, 'lowercase'],
    ['a long id', 'a'.repeat(41), { url: URL }, 'lowercase'],
    ['an id with a hyphen at its end', 'a-', { url: URL }, 'lowercase'],
    ['no url', 'a', {}, 'url'],
    ['another field', 'a', { url: URL, secret: 'mine' }, 'secret'],
    ['plain http', 'a', { url: 'http://hooks.example.com' }, 'https only'],
    ['an address', 'a', { url: 'https://10.0.0.1' }, 'use a name'],
    ['a name of this network', 'a', { url: 'https://inside.example.com' }, 'not public'],
    ['a name that nothing knows', 'a', { url: 'https://unknown.example.com' }, 'cannot be resolved'],
    ['another signature', 'a', { url: URL, signing: 'rsa' }, 'signing'],
  ])('%s', async (_what, id, body, detail) => {
    const { request, registry } = setUp();
    const { status, text } = await request('PUT', id, body);
    expect(status).toBe(400);
    expect(text).toContain(detail);
    expect(registry.stored.size).toBe(0);
  });

  it('everything, at a stage without webhooks', async () => {
    const { gateway } = setUp();
    for (const route of [
      'GET /webhooks',
      'GET /webhooks/{id}',
      'PUT /webhooks/{id}',
      'DELETE /webhooks/{id}',
    ]) {
      const event = eventOf(route, { id: 'a', authorizer: jwtAuthorizer({ sub: 'ann' }) });
      const { statusCode } = await respond(parseRequest(event), { ...gateway, webhooks: undefined });
      expect(statusCode).toBe(404);
    }
  });

  it('a secret in a log line', async () => {
    const { gateway, request } = setUp();
    const { secret = '' } = webhookSchema.parse((await request('PUT', 'a', { url: URL })).json);
    expect(JSON.stringify(gateway.logLines)).not.toContain(secret.slice(6));
    expect(gateway.logLines.at(-1)).toMatchObject({ route: 'PUT /webhooks/{id}', status: 201 });
    expect(gateway.logLines.at(-1)).not.toHaveProperty('photo');
  });
});
