/** The OpenAPI document: valid, with every route, and true for requests. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { ACCESS } from '../../../contract/gateway.ts';
import { PAGE_FILES } from '../../../contract/page.ts';
import { newPhotoSchema } from '../../../contract/photo-api.ts';
import { ROUTES } from '../../../lambda/gateway/routes.ts';
import { documentOf, open, operationsOf, schemaOf, type Json } from './support/openapi.ts';

describe.each(ACCESS)('the document with access %s', (access) => {
  const document = documentOf(access);

  it('is valid OpenAPI', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document) as unknown as Json);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('requires credentials for photos only, and not with open access', () => {
    const secured = operationsOf(document).filter(({ operation }) => operation.security !== undefined);
    const photos = ['POST /photos', 'GET /photos/{id}', 'DELETE /photos/{id}', 'POST /photos/{id}/share'];
    expect(secured.map(({ route }) => route)).toEqual(access === 'open' ? [] : photos);
    expect(Object.keys(document.components.securitySchemes ?? {})).toEqual(
      access === 'open' ? [] : ['caller'],
    );
    for (const { route, operation } of operationsOf(document))
      expect('401' in operation.responses, route).toBe(access !== 'open' && photos.includes(route));
  });
});

it('the document of a stage with webhooks is valid, and has credentials for each of their requests', async () => {
  const document = documentOf('jwt', {}, true);
  const { errors } = await new Validator().validate(structuredClone(document) as unknown as Json);
  expect(errors).toBeUndefined();
  const requests = operationsOf(document).filter(({ route }) => route.includes('/webhooks'));
  expect(requests.map(({ operation }) => operation.security !== undefined)).toEqual([true, true, true, true]);
  const texts = JSON.stringify(documentOf('jwt'));
  expect(texts).not.toMatch(/webhook/i);
});

it('an invalid document is detected', async () => {
  const invalid = structuredClone(open) as unknown as Json;
  delete invalid.info;
  expect((await new Validator().validate(invalid)).valid).toBe(false);
});

describe('routes', () => {
  it('are all in the document, except the document itself and the page', () => {
    const others = ['', 'openapi.json', ...PAGE_FILES].map((file) => `GET /${file}`);
    const documented = operationsOf(documentOf('jwt', {}, true)).map(({ route }) => route);
    expect([...ROUTES.keys()].sort()).toEqual([...documented, ...others].sort());
  });

  it('have unique operation ids', () => {
    const names = operationsOf(open).map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('requests', () => {
  const schema = schemaOf(open, open.paths['/photos']!.post!.requestBody!, 'application/json')!;
  const photo = { name: 'Oma.jpg', type: 'image/jpeg', size: 1000 };

  it.each([
    ['required fields', photo],
    ['all fields', { ...photo, output: 'chroma' }],
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
  ])('are accepted as in the document: %s', (_case, body) => {
    const sent: unknown = JSON.parse(JSON.stringify(body));
    expect(schema.safeParse(sent).success).toBe(newPhotoSchema.safeParse(sent).success);
  });

  it('may omit fields with a default', () => {
    expect(open.components.schemas.NewPhoto).toMatchObject({ required: ['name', 'type', 'size'] });
  });
});
