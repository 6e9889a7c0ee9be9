/** Routes, problem responses and the request log. */
import { describe, expect, it } from 'vitest';
import { apiPhotoKey } from '../../../contract/keys.ts';
import { problemSchema, type Problem } from '../../../contract/photo-api.ts';
import { photoLogId } from '../../../contract/trace.ts';
import { ProblemError, type GatewayProblemCode } from '../../../lambda/gateway/problems.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import { jsonResponse, problemResponse, type Response } from '../../../lambda/gateway/response.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { idOf, memoryGateway, traceOf } from './support/memory.ts';
import { createPhotoEvent, eventOf, jwtAuthorizer } from './support/events.ts';

const NOON = Date.parse('2026-06-01T12:20:00Z') / 1000;
const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000 };

const PROBLEMS: [code: GatewayProblemCode, status: number, title: string][] = [
  ['bad-request', 400, 'Bad Request'],
  ['unauthorized', 401, 'Unauthorized'],
  ['not-found', 404, 'Not Found'],
  ['method-not-allowed', 405, 'Method Not Allowed'],
  ['too-large', 413, 'Content Too Large'],
  ['unsupported-type', 415, 'Unsupported Media Type'],
  ['no-chroma', 422, 'No Chroma Output'],
  ['no-bulk-lane', 422, 'No Bulk Lane'],
  ['hourly-quota-exceeded', 429, 'Hourly quota exceeded'],
  ['daily-quota-exceeded', 429, 'Daily quota exceeded'],
  ['unavailable', 503, 'Service Unavailable'],
];
const problemOf = ({ headers, body }: Response): Problem => {
  expect(headers['content-type']).toBe('application/problem+json');
  return problemSchema.strict().parse(JSON.parse(body));
};

describe('problemResponse', () => {
  it.each(PROBLEMS)('of %s has status %i and title "%s"', (code, status, title) => {
    const made = problemResponse(new ProblemError(code, `why "${code}"`));
    expect(made.statusCode).toBe(status);
    expect(problemOf(made)).toMatchObject({
      type: 'about:blank',
      status,
      title,
      code,
      detail: `why "${code}"`,
    });
    expect(made.headers).not.toHaveProperty('retry-after');
  });

  it.each([0, 1, 3600])('has Retry-After: %i s', (seconds) => {
    const { headers } = problemResponse(new ProblemError('daily-quota-exceeded', 'enough', seconds));
    expect(headers['retry-after']).toBe(String(seconds));
  });
});

describe('security headers', () => {
  it.each([
    ['a JSON response', jsonResponse(200, {})],
    ['a problem', problemResponse(new ProblemError('not-found', 'no'))],
  ])('are on every response: %s', (_case, { headers }) => {
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000',
    });
  });
});

