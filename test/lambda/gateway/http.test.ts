/** HTTP in and out: real-looking events, bodies that are refused, answers and what the log has of them. */
import { describe, expect, it } from 'vitest';
import { newPhotoSchema, problemSchema, type Problem } from '../../../contract/photo-api.ts';
import {
  jsonResponse,
  parseBody,
  problemResponse,
  parseRequest,
  type Response,
} from '../../../lambda/gateway/http.ts';
import { ProblemError, type GatewayProblemCode } from '../../../lambda/gateway/problems.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import {
  announcing,
  eventOf,
  iamAuthorizer,
  idOf,
  jwtAuthorizer,
  memoryGateway,
  type EventChanges,
} from './support/memory.ts';

const NOON = Date.parse('2026-06-01T12:20:00Z') / 1000;
const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000 };

describe('requestOf', () => {
  it('reads an event of API Gateway', () => {
    const event = eventOf('GET /photos/{id}', {
      id: idOf(1),
      headers: { 'If-None-Match': '"x"', accept: 'application/json,text/html' },
      cookies: ['a=1', 'b=2'],
    });
    expect(parseRequest(event)).toMatchObject({
      route: 'GET /photos/{id}',
      id: 'CLFvRhTyFiAEJSQ=',
      headers: { 'if-none-match': '"x"', accept: 'application/json,text/html' },
      parameters: { id: idOf(1) },
      body: Buffer.alloc(0),
      identity: { sourceIp: '203.0.113.7', claims: undefined, iam: undefined },
    });
  });

  it.each<[string, EventChanges]>([
    ['as text', { body: '{"name":"Grüße 照片"}' }],
    ['as base64', { body: Buffer.from('{"name":"Grüße 照片"}') }],
  ])('reads a body %s', (_how, changes) => {
    expect(parseRequest(eventOf('POST /photos', changes)).body.toString()).toBe('{"name":"Grüße 照片"}');
  });

  it('reads bytes that are no text', () => {
    const body = Buffer.from([0xff, 0xd8, 0xff, 0x00, 0x80]);
    expect(parseRequest(eventOf('POST /photos', { body })).body).toEqual(body);
  });

  it('reads who signed in, as API Gateway has checked it', () => {
    const claims = { sub: 'jane', aud: 'page', 'cognito:groups': '[a b]', exp: '1780320000' };
    const { identity } = parseRequest(eventOf('POST /photos', { authorizer: jwtAuthorizer(claims) }));
    expect(identity).toMatchObject({ claims, iam: undefined });
  });

  it('reads who signed, as API Gateway has checked it', () => {
    const { identity } = parseRequest(
      eventOf('POST /photos', { authorizer: iamAuthorizer('AROAX:session') }),
    );
    expect(identity).toMatchObject({
      claims: undefined,
      iam: { accountId: '123456789012', userId: 'AROAX:session' },
    });
  });

  it('takes what is null for what is absent', () => {
    const event = {
      ...eventOf('GET /health'),
      headers: null,
      body: null,
      isBase64Encoded: null,
      pathParameters: null,
    };
    expect(parseRequest(event)).toMatchObject({ headers: {}, parameters: {}, body: Buffer.alloc(0) });
  });

  it.each([
    ['nothing', undefined],
    ['an event of S3', { Records: [{ eventSource: 'aws:s3' }] }],
    ['an event of a REST API', { resource: '/photos', httpMethod: 'POST', requestContext: {} }],
    ['an event without an address', { ...eventOf('GET /health'), requestContext: { requestId: 'x' } }],
  ])('takes no event that is %s', (_how, event) => expect(() => parseRequest(event)).toThrow());
});

/** What a body is refused with, and what is said of it. */
function refused(changes: EventChanges): { code: GatewayProblemCode; message: string } {
  const headers = { 'content-type': 'application/json', ...changes.headers };
  try {
    const read = parseBody(parseRequest(eventOf('POST /photos', { ...changes, headers })), newPhotoSchema);
    throw new Error(`it was not: ${JSON.stringify(read)}`);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { code: error.code, message: error.message };
  }
}
const text = (body: unknown) => ({ body: JSON.stringify(body) });

