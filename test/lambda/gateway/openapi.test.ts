/** The document of the API: by the standard, of every route that there is, and true of every answer. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ACCESS } from '../../../contract/gateway.ts';
import { apiPhotoKey, failedKey, resultKey } from '../../../contract/keys.ts';
import { PAGE_FILES } from '../../../contract/page.ts';
import { newPhotoSchema } from '../../../contract/photo-api.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import type { Response } from '../../../lambda/gateway/response.ts';
import { apiDocument } from '../../../lambda/gateway/openapi.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { ofType, synthesise } from '../../lib/template.ts';
import {
  announcing,
  eventOf,
  failureOf,
  iamAuthorizer,
  idOf,
  jwtAuthorizer,
  memoryGateway,
  type MemoryGateway,
} from './support/memory.ts';

type Json = Record<string, unknown>;
interface Described {
  headers?: Record<string, unknown>;
  content: Record<string, { schema: { $ref: string } }>;
}
interface Operation {
  operationId: string;
  security?: Record<string, string[]>[];
  requestBody?: Pick<Described, 'content'>;
  responses: Record<string, Described>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json>; securitySchemes?: Record<string, Json> };
}

/** As clients get it. */
const documentOf = (access: (typeof ACCESS)[number]) =>
  JSON.parse(JSON.stringify(apiDocument(access))) as Document;
const open = documentOf('open');

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  );

/** A schema of the document, made out of its JSON alone. */
function schemaOf({ components }: Document, { content }: Pick<Described, 'content'>, type: string) {
  const name = content[type]?.schema.$ref.replace('#/components/schemas/', '') ?? '';
  const schema = components.schemas[name];
  return schema && z.fromJSONSchema(schema);
}

/** What is not as the document says of an answer; nothing, if it is. */
function undocumented(document: Document, route: string, response: Response): string | undefined {
  const operation = operationsOf(document).find((one) => one.route === route)?.operation;
  const described = operation?.responses[response.statusCode];
  if (!described) return `no status ${response.statusCode} of ${route}`;
  const { 'content-type': type = '', 'retry-after': retryAfter } = response.headers;
  if (retryAfter !== undefined && !described.headers?.['Retry-After'])
    return `no Retry-After of ${response.statusCode}`;
  const schema = schemaOf(document, described, type);
  if (!schema) return `no ${type} of ${response.statusCode}`;
  const parsed = schema.safeParse(JSON.parse(response.body));
  return parsed.success ? undefined : parsed.error.message;
}

describe.each(ACCESS)('the document of a stage that is %s', (access) => {
  const document = documentOf(access);

  it('is by the standard', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as unknown as Json);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('asks photos` callers who they are where the stage does, and nobody else', () => {
    const asks = operationsOf(document).filter(({ operation }) => operation.security !== undefined);
    const photos = ['POST /photos', 'GET /photos/{id}'];
    expect(asks.map(({ route }) => route)).toEqual(access === 'open' ? [] : photos);
    expect(Object.keys(document.components.securitySchemes ?? {})).toEqual(
      access === 'open' ? [] : ['caller'],
    );
    for (const { route, operation } of operationsOf(document))
      expect('401' in operation.responses, route).toBe(access !== 'open' && photos.includes(route));
  });
});

it('a document that is not by the standard is told from one that is', async () => {
  const spoilt = structuredClone(open) as unknown as Json;
  delete spoilt.info;
  expect((await new Validator().validate(spoilt)).valid).toBe(false);
});