describe('respond', () => {
  const handle = async (event: unknown, gateway = memoryGateway(NOON)) => ({
    response: await respond(parseRequest(event), gateway),
    gateway,
  });

  it('creates a photo and returns its status', async () => {
    const { response, gateway } = await handle(createPhotoEvent(photo));
    expect(response.statusCode).toBe(201);
    expect(JSON.parse(response.body)).toMatchObject({ id: idOf(1), upload: { method: 'PUT' } });
    const { response: next } = await handle(eventOf('GET /photos/{id}', { id: idOf(1) }), gateway);
    expect([next.statusCode, next.headers['retry-after']]).toEqual([200, '5']);
    expect(JSON.parse(next.body)).toMatchObject({ status: 'waiting', name: 'Oma.jpg' });
  });

  it('deletes a photo once, for its caller, and logs neither its name nor its id', async () => {
    const gateway = memoryGateway(NOON, { access: 'jwt' });
    const by = (sub: string) => ({ id: idOf(1), authorizer: jwtAuthorizer({ sub }) });
    await handle(createPhotoEvent(photo, { authorizer: jwtAuthorizer({ sub: 'jane' }) }), gateway);
    gateway.ports.storage.write(apiPhotoKey(idOf(1)), 'grey', 'image/jpeg');
    const foreign = await handle(eventOf('DELETE /photos/{id}', by('karl')), gateway);
    expect(problemOf(foreign.response)).toMatchObject({ status: 404, code: 'not-found' });
    expect(gateway.ports.registry.size).toBe(1);
    const { response } = await handle(eventOf('DELETE /photos/{id}', by('jane')), gateway);
    expect([response.statusCode, JSON.parse(response.body)]).toEqual([
      200,
      { id: idOf(1), status: 'cancelled' },
    ]);
    expect([
      gateway.ports.registry.size,
      gateway.ports.storage.objects.get(apiPhotoKey(idOf(1)))?.body,
    ]).toEqual([0, Buffer.alloc(0)]);
    for (const method of ['DELETE', 'GET']) {
      const again = await handle(eventOf(`${method} /photos/{id}`, by('jane')), gateway);
      expect(problemOf(again.response).code).toBe('not-found');
    }
    const logged = JSON.stringify(gateway.logLines);
    expect(logged).toContain(photoLogId('photos', apiPhotoKey(idOf(1))));
    for (const secret of ['Oma', idOf(1), 'jane']) expect(logged).not.toContain(secret);
  });

  it('counts a caller by the source address of the request context, whatever a header says', async () => {
    const gateway = memoryGateway(NOON);
    const from = (sourceIp: string, header: string) =>
      handle(createPhotoEvent(photo, { sourceIp, headers: { 'x-forwarded-for': header } }), gateway);
    for (let k = 0; k < 3; k++) await from('203.0.113.7', `198.51.100.${k}`);
    const { response } = await from('203.0.113.7', '198.51.100.9');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '2400']);
    expect(problemOf(response).code).toBe('hourly-quota-exceeded');
    expect((await from('203.0.113.8', '203.0.113.7')).response.statusCode).toBe(201);
  });

  it('returns 404 for other routes', async () => {
    for (const route of ['$default', 'DELETE /photos', 'GET /photos', 'GET /admin']) {
      const { response } = await handle(eventOf(route));
      expect(problemOf(response)).toMatchObject({
        status: 404,
        code: 'not-found',
        detail: 'No resource at this address.',
      });
    }
  });

  it('rejects every request when the stage has lost its authorizer', async () => {
    for (const access of ['jwt', 'iam'] as const) {
      const gateway = memoryGateway(NOON, { access });
      // Before the request itself is validated.
      for (const event of [
        createPhotoEvent({ size: -1 }),
        createPhotoEvent(photo),
        eventOf('GET /photos/{id}', { id: 'x' }),
        eventOf('DELETE /photos/{id}', { id: 'x' }),
      ])
        expect(problemOf((await handle(event, gateway)).response).code).toBe('unauthorized');
      expect(gateway.ports.registry.size).toBe(0);
    }
  });

  it('serves health and the OpenAPI document without credentials', async () => {
    for (const access of ['open', 'jwt', 'iam'] as const) {
      const gateway = memoryGateway(NOON, { access });
      expect((await handle(eventOf('GET /health'), gateway)).response.body).toBe('{"status":"ok"}');
      const { response } = await handle(eventOf('GET /openapi.json'), gateway);
      expect(JSON.parse(response.body)).toMatchObject({ openapi: '3.1.0' });
    }
  });

  describe('on an internal error', () => {
    const secret = 'arn:aws:iam::123456789012:role/gateway';
    const broken = () => {
      const gateway = memoryGateway(NOON);
      const cause = Object.assign(new Error(`AccessDenied: ${secret} may not`), { name: 'AccessDenied' });
      gateway.ports.storage.result = ({ id }) =>
        Promise.reject(new Error(`'results/api/${id}' cannot be read`, { cause }));
      return gateway;
    };
    const failing = async () => {
      const gateway = broken();
      await handle(createPhotoEvent(photo), gateway);
      gateway.logLines.splice(0);
      return handle(eventOf('GET /photos/{id}', { id: idOf(1) }), gateway);
    };

    it('returns the request id and no detail of the error', async () => {
      const { response } = await failing();
      expect(response.headers['retry-after']).toBe('5');
      const problem = problemOf(response);
      expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
      expect(problem.detail).toContain('CLFvRhTyFiAEJSQ=');
      for (const part of [secret, 'AccessDenied', 'results/', '.ts'])
        expect(JSON.stringify(response)).not.toContain(part);
    });

    it('logs the error with its causes', async () => {
      const { gateway } = await failing();
      expect(gateway.logLines).toMatchObject([{ status: 503, requestId: 'CLFvRhTyFiAEJSQ=' }]);
      const error = String(gateway.logLines[0]?.error);
      for (const part of ['cannot be read', 'AccessDenied', secret, 'routes.test.ts'])
        expect(error).toContain(part);
    });

    it.each([
      ['text', 'out of order' as unknown as Error],
      ['nothing', undefined as unknown as Error],
      ['an object', { code: 7 } as unknown as Error],
    ] as const)('returns 503 when the thrown value is %s', async (_case, thrown) => {
      const gateway = memoryGateway(NOON);
      gateway.ports.registry.countPhoto = () => Promise.reject(thrown);
      const { response } = await handle(createPhotoEvent(photo), gateway);
      expect(problemOf(response).code).toBe('unavailable');
    });

    it('returns no link when the record cannot be written', async () => {
      const gateway = memoryGateway(NOON);
      gateway.ports.registry.put = () => Promise.reject(new Error('throttled'));
      const { response } = await handle(createPhotoEvent(photo), gateway);
      expect(problemOf(response).code).toBe('unavailable');
      expect(response.body).not.toContain('https://');
    });
  });

  describe('the log', () => {
    it('has a line for each request', async () => {
      const startMs = performance.now();
      const { gateway } = await handle(createPhotoEvent(photo));
      await handle(createPhotoEvent({ ...photo, size: 0 }), gateway);
      await handle(eventOf('GET /photos/{id}', { id: idOf(1) }), gateway);
      const names = { photo: gateway.logIdOf({ id: idOf(1) }), trace: traceOf(1) };
      expect(gateway.logLines).toEqual([
        expect.objectContaining({ message: 'request-handled', route: 'POST /photos', status: 201, ...names }),
        expect.objectContaining({ status: 400, code: 'bad-request' }),
        expect.objectContaining({ route: 'GET /photos/{id}', status: 200, ...names }),
      ]);
      for (const { ms } of gateway.logLines) {
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(performance.now() - startMs + 1);
      }
    });

    it('has the log id of a photo and never its id, whatever the outcome', async () => {
      const id = 'sEcReT0123456789abcdef';
      const gateway = { ...memoryGateway(NOON), newId: () => id };
      const about = () => handle(eventOf('GET /photos/{id}', { id }), gateway);
      await about();
      await handle(createPhotoEvent(photo), gateway);
      await about();
      // The id exists: the registry fails.
      await handle(createPhotoEvent(photo), gateway);
      gateway.ports.storage.result = () =>
        Promise.reject(new Error(`'results/api/${id}' is away`, { cause: new Error(`Key: ${id}`) }));
      await about();
      expect(gateway.logLines.map(({ status }) => status)).toEqual([404, 201, 200, 503, 503]);
      const log = JSON.stringify(gateway.logLines);
      expect(log).not.toContain('sEcReT');
      expect(log).toContain(`'results/api/${gateway.logIdOf({ id })}' is away`);
    });

    it('names a bulk photo as the worker does, by its key in its lane', async () => {
      const { gateway } = await handle(createPhotoEvent({ ...photo, lane: 'bulk' }));
      const id = idOf(1);
      await handle(eventOf('GET /photos/{id}', { id }), gateway);
      gateway.ports.storage.result = () => Promise.reject(new Error(`'bulk-results/api/${id}' is away`));
      await handle(eventOf('GET /photos/{id}', { id }), gateway);
      const name = photoLogId('photos', apiPhotoKey(id, 'bulk'));
      expect(gateway.logLines.map((line) => line.photo)).toEqual([name, name, name]);
      expect(gateway.logLines.at(-1)?.error).toContain(`'bulk-results/api/${name}' is away`);
    });

    it('has nothing of the caller', async () => {
      const { gateway } = await handle(createPhotoEvent(photo, { sourceIp: '203.0.113.77' }));
      expect(JSON.stringify(gateway.logLines)).not.toContain('203.0.113');
      const jwt = memoryGateway(NOON, { access: 'jwt' });
      await handle(createPhotoEvent(photo, { authorizer: jwtAuthorizer({ sub: 'jane@example.com' }) }), jwt);
      expect(JSON.stringify(jwt.logLines)).not.toContain('jane');
    });
  });
});
