/**
 * A service that a user was lured to, or that was taken over, against the client of page and command.
 *
 * Bounds: each answer ends in an error within 10 s (they take milliseconds), at most 8 MB of an endless body are taken from
 * the connection, nothing is sent to another address or with credentials to a link, and nothing is saved.
 */
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Scope } from '../../common/scope.ts';
import { endless, ID, JPEG, send, startHostileService, type Attack } from './support/service.ts';

const MAX_TAKEN_BYTES = 8e6;
const BOMB = gzipSync(Buffer.alloc(200e6));
const gzipped = { 'content-encoding': 'gzip' };

let scope: Scope;
beforeEach(() => void (scope = new Scope()));
afterEach(() => scope.close());

const CREATE = `POST /photos with credentials`;
const PUT = 'PUT /put';
const STATUS = `GET /photos/${ID} with credentials`;
const RESULT = 'GET /result';

/** All that the service may receive before the client refuses, the code, and what the error says. */
type Row = [how: string, attack: Attack, reaches: string[], code: string, says: RegExp];

const uploadLink = (how: string, upload: Attack['upload'], says: RegExp): Row => [
  `an upload ${how}`,
  { upload },
  [CREATE],
  'untrusted-answer',
  says,
];
const resultLink = (result: unknown, says: RegExp): Row => [
  `a result at ${String(result).slice(0, 40)}`,
  { links: { result } },
  [CREATE, PUT, STATUS],
  'untrusted-answer',
  says,
];
const header = (name: string, value: unknown = 'x') =>
  uploadLink(
    `with the header ${JSON.stringify(name)}: ${JSON.stringify(value).slice(0, 20)}`,
    { headers: { [name]: value } },
    /^The .*upload header/,
  );
const status = (
  how: string,
  part: Attack['status'],
  code = 'unavailable',
  says = /not from this API/,
): Row => [
  `a status ${how}`,
  { status: part },
  code === 'unavailable' ? [CREATE, PUT, STATUS, STATUS] : [CREATE, PUT, STATUS],
  code,
  says,
];
const result = (
  how: string,
  reply: NonNullable<Attack['result']>,
  code = 'untrusted-answer',
  says = /is no picture/,
): Row => [`a result that is ${how}`, { result: reply }, [CREATE, PUT, STATUS, RESULT], code, says];

const ROWS: Row[] = [
  ...[
    'data:image/jpeg;base64,/9j/',
    'blob:http://a/b',
    'file:///etc/passwd',
    // oxlint-disable-next-line no-script-url -- an attack, which must not be followed
    'javascript:alert(1)',
    'ftp://127.0.0.1/',
    'ws://127.0.0.1/',
  ].flatMap((url) => [uploadLink(`to ${url}`, { url }, /must be https/), resultLink(url, /must be https/)]),
  ...[
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/',
    'http://example.com/',
    'http://127.0.0.1.example.com/',
  ].flatMap((url) => [uploadLink(`to ${url}`, { url }, /must be https/), resultLink(url, /must be https/)]),
  ...[
    'https://192.168.1.1/',
    'https://0xa9.254.43518/',
    'https://[fd00::1]/',
    'https://router/',
    'https://nas.local/',
  ].flatMap((url) => [uploadLink(`to ${url}`, { url }, /a local host/), resultLink(url, /a local host/)]),
  uploadLink('with a password', { url: 'http://u:p@127.0.0.1/' }, /user name or password/),
  resultLink('http://u@127.0.0.1/', /user name or password/),
  resultLink(['http://127.0.0.1/'], /not a URL/),
  resultLink('/result', /not a URL/),
  resultLink(`https://example.com/${'x'.repeat(10_000)}`, /at most 8192/),
  uploadLink('by DELETE', { method: 'DELETE' }, /not a PUT/),
  ...[
    'authorization',
    'Authorization',
    'cookie',
    'host',
    'origin',
    'transfer-encoding',
    'x-forwarded-for',
    'proxy-authorization',
    'x-amz-',
    'a b',
    '',
  ].map((name) => header(name)),
  header('x-amz-meta-a', 'a\r\nauthorization: b'),
  header('x-amz-meta-a', { toString: 1 }),
  header('content-type', 'x'.repeat(2000)),
  header('x-amz-meta-\u00e9'),
  uploadLink(
    'with many headers',
    { headers: Object.fromEntries(Array.from({ length: 17 }, (_, k) => [`x-amz-${k}`, ''])) },
    /at most 16/,
  ),
  ['an id that is a path', { create: { id: '../../health' } }, [CREATE], 'unavailable', /not from this API/],
  ['an id of a megabyte', { create: { id: 'x'.repeat(1e6) } }, [CREATE], 'unavailable', /not from this API/],
  [
    'a prototype',
    { create: '{"__proto__":{"id":"x"},"constructor":{"prototype":{"id":"x"}}}' },
    [CREATE],
    'unavailable',
    /not from this API/,
  ],
  [
    'controls in place of JSON',
    { create: '\u001b]0;title\u0007\u202e\u009b' },
    [CREATE],
    'unavailable',
    /'\\u001b\]0;title\\u0007\\u202e\\u009b'/,
  ],
  ['ten thousand lists', { create: '['.repeat(60_000) }, [CREATE], 'unavailable', /not from this API/],
  [
    'a gzip bomb for JSON',
    { create: send(200, BOMB, gzipped) },
    [CREATE],
    'unavailable',
    /not from this API/,
  ],
  [
    'a redirect of the upload',
    { store: send(307, '', { location: 'http://127.0.0.1:9/' }) },
    [CREATE, PUT, PUT],
    'unavailable',
    /redirect/,
  ],
  [
    'an error named as a method of objects',
    { store: send(400, '<Error><Code>constructor</Code></Error>') },
    [CREATE, PUT],
    'link-mismatch',
    /does not match/,
  ],
  status('of another photo', { id: 'AAAAAAAAAAAAAAAAAAAAAA' }),
  status('named as a method of objects', { status: 'constructor' }),
  status('that is a list', '[{"status":"succeeded"}]'),
  status('with a type that is no picture', { type: 'text/html' }),
  status('with a size that is a text', { size: '1000' }),
  status('with an impossible time', { expiresAt: 'soon' }),
  status('that failed with a code of controls', { status: 'failed', code: '\u001b[2J' }),
  status('with a size of terabytes', { size: 1e13 }, 'untrusted-answer', /allowed are 1 to/),
  status('with a negative size', { size: -1 }, 'untrusted-answer', /allowed are 1 to/),
  status('that failed in a new way', { status: 'failed', code: '__proto__', message: 'x' }),
  status(
    'that failed as a method of objects',
    { status: 'failed', code: 'constructor', message: 'As it is.' },
    'constructor',
    /^As it is/,
  ),
  result('HTML', send(200, pad('<!doctype html><script>'))),
  result('SVG', send(200, pad('<svg xmlns="http://www.w3.org/2000/svg">'), { 'content-type': 'image/jpeg' })),
  result('a program', send(200, pad('MZ'))),
  result('a shell script', send(200, pad('#!/bin/sh\n'))),
  result('a GIF', send(200, pad('GIF89a'))),
  result('a ZIP', send(200, pad('PK\u0003\u0004'))),
  result('empty', send(200, ''), 'unavailable', /Received 0 of 1000/),
  result('one byte short', send(200, JPEG.subarray(1)), 'unavailable', /Received 999 of 1000/),
  result(
    'one byte long',
    send(200, Buffer.concat([JPEG, Buffer.alloc(1)])),
    'untrusted-answer',
    /more bytes than the 1000/,
  ),
  result('a gzip bomb', send(200, BOMB, gzipped), 'untrusted-answer', /more bytes than the 1000/),
  result('elsewhere', send(302, '', { location: 'http://127.0.0.1:9/' }), 'unavailable', /redirect/),
];