describe('bodyOf', () => {
  const read = (changes: EventChanges) =>
    parseBody(parseRequest(eventOf('POST /photos', changes)), newPhotoSchema);

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
    'application/json ',
  ])('takes %s', (type) => {
    expect(read({ ...text(photo), headers: { 'Content-Type': type } })).toEqual({
      ...photo,
      output: 'photo',
    });
  });

  it.each([
    '',
    'text/plain',
    'text/plain; x=application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'image/jpeg',
    'application/jsonp',
    'application/json-seq',
    'application/problem+json',
    'application/json,text/plain',
  ])('takes no content type "%s"', (type) => {
    const { code, message } = refused({ ...text(photo), headers: { 'content-type': type } });
    expect([code, message]).toEqual([
      'unsupported-type',
      `content-type '${type}': application/json is taken.`,
    ]);
  });

  it('takes no body without a content type', () => {
    const { code } = refused({ ...text(photo), headers: { 'content-type': undefined as unknown as string } });
    expect(code).toBe('unsupported-type');
  });

  it.each([
    ['nothing', ''],
    ['cut off', '{"name":"Oma.jpg"'],
    ['a form', 'name=Oma.jpg'],
    ['a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0])],
    ['single quotes', "{'name':'Oma.jpg'}"],
    ['NaN', '{"size":NaN}'],
    ['a comment', '{} // nothing'],
    ['a name with half of a surrogate pair', '{"name":"\\ud83d.jpg","type":"image/jpeg","size":1}'],
  ])('takes no body that is no JSON: %s', (_how, body) => {
    expect(refused({ body })).toMatchObject({
      code: 'bad-request',
      message: expect.stringMatching(/^The body is not JSON: '/) as string,
    });
  });

  it('repeats no more than the beginning of what it was sent', () => {
    expect(refused({ body: 'x'.repeat(5000) }).message.length).toBeLessThan(120);
    const headers = { 'content-type': 'y'.repeat(5000) };
    expect(refused({ ...text(photo), headers }).message.length).toBeLessThan(120);
  });

  it('takes 8192 bytes and not one more, of whatever characters', () => {
    const padded = (bytes: number) => {
      const json = JSON.stringify(photo);
      return json + ' '.repeat(bytes - json.length);
    };
    expect(refused({ body: padded(8193) })).toEqual({
      code: 'too-large',
      message: expect.stringContaining('8193 bytes of JSON; at most 8192') as string,
    });
    const headers = { 'content-type': 'application/json' };
    expect(read({ body: padded(8192), headers })).toMatchObject(photo);
    expect(refused({ body: `"${'照'.repeat(2731)}"` }).code).toBe('too-large');
    // Too long to be looked at, so nobody says what else is wrong with it.
    expect(refused({ body: '{'.repeat(100_000) }).code).toBe('too-large');
  });

  it.each<[string, unknown, GatewayProblemCode, RegExp[]]>([
    ['null', null, 'bad-request', [/the body: .*object/]],
    ['a list', [], 'bad-request', [/the body: .*object/]],
    ['text', 'Oma.jpg', 'bad-request', [/the body: .*object/]],
    ['nothing of it', {}, 'bad-request', [/name: /, /type: /, /size: /]],
    ['no name', { ...photo, name: undefined }, 'bad-request', [/^name: /]],
    ['no size', { ...photo, size: undefined }, 'bad-request', [/^size: /]],
    ['no type', { ...photo, type: undefined }, 'unsupported-type', [/type: .*image\/jpeg.*image\/tiff/]],
    ['another type', { ...photo, type: 'image/gif' }, 'unsupported-type', [/type: .*image\/jpeg/]],
    ['a type in capitals', { ...photo, type: 'IMAGE/JPEG' }, 'unsupported-type', [/type: /]],
    ['a type and a size', { ...photo, type: 'image/gif', size: 0 }, 'bad-request', [/type: /, /size: /]],
    ['another output', { ...photo, output: 'video' }, 'bad-request', [/output: .*photo.*chroma/]],
    ['output null', { ...photo, output: null }, 'bad-request', [/output: /]],
    ['one more field', { ...photo, sharpen: 1 }, 'bad-request', [/the body: .*sharpen/]],
    ['two more fields', { ...photo, id: 'x', owner: 'y' }, 'bad-request', [/id/, /owner/]],
    ['a field that objects have', { ...photo, constructor: 1 }, 'bad-request', [/constructor/]],
    ['size 0', { ...photo, size: 0 }, 'bad-request', [/size: /]],
    ['size -1', { ...photo, size: -1 }, 'bad-request', [/size: /]],
    ['size 1.5', { ...photo, size: 1.5 }, 'bad-request', [/size: /]],
    ['size as text', { ...photo, size: '5' }, 'bad-request', [/size: /]],
    ['size true', { ...photo, size: true }, 'bad-request', [/size: /]],
    ['size in a list', { ...photo, size: [5] }, 'bad-request', [/size: /]],
    ['more than a number can count', { ...photo, size: 2 ** 53 }, 'bad-request', [/size: /]],
    ['a name in a list', { ...photo, name: ['Oma.jpg'] }, 'bad-request', [/name: /]],
    ['an empty name', { ...photo, name: '' }, 'bad-request', [/name: /]],
    ['the name .', { ...photo, name: '.' }, 'bad-request', [/name: /]],
    ['the name ..', { ...photo, name: '..' }, 'bad-request', [/name: /]],
    ['a path up', { ...photo, name: '../x.jpg' }, 'bad-request', [/name: /]],
    ['a path', { ...photo, name: 'a/b.jpg' }, 'bad-request', [/name: /]],
    ['a path of Windows', { ...photo, name: 'a\\b.jpg' }, 'bad-request', [/name: /]],
    ['a zero byte', { ...photo, name: 'a\0.jpg' }, 'bad-request', [/name: /]],
    ['a line break', { ...photo, name: 'a\r\nx-evil: 1' }, 'bad-request', [/name: /]],
    ['a line break at the end', { ...photo, name: 'a.jpg\n' }, 'bad-request', [/name: /]],
    ['DEL', { ...photo, name: 'a\x7f.jpg' }, 'bad-request', [/name: /]],
    ['256 characters', { ...photo, name: 'a'.repeat(256) }, 'bad-request', [/name: /]],
  ])('names what is wrong with %s', (_how, body, code, details) => {
    const found = refused(text(body));
    expect(found.code).toBe(code);
    for (const detail of details) expect(found.message).toMatch(detail);
  });

  it.each([
    ['__proto__ beside what is right', '{"__proto__":{"size":5},"name":"a","type":"image/png","size":1}'],
    ['__proto__ in its stead', '{"__proto__":{"name":"a","type":"image/png","size":1}}'],
    ['more than numbers hold', '{"name":"a","type":"image/png","size":1e400}'],
  ])('is not fooled by %s', (_how, body) => {
    expect(refused({ body }).code).toBe('bad-request');
    expect(({} as { size?: number }).size).toBeUndefined();
  });

  it.each(['a', '...', '..a', 'a'.repeat(255), 'Grüße "x" (1).jpg', '照片 👵🏽.png', "'; DROP TABLE--"])(
    'takes the name %s',
    (name) => {
      const headers = { 'content-type': 'application/json' };
      expect(read({ ...text({ ...photo, name }), headers })).toMatchObject({ name });
    },
  );
});

