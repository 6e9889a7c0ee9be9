/** A response that differs from the OpenAPI document is detected; that of each access has its own answers. */
import { beforeEach, describe, expect, it } from 'vitest';
import { apiPhotoKey, resultKey } from '../../../contract/keys.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import type { Response } from '../../../lambda/gateway/response.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { createPhotoEvent, eventOf, iamAuthorizer, jwtAuthorizer } from './support/events.ts';
import { idOf, memoryGateway, type MemoryGateway } from './support/memory.ts';
import { deviationOf, documentOf, open, type Json } from './support/openapi.ts';

const NOON = Date.parse('2026-06-01T12:20:00Z') / 1000;
const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000 };
const id = idOf(1);
const handlerOf = (gateway: MemoryGateway) => (event: unknown) => respond(parseRequest(event), gateway);

describe('a response that differs from the document is detected:', () => {
  let done: Response;
  beforeEach(async () => {
    const gateway = memoryGateway(NOON);
    const handle = handlerOf(gateway);
    await handle(createPhotoEvent(photo));
    gateway.ports.storage.write(resultKey(apiPhotoKey(id)), 'x', 'image/jpeg');
    done = await handle(eventOf('GET /photos/{id}', { id }));
  });
  const changed = (more: Json): Response => ({
    ...done,
    body: JSON.stringify({ ...(JSON.parse(done.body) as Json), ...more }),
  });
  it.each<[string, Json]>([
    ['no name', { name: undefined }],
    ['another status', { status: 'lost' }],
    ['an invalid id', { id: 'x' }],
    ['another type', { type: 'image/gif' }],
    ['an invalid link', { links: { result: 'here', photo: null } }],
    ['no link', { links: {} }],
    ['an invalid time', { expiresAt: 'soon' }],
    ['half a byte', { size: 0.5 }],
    ['an additional field', { key: 'results/api/x' }],
  ])('%s', (_case, more) => {
    expect(deviationOf(open, 'GET /photos/{id}', changed({}))).toBeUndefined();
    expect(deviationOf(open, 'GET /photos/{id}', changed(more))).toMatch(/\w/);
  });
});

it.each(['jwt', 'iam'] as const)('with access %s without credentials', async (access) => {
  const handle = handlerOf(memoryGateway(NOON, { access }));
  for (const [route, event] of [
    ['POST /photos', createPhotoEvent(photo)],
    ['GET /photos/{id}', eventOf('GET /photos/{id}', { id })],
    ['POST /photos/{id}/share', eventOf('POST /photos/{id}/share', { id })],
  ] as const) {
    const response = await handle(event);
    expect(response.statusCode).toBe(401);
    expect(deviationOf(documentOf(access), route, response)).toBeUndefined();
    expect(deviationOf(open, route, response)).toMatch(/no status 401/);
  }
});

it.each([
  ['jwt', jwtAuthorizer({ sub: 'jane' })],
  ['iam', iamAuthorizer('AROAX:session')],
] as const)('with access %s with credentials', async (access, authorizer) => {
  const handle = handlerOf(memoryGateway(NOON, { access }));
  const response = await handle(createPhotoEvent(photo, { authorizer }));
  expect(response.statusCode).toBe(201);
  expect(deviationOf(documentOf(access), 'POST /photos', response)).toBeUndefined();
});
