/** Every response matches the OpenAPI document. */
import { beforeEach, describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey, resultKey } from '../../../contract/keys.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import type { Response } from '../../../lambda/gateway/response.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { failureOf, idOf, memoryGateway, type MemoryGateway } from './support/memory.ts';
import { createPhotoEvent, eventOf } from './support/events.ts';
import { deviationOf, open, operationsOf } from './support/openapi.ts';

const NOON = Date.parse('2026-06-01T12:20:00Z') / 1000;
const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000 };

describe('responses', () => {
  let gateway: MemoryGateway;
  beforeEach(async () => {
    gateway = memoryGateway(NOON);
    await handle(createPhotoEvent(photo));
  });
  const id = idOf(1);
  const key = apiPhotoKey(id);
  const handle = (event: unknown) => respond(parseRequest(event), gateway);
  const read = () => handle(eventOf('GET /photos/{id}', { id }));
  const remove = () => handle(eventOf('DELETE /photos/{id}', { id }));
  const store = (what: string, body = 'x', type = 'image/jpeg') =>
    gateway.ports.storage.write(what, body, type);

  const CASES: [how: string, route: string, status: number, code: string, make: () => Promise<Response>][] = [
    ['created', 'POST /photos', 201, '', () => handle(createPhotoEvent(photo))],
    [
      'created, for chroma',
      'POST /photos',
      201,
      '',
      () => handle(createPhotoEvent({ ...photo, output: 'chroma' })),
    ],
    ['no JSON', 'POST /photos', 400, 'bad-request', () => handle(createPhotoEvent(undefined, { body: '{' }))],
    ['too large', 'POST /photos', 413, 'too-large', () => handle(createPhotoEvent({ ...photo, size: 1e9 }))],
    [
      'unsupported type',
      'POST /photos',
      415,
      'unsupported-type',
      () => handle(createPhotoEvent({ ...photo, type: 'a/b' })),
    ],
    [
      'created, in the bulk lane',
      'POST /photos',
      201,
      '',
      () => handle(createPhotoEvent({ ...photo, lane: 'bulk' })),
    ],
    [
      'an unknown lane',
      'POST /photos',
      400,
      'bad-request',
      () => handle(createPhotoEvent({ ...photo, lane: 'slow' })),
    ],
    [
      'no bulk lane',
      'POST /photos',
      422,
      'no-bulk-lane',
      () => {
        gateway.settings.bulkDeadlineSeconds = 0;
        return handle(createPhotoEvent({ ...photo, lane: 'bulk' }));
      },
    ],
    [
      'no chroma output',
      'POST /photos',
      422,
      'no-chroma',
      () => {
        gateway.settings.chromaSize = 0;
        return handle(createPhotoEvent({ ...photo, output: 'chroma' }));
      },
    ],
    [
      'hourly quota exceeded',
      'POST /photos',
      429,
      'hourly-quota-exceeded',
      async () => {
        for (let k = 0; k < 2; k++) await handle(createPhotoEvent(photo));
        return handle(createPhotoEvent(photo));
      },
    ],
    [
      'daily quota exceeded',
      'POST /photos',
      429,
      'daily-quota-exceeded',
      async () => {
        for (let k = 0; k < 4; k++) await handle(createPhotoEvent(photo, { sourceIp: `198.51.100.${k}` }));
        return handle(createPhotoEvent(photo, { sourceIp: '198.51.100.9' }));
      },
    ],
    [
      'registry failed',
      'POST /photos',
      503,
      'unavailable',
      () => {
        gateway.ports.registry.put = () => Promise.reject(new Error('away'));
        return handle(createPhotoEvent(photo));
      },
    ],
    ['not uploaded yet', 'GET /photos/{id}', 200, 'waiting', read],
    [
      'uploaded',
      'GET /photos/{id}',
      200,
      'waiting',
      () => {
        store(key);
        return read();
      },
    ],
    [
      'uploaded, with a view',
      'GET /photos/{id}',
      200,
      'waiting',
      () => {
        store(key);
        gateway.ports.viewReader.view = {
          at: NOON,
          tickSeconds: 30,
          visible: 3,
          inFlight: 1,
          inService: 1,
          coming: [{ count: 1, readyAt: NOON + 60 }],
          arrivalsPerSecond: 0.1,
          serviceSeconds: 4,
          bootSeconds: 90,
          history: [{ at: NOON, backlog: 4, completed: 0 }],
        };
        return read();
      },
    ],
    [
      'succeeded',
      'GET /photos/{id}',
      200,
      'succeeded',
      () => {
        store(key);
        store(resultKey(key), 'in colour', 'image/png');
        return read();
      },
    ],
    [
      'succeeded, photo deleted',
      'GET /photos/{id}',
      200,
      'succeeded',
      () => {
        store(resultKey(key));
        return read();
      },
    ],
    [
      'failed',
      'GET /photos/{id}',
      200,
      'failed',
      () => {
        store(failedKey(key), JSON.stringify(failureOf(id)));
        return read();
      },
    ],
    [
      'never uploaded',
      'GET /photos/{id}',
      200,
      'not-uploaded',
      () => {
        gateway.clock.now += 86_400;
        return read();
      },
    ],
    [
      'expired',
      'GET /photos/{id}',
      200,
      'expired',
      () => {
        gateway.clock.now += 20 * 86_400;
        return read();
      },
    ],
    ['unknown', 'GET /photos/{id}', 404, 'not-found', () => handle(eventOf('GET /photos/{id}', { id: 'x' }))],
    [
      'storage failed',
      'GET /photos/{id}',
      503,
      'unavailable',
      () => {
        gateway.ports.storage.failure = () => Promise.reject(new Error('away'));
        return read();
      },
    ],
    [
      'shared',
      'POST /photos/{id}/share',
      200,
      '',
      () => {
        store(resultKey(key));
        return handle(eventOf('POST /photos/{id}/share', { id }));
      },
    ],
    [
      'shared, without a result',
      'POST /photos/{id}/share',
      404,
      'not-found',
      () => handle(eventOf('POST /photos/{id}/share', { id })),
    ],
    [
      'shared, storage failed',
      'POST /photos/{id}/share',
      503,
      'unavailable',
      () => {
        store(resultKey(key));
        gateway.ports.storage.copyToShared = () => Promise.reject(new Error('away'));
        return handle(eventOf('POST /photos/{id}/share', { id }));
      },
    ],
    ['cancelled', 'DELETE /photos/{id}', 200, 'cancelled', remove],
    [
      'deleted with its outcome',
      'DELETE /photos/{id}',
      200,
      'deleted',
      () => {
        store(failedKey(key), JSON.stringify(failureOf(id)));
        return remove();
      },
    ],
    [
      'unknown to delete',
      'DELETE /photos/{id}',
      404,
      'not-found',
      () => handle(eventOf('DELETE /photos/{id}', { id: 'x' })),
    ],
    [
      'not deleted',
      'DELETE /photos/{id}',
      503,
      'unavailable',
      () => {
        gateway.ports.storage.removeOutcomes = () => Promise.reject(new Error('away'));
        return remove();
      },
    ],
    ['healthy', 'GET /health', 200, 'ok', () => handle(eventOf('GET /health'))],
  ];

  it.each(CASES)('%s: %s %i %s', async (_case, route, status, code, make) => {
    const response = await make();
    expect(response.statusCode).toBe(status);
    expect(response.body).toContain(code && `"${code}"`);
    expect(deviationOf(open, route, response)).toBeUndefined();
  });

  it('cover every status of the document', () => {
    const covered = new Set(CASES.map(([, route, status]) => `${route} ${status}`));
    const documented = operationsOf(open).flatMap(({ route, operation }) =>
      Object.keys(operation.responses).map((status) => `${route} ${status}`),
    );
    // From API Gateway only: GET has no quota, and the function's own errors are 503.
    expect(documented.filter((one) => !covered.has(one)).sort()).toEqual([
      'DELETE /photos/{id} 429',
      'DELETE /photos/{id} 500',
      'GET /photos/{id} 429',
      'GET /photos/{id} 500',
      'POST /photos 500',
      'POST /photos/{id}/share 429',
      'POST /photos/{id}/share 500',
    ]);
  });
});
