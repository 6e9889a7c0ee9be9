/** Events of API Gateway as requests, and JSON bodies that are rejected. */
import { describe, expect, it } from 'vitest';
import { newPhotoSchema } from '../../../contract/photo-api.ts';
import { ProblemError, type GatewayProblemCode } from '../../../lambda/gateway/problems.ts';
import { parseBody, parseRequest } from '../../../lambda/gateway/request.ts';
import { idOf } from './support/memory.ts';
import { eventOf, iamAuthorizer, jwtAuthorizer, type EventChanges } from './support/events.ts';

const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000 };

describe('parseRequest', () => {
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
  ])('reads a body %s', (_case, changes) => {
    expect(parseRequest(eventOf('POST /photos', changes)).body.toString()).toBe('{"name":"Grüße 照片"}');
  });

  it('reads bytes that are not UTF-8', () => {
    const body = Buffer.from([0xff, 0xd8, 0xff, 0x00, 0x80]);
    expect(parseRequest(eventOf('POST /photos', { body })).body).toEqual(body);
  });

  it('reads the claims of a verified token', () => {
    const claims = { sub: 'jane', aud: 'page', 'cognito:groups': '[a b]', exp: '1780320000' };
    const { identity } = parseRequest(eventOf('POST /photos', { authorizer: jwtAuthorizer(claims) }));
    expect(identity).toMatchObject({ claims, iam: undefined });
  });

  it('reads the principal of a verified signature', () => {
    const { identity } = parseRequest(
      eventOf('POST /photos', { authorizer: iamAuthorizer('AROAX:session') }),
    );
    expect(identity).toMatchObject({
      claims: undefined,
      iam: { accountId: '123456789012', userId: 'AROAX:session' },
    });
  });

  it('treats null as absent', () => {
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
  ])('rejects %s', (_case, event) => expect(() => parseRequest(event)).toThrow());
});

/** The problem of an invalid body. */
function problemOf(changes: EventChanges): { code: GatewayProblemCode; message: string } {
  const headers = { 'content-type': 'application/json', ...changes.headers };
  try {
    const read = parseBody(parseRequest(eventOf('POST /photos', { ...changes, headers })), newPhotoSchema);
    throw new Error(`no error but ${JSON.stringify(read)}`);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { code: error.code, message: error.message };
  }
}
const text = (body: unknown) => ({ body: JSON.stringify(body) });

describe('parseBody', () => {
  const read = (changes: EventChanges) =>
    parseBody(parseRequest(eventOf('POST /photos', changes)), newPhotoSchema);

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
    'application/json ',
  ])('accepts content type %s', (type) => {
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
  ])('rejects content type "%s"', (type) => {
    const { code, message } = problemOf({ ...text(photo), headers: { 'content-type': type } });
    expect([code, message]).toEqual(['unsupported-type', `content-type '${type}': use application/json.`]);
  });

  it('rejects a body without content type', () => {
    const { code } = problemOf({
      ...text(photo),
      headers: { 'content-type': undefined as unknown as string },
    });
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
    ['a lone surrogate in a name', '{"name":"\\ud83d.jpg","type":"image/jpeg","size":1}'],
  ])('rejects a body that is not JSON: %s', (_case, body) => {
    expect(problemOf({ body })).toMatchObject({
      code: 'bad-request',
      message: expect.stringMatching(/^The body is not JSON: '/) as string,
    });
  });

  it('quotes only the start of the input', () => {
    expect(problemOf({ body: 'x'.repeat(5000) }).message.length).toBeLessThan(120);
    const headers = { 'content-type': 'y'.repeat(5000) };
    expect(problemOf({ ...text(photo), headers }).message.length).toBeLessThan(120);
  });

  it('accepts 8192 bytes and not one more, whatever the characters', () => {
    const padded = (bytes: number) => {
      const json = JSON.stringify(photo);
      return json + ' '.repeat(bytes - json.length);
    };
    expect(problemOf({ body: padded(8193) })).toEqual({
      code: 'too-large',
      message: expect.stringContaining('8193 bytes; the maximum is 8192') as string,
    });
    const headers = { 'content-type': 'application/json' };
    expect(read({ body: padded(8192), headers })).toMatchObject(photo);
    expect(problemOf({ body: `"${'照'.repeat(2731)}"` }).code).toBe('too-large');
    // The size is checked before the JSON.
    expect(problemOf({ body: '{'.repeat(100_000) }).code).toBe('too-large');
  });

  it.each<[string, unknown, GatewayProblemCode, RegExp[]]>([
    ['null', null, 'bad-request', [/the body: .*object/]],
    ['a list', [], 'bad-request', [/the body: .*object/]],
    ['text', 'Oma.jpg', 'bad-request', [/the body: .*object/]],
    ['no field', {}, 'bad-request', [/name: /, /type: /, /size: /]],
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
    ['a property of objects', { ...photo, constructor: 1 }, 'bad-request', [/constructor/]],
    ['size 0', { ...photo, size: 0 }, 'bad-request', [/size: /]],
    ['size -1', { ...photo, size: -1 }, 'bad-request', [/size: /]],
    ['size 1.5', { ...photo, size: 1.5 }, 'bad-request', [/size: /]],
    ['size as text', { ...photo, size: '5' }, 'bad-request', [/size: /]],
    ['size true', { ...photo, size: true }, 'bad-request', [/size: /]],
    ['size in a list', { ...photo, size: [5] }, 'bad-request', [/size: /]],
    ['a size beyond the safe integers', { ...photo, size: 2 ** 53 }, 'bad-request', [/size: /]],
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
  ])('names the invalid field: %s', (_case, body, code, details) => {
    const problem = problemOf(text(body));
    expect(problem.code).toBe(code);
    for (const detail of details) expect(problem.message).toMatch(detail);
  });

  it('joins the messages of several fields', () => {
    const { message } = problemOf(text({ ...photo, size: 0, name: '' }));
    expect(message).toMatch(/^name: [^;]+; size: [^;]+\.$/);
  });

  it.each([
    ['__proto__ with valid fields', '{"__proto__":{"size":5},"name":"a","type":"image/png","size":1}'],
    ['__proto__ instead of fields', '{"__proto__":{"name":"a","type":"image/png","size":1}}'],
    ['a number that overflows', '{"name":"a","type":"image/png","size":1e400}'],
  ])('rejects %s', (_case, body) => {
    expect(problemOf({ body }).code).toBe('bad-request');
    expect(({} as { size?: number }).size).toBeUndefined();
  });

  it.each(['a', '...', '..a', 'a'.repeat(255), 'Grüße "x" (1).jpg', '照片 👵🏽.png', "'; DROP TABLE--"])(
    'accepts the name %s',
    (name) => {
      const headers = { 'content-type': 'application/json' };
      expect(read({ ...text({ ...photo, name }), headers })).toMatchObject({ name });
    },
  );
});