const REFUSED: [code: GatewayProblemCode, status: number][] = [
  ['bad-request', 400],
  ['unauthorized', 401],
  ['not-found', 404],
  ['method-not-allowed', 405],
  ['too-large', 413],
  ['unsupported-type', 415],
  ['no-chroma', 422],
  ['hourly-quota-exceeded', 429],
  ['daily-quota-exceeded', 429],
  ['unavailable', 503],
];
const problemOf = ({ headers, body }: Response): Problem => {
  expect(headers['content-type']).toBe('application/problem+json');
  return problemSchema.strict().parse(JSON.parse(body));
};

describe('refusal', () => {
  it.each(REFUSED)('of %s is a problem with status %i', (code, status) => {
    const made = problemResponse(new ProblemError(code, `why "${code}"`));
    expect(made.statusCode).toBe(status);
    expect(problemOf(made)).toMatchObject({ type: 'about:blank', status, code, detail: `why "${code}"` });
    expect(made.headers).not.toHaveProperty('retry-after');
  });

  it.each([0, 1, 3600])('says when to try again: in %i s', (seconds) => {
    const { headers } = problemResponse(new ProblemError('daily-quota-exceeded', 'enough', seconds));
    expect(headers['retry-after']).toBe(String(seconds));
  });
});

describe('every answer', () => {
  it.each([
    ['an answer', jsonResponse(200, {})],
    ['a refusal', problemResponse(new ProblemError('not-found', 'no'))],
  ])('is remembered by nobody and guessed by nobody: %s', (_how, { headers }) => {
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });
});