function pad(start: string): Buffer {
  return Buffer.concat([Buffer.from(start), Buffer.alloc(JPEG.length)]).subarray(0, JPEG.length);
}

describe('a hostile service', () => {
  it('is the honest one without an attack', async () => {
    const { colour, received } = await startHostileService({}, scope);
    expect(await colour()).toMatchObject({ size: JPEG.length, type: 'image/jpeg' });
    expect(received).toEqual([CREATE, PUT, STATUS, RESULT]);
  });

  it.each(ROWS)(
    '%s',
    async (_how, attack, reaches, code, says) => {
      const { colour, received } = await startHostileService(attack, scope);
      const error = await colour().then(
        ({ size }) => new Error(`saved ${size} bytes`),
        (reason: Error) => reason,
      );
      expect(error).toMatchObject({ code, message: expect.stringMatching(says) as string });
      expect(error.message.length).toBeLessThan(1200);
      // A second create or status is the retry of an answer that is none.
      const once = received.filter((one, k) => one !== received[k - 1]);
      expect(once).toEqual(reaches.filter((one, k) => one !== reaches[k - 1]));
    },
    10_000,
  );

  it.each<[string, number, (reply: NonNullable<Attack['result']>) => Attack, string]>([
    ['JSON', 200, (create) => ({ create }), 'unavailable'],
    ['an error of the API', 400, (create) => ({ create }), 'bad-request'],
    ['an error of the upload', 400, (store) => ({ store }), 'link-mismatch'],
    ['a result', 200, (result) => ({ result }), 'untrusted-answer'],
    ['an error of the result', 403, (result) => ({ result }), 'link-mismatch'],
  ])(
    '%s without an end',
    async (_what, httpStatus, attack, code) => {
      const sent = { bytes: 0 };
      const service = await startHostileService(
        attack(endless(Buffer.alloc(65_536, ' '), sent, httpStatus)),
        scope,
      );
      await expect(service.colour()).rejects.toMatchObject({ code });
      expect(sent.bytes).toBeLessThan(MAX_TAKEN_BYTES);
    },
    10_000,
  );

  it('cannot make a client wait for more than a day', async () => {
    const { colour } = await startHostileService(
      { create: send(503, '{}', { 'retry-after': `1${'0'.repeat(200)}` }) },
      scope,
    );
    await expect(colour()).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 86_400 });
  });
});