describe('routes', () => {
  it('are in the stack and in the document, each of them', () => {
    const template = synthesise('dev', { access: 'open' }, false);
    const declared = ofType(template, 'AWS::ApiGatewayV2::Route').map(({ Properties }) =>
      String(Properties.RouteKey),
    );
    const page = ['', ...PAGE_FILES].map((file) => `GET /${file}`);
    // The document does not describe itself.
    const others = declared.filter((route) => ![...page, 'GET /openapi.json'].includes(route));
    expect(others.sort()).toEqual(
      operationsOf(open)
        .map(({ route }) => route)
        .sort(),
    );
    expect(declared).toEqual(expect.arrayContaining([...page, 'GET /openapi.json']));
  });

  it('have names of their own', () => {
    const names = operationsOf(open).map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('requests', () => {
  const wanted = schemaOf(open, open.paths['/photos']!.post!.requestBody!, 'application/json')!;
  const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000 };

  it.each([
    ['the least', photo],
    ['all of it', { ...photo, output: 'chroma' }],
    ['a name beyond ASCII', { ...photo, name: '照片 👵🏽 (1).png' }],
    ['one more field', { ...photo, sharpen: 1 }],
    ['a path', { ...photo, name: 'a/b.jpg' }],
    ['a path of Windows', { ...photo, name: 'a\\b.jpg' }],
    ['dots', { ...photo, name: '..' }],
    ['a line break', { ...photo, name: 'a\nb' }],
    ['256 characters', { ...photo, name: 'a'.repeat(256) }],
    ['size 0', { ...photo, size: 0 }],
    ['size 1.5', { ...photo, size: 1.5 }],
    ['another type', { ...photo, type: 'image/gif' }],
    ['no size', { ...photo, size: undefined }],
  ])('are taken as the document says: %s', (_how, body) => {
    const sent: unknown = JSON.parse(JSON.stringify(body));
    expect(wanted.safeParse(sent).success).toBe(newPhotoSchema.safeParse(sent).success);
  });

  it('may leave out what has a default', () => {
    expect(open.components.schemas.NewPhoto).toMatchObject({ required: ['name', 'type', 'size'] });
  });
});

const NOON = Date.parse('2026-06-01T12:20:00Z') / 1000;
const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000 };

describe('answers', () => {
  let gateway: MemoryGateway;
  beforeEach(async () => {
    gateway = memoryGateway(NOON);
    await ask(announcing(photo));
  });
  const id = idOf(1);
  const key = apiPhotoKey(id);
  const ask = (event: unknown) => respond(parseRequest(event), gateway);
  const read = () => ask(eventOf('GET /photos/{id}', { id }));
  const store = (what: string, body = 'x', type = 'image/jpeg') =>
    gateway.ports.storage.write(what, body, type);

  /** What came of a photo, or of a request; and what is answered. */
  const CASES: [how: string, route: string, status: number, code: string, make: () => Promise<Response>][] = [
    ['announced', 'POST /photos', 201, '', () => ask(announcing(photo))],
    ['announced, for chroma', 'POST /photos', 201, '', () => ask(announcing({ ...photo, output: 'chroma' }))],
    ['no JSON', 'POST /photos', 400, 'bad-request', () => ask(announcing(undefined, { body: '{' }))],
    ['too large', 'POST /photos', 413, 'too-large', () => ask(announcing({ ...photo, size: 1e9 }))],
    ['no photo', 'POST /photos', 415, 'unsupported-type', () => ask(announcing({ ...photo, type: 'a/b' }))],
    [
      'no chroma here',
      'POST /photos',
      422,
      'no-chroma',
      () => {
        gateway.settings.chromaSize = 0;
        return ask(announcing({ ...photo, output: 'chroma' }));
      },
    ],
    [
      'too many from one',
      'POST /photos',
      429,
      'hourly-quota-exceeded',
      async () => {
        for (let k = 0; k < 2; k++) await ask(announcing(photo));
        return ask(announcing(photo));
      },
    ],
    [
      'too many from all',
      'POST /photos',
      429,
      'daily-quota-exceeded',
      async () => {
        for (let k = 0; k < 4; k++) await ask(announcing(photo, { sourceIp: `198.51.100.${k}` }));
        return ask(announcing(photo, { sourceIp: '198.51.100.9' }));
      },
    ],
    [
      'not written down',
      'POST /photos',
      503,
      'unavailable',
      () => {
        gateway.ports.registry.put = () => Promise.reject(new Error('away'));
        return ask(announcing(photo));
      },
    ],
    ['not sent', 'GET /photos/{id}', 200, 'waiting', read],
    [
      'sent',
      'GET /photos/{id}',
      200,
      'waiting',
      () => {
        store(key);
        return read();
      },
    ],
    [
      'sent, and the queue is known',
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
      'done, and the photo is gone',
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
      'never sent',
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
    ['unknown', 'GET /photos/{id}', 404, 'not-found', () => ask(eventOf('GET /photos/{id}', { id: 'x' }))],
    [
      'not readable',
      'GET /photos/{id}',
      503,
      'unavailable',
      () => {
        store(failedKey(key), '{');
        return read();
      },
    ],
    ['healthy', 'GET /health', 200, 'ok', () => ask(eventOf('GET /health'))],
  ];

  it.each(CASES)('%s: %s %i %s', async (_how, route, status, code, make) => {
    const response = await make();
    expect(response.statusCode).toBe(status);
    expect(response.body).toContain(code && `"${code}"`);
    expect(undocumented(open, route, response)).toBeUndefined();
  });

  it('are shown here for every status of the document', () => {
    const shown = new Set(CASES.map(([, route, status]) => `${route} ${status}`));
    const documented = operationsOf(open).flatMap(({ route, operation }) =>
      Object.keys(operation.responses).map((status) => `${route} ${status}`),
    );
    // API Gateway alone says these: nobody's photos are counted who asks about one, and our own failures are 503.
    expect(documented.filter((one) => !shown.has(one)).sort()).toEqual([
      'GET /photos/{id} 429',
      'GET /photos/{id} 500',
      'POST /photos 500',
    ]);
  });

  const TURNED = [413, 429, 500, 503];
  it.each([
    ['open', TURNED],
    ['jwt', [401, ...TURNED]],
    ['iam', [401, 403, ...TURNED]],
  ] as const)('of API Gateway itself, on a stage that is %s', (access, statuses) => {
    const document = documentOf(access);
    const headers = { 'content-type': 'application/json' };
    const turned = (statusCode: number, body: unknown = { message: 'Forbidden' }) => ({
      statusCode,
      headers,
      body: JSON.stringify(body),
    });
    for (const statusCode of statuses) {
      for (const route of ['POST /photos', 'GET /photos/{id}']) {
        // Whoever asks about a photo sends nothing that could be too large.
        const none = statusCode === 413 && route.startsWith('GET');
        const why = undocumented(document, route, turned(statusCode));
        expect(why, `${route} ${statusCode}`).toEqual(
          none ? expect.stringMatching(/no status 413/) : undefined,
        );
        if (!none) expect(undocumented(document, route, turned(statusCode, {}))).toMatch(/message/);
      }
    }
    for (const statusCode of [401, 403].filter((one) => !(statuses as readonly number[]).includes(one)))
      expect(undocumented(document, 'POST /photos', turned(statusCode))).toMatch(/no status/);
    expect(undocumented(document, 'POST /photos', turned(415))).toMatch(/no application\/json of 415/);
  });

  it.each(['jwt', 'iam'] as const)('of a stage of %s to whoever is nobody', async (access) => {
    gateway = memoryGateway(NOON, { access });
    for (const [route, event] of [
      ['POST /photos', announcing(photo)],
      ['GET /photos/{id}', eventOf('GET /photos/{id}', { id })],
    ] as const) {
      const response = await ask(event);
      expect(response.statusCode).toBe(401);
      expect(undocumented(documentOf(access), route, response)).toBeUndefined();
      expect(undocumented(open, route, response)).toMatch(/no status 401/);
    }
  });

  it.each([
    ['jwt', jwtAuthorizer({ sub: 'jane' })],
    ['iam', iamAuthorizer('AROAX:session')],
  ] as const)('of a stage of %s to whoever is somebody', async (access, authorizer) => {
    gateway = memoryGateway(NOON, { access });
    const response = await ask(announcing(photo, { authorizer }));
    expect(response.statusCode).toBe(201);
    expect(undocumented(documentOf(access), 'POST /photos', response)).toBeUndefined();
  });

  describe('that are not as the document says are told from those that are:', () => {
    let done: Response;
    beforeEach(async () => {
      store(resultKey(key));
      done = await read();
    });
    const changed = (more: Json): Response => ({
      ...done,
      body: JSON.stringify({ ...(JSON.parse(done.body) as Json), ...more }),
    });
    it.each<[string, Json]>([
      ['no name', { name: undefined }],
      ['another status', { status: 'lost' }],
      ['an id that is none', { id: 'x' }],
      ['another type', { type: 'image/gif' }],
      ['a link that is none', { links: { result: 'here', photo: null } }],
      ['no link', { links: {} }],
      ['a time that is none', { expiresAt: 'soon' }],
      ['half a byte', { size: 0.5 }],
      ['one thing more', { key: 'results/api/x' }],
    ])('%s', (_how, more) => {
      expect(undocumented(open, 'GET /photos/{id}', changed({}))).toBeUndefined();
      expect(undocumented(open, 'GET /photos/{id}', changed(more))).toMatch(/\w/);
    });
  });
});