describe('respond', () => {
  const asked = async (event: unknown, gateway = memoryGateway(NOON)) => ({
    response: await respond(parseRequest(event), gateway),
    gateway,
  });

  it('announces a photo and tells how it is', async () => {
    const { response, gateway } = await asked(announcing(photo));
    expect(response.statusCode).toBe(201);
    expect(JSON.parse(response.body)).toMatchObject({ id: idOf(1), upload: { method: 'PUT' } });
    const { response: next } = await asked(eventOf('GET /photos/{id}', { id: idOf(1) }), gateway);
    expect([next.statusCode, next.headers['retry-after']]).toEqual([200, '5']);
    expect(JSON.parse(next.body)).toMatchObject({ status: 'waiting', name: 'Oma.jpg' });
  });

  it('counts a caller by the address that API Gateway saw, whatever a header says', async () => {
    const gateway = memoryGateway(NOON);
    const from = (sourceIp: string, header: string) =>
      asked(announcing(photo, { sourceIp, headers: { 'x-forwarded-for': header } }), gateway);
    for (let k = 0; k < 3; k++) await from('203.0.113.7', `198.51.100.${k}`);
    const { response } = await from('203.0.113.7', '198.51.100.9');
    expect([response.statusCode, response.headers['retry-after']]).toEqual([429, '2400']);
    expect(problemOf(response).code).toBe('hourly-quota-exceeded');
    expect((await from('203.0.113.8', '203.0.113.7')).response.statusCode).toBe(201);
  });

  it('knows nothing at other addresses', async () => {
    for (const route of ['$default', 'DELETE /photos/{id}', 'GET /photos', 'GET /admin']) {
      const { response } = await asked(eventOf(route));
      expect(problemOf(response)).toMatchObject({ status: 404, code: 'not-found' });
    }
  });

  it('lets nobody in, and looks at nothing, where a stage has lost its authorizer', async () => {
    for (const access of ['jwt', 'iam'] as const) {
      const gateway = memoryGateway(NOON, { access });
      // Not even what is wrong with the request is told.
      for (const event of [
        announcing({ size: -1 }),
        announcing(photo),
        eventOf('GET /photos/{id}', { id: 'x' }),
      ])
        expect(problemOf((await asked(event, gateway)).response).code).toBe('unauthorized');
      expect(gateway.ports.registry.size).toBe(0);
    }
  });

  it('answers whether it is there, and what it does, to anybody', async () => {
    for (const access of ['open', 'jwt', 'iam'] as const) {
      const gateway = memoryGateway(NOON, { access });
      expect((await asked(eventOf('GET /health'), gateway)).response.body).toBe('{"status":"ok"}');
      const { response } = await asked(eventOf('GET /openapi.json'), gateway);
      expect(JSON.parse(response.body)).toMatchObject({ openapi: '3.1.0' });
    }
  });

  describe('when something fails here', () => {
    const secret = 'arn:aws:iam::123456789012:role/gateway';
    const broken = () => {
      const gateway = memoryGateway(NOON);
      const cause = Object.assign(new Error(`AccessDenied: ${secret} may not`), { name: 'AccessDenied' });
      gateway.ports.storage.result = (id) =>
        Promise.reject(new Error(`'results/api/${id}' cannot be looked at`, { cause }));
      return gateway;
    };
    const failing = async () => {
      const gateway = broken();
      await asked(announcing(photo), gateway);
      gateway.lines.splice(0);
      return asked(eventOf('GET /photos/{id}', { id: idOf(1) }), gateway);
    };

    it('answers with the id under which the log has the reason, and without the reason', async () => {
      const { response } = await failing();
      expect(response.headers['retry-after']).toBe('5');
      const problem = problemOf(response);
      expect(problem).toMatchObject({ status: 503, code: 'unavailable' });
      expect(problem.detail).toContain('CLFvRhTyFiAEJSQ=');
      for (const part of [secret, 'AccessDenied', 'results/', '.ts'])
        expect(JSON.stringify(response)).not.toContain(part);
    });

    it('has the reason in the log, down to its cause', async () => {
      const { gateway } = await failing();
      expect(gateway.lines).toMatchObject([{ status: 503, requestId: 'CLFvRhTyFiAEJSQ=' }]);
      const error = String(gateway.lines[0]?.error);
      for (const part of ['cannot be looked at', 'AccessDenied', secret, 'http.test.ts'])
        expect(error).toContain(part);
    });

    it.each([
      ['text', 'out of order' as unknown as Error],
      ['nothing', undefined as unknown as Error],
      ['an object', { code: 7 } as unknown as Error],
    ] as const)('answers all the same when what is thrown is %s', async (_how, thrown) => {
      const gateway = memoryGateway(NOON);
      gateway.ports.registry.countPhoto = () => Promise.reject(thrown);
      const { response } = await asked(announcing(photo), gateway);
      expect(problemOf(response).code).toBe('unavailable');
    });

    it('gives nothing out when nothing could be written down', async () => {
      const gateway = memoryGateway(NOON);
      gateway.ports.registry.put = () => Promise.reject(new Error('throttled'));
      const { response } = await asked(announcing(photo), gateway);
      expect(problemOf(response).code).toBe('unavailable');
      expect(response.body).not.toContain('https://');
    });
  });

  describe('logs', () => {
    it('each request, with its end', async () => {
      const { gateway } = await asked(announcing(photo));
      await asked(announcing({ ...photo, size: 0 }), gateway);
      await asked(eventOf('GET /photos/{id}', { id: idOf(1) }), gateway);
      expect(gateway.lines).toEqual([
        expect.objectContaining({ message: 'request', route: 'POST /photos', status: 201 }),
        expect.objectContaining({ status: 400, code: 'bad-request' }),
        expect.objectContaining({ route: 'GET /photos/{id}', status: 200, photo: 'photo-' }),
      ]);
      for (const { ms } of gateway.lines) expect(ms).toBeGreaterThanOrEqual(0);
    });

    it('at most six characters of a photo`s id, whatever becomes of the request', async () => {
      const id = 'sEcReT0123456789abcdef';
      const gateway = { ...memoryGateway(NOON), newId: () => id };
      const about = () => asked(eventOf('GET /photos/{id}', { id }), gateway);
      await about();
      await asked(announcing(photo), gateway);
      await about();
      // A second time: the register refuses.
      await asked(announcing(photo), gateway);
      gateway.ports.storage.result = () =>
        Promise.reject(new Error(`'results/api/${id}' is away`, { cause: new Error(`Key: ${id}`) }));
      await about();
      expect(gateway.lines.map(({ status }) => status)).toEqual([404, 201, 200, 503, 503]);
      const log = JSON.stringify(gateway.lines);
      expect(log).toContain('sEcReT');
      expect(log).not.toContain('sEcReT0');
    });

    it('nothing of who asked', async () => {
      const { gateway } = await asked(announcing(photo, { sourceIp: '203.0.113.77' }));
      expect(JSON.stringify(gateway.lines)).not.toContain('203.0.113');
      const jwt = memoryGateway(NOON, { access: 'jwt' });
      await asked(announcing(photo, { authorizer: jwtAuthorizer({ sub: 'jane@example.com' }) }), jwt);
      expect(JSON.stringify(jwt.lines)).not.toContain('jane');
    });
  });
});
