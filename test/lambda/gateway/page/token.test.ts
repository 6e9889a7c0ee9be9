/** Which tokens of an issuer the page keeps. */
import { describe, expect, it } from 'vitest';
import { isFor } from '../../../../lambda/gateway/page/sign-in.ts';

describe('audience of a token', () => {
  const token = (claims: unknown) =>
    ['{"alg":"RS256"}', JSON.stringify(claims), 'signature']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');

  it.each<[name: string, text: string | undefined, expected: boolean]>([
    ['its audience', token({ aud: 'page' }), true],
    ['one of its audiences', token({ aud: ['other', 'page'] }), true],
    ['its client, without audience', token({ client_id: 'page' }), true],
    ['both', token({ aud: 'page', client_id: 'other' }), true],
    ['its client, but not its audience', token({ aud: 'other', client_id: 'page' }), false],
    ['its client, but none of its audiences', token({ aud: [], client_id: 'page' }), false],
    ['another audience', token({ aud: 'pages' }), false],
    ['neither', token({ sub: 'page' }), false],
    ['no object', token(null), false],
    ['a number', token(7), false],
    ['beyond ASCII', token({ aud: 'page', name: 'Jürgen 照片' }), true],
    ['with the base64url alphabet', token({ aud: 'page', x: '???>>>~~~' }), true],
    ['opaque', 'opaque', false],
    ['two parts, the second empty', 'e30.', false],
    ['not base64', 'a.!!!.c', false],
    ['not JSON', `a.${Buffer.from('{').toString('base64url')}.c`, false],
    ['empty', '', false],
    ['absent', undefined, false],
  ])('%s', (_case, text, expected) => expect(isFor(text, 'page')).toBe(expected));
});
