/** Errors of the client, from response bodies recorded at API Gateway and S3. */
import { describe, expect, it } from 'vitest';
import { readResponse, retryAfter } from '../../client/response.ts';
import {
  apiErrorFrom,
  unexpectedResponse,
  ApiError,
  s3ErrorFrom,
  networkError,
} from '../../client/errors.ts';
import { PROBLEM_CODES, type ProblemCode } from '../../contract/photo-types.ts';
import { storeError } from './support/gateway.ts';

const problem = (code: string, status: number, detail: string) =>
  JSON.stringify({ type: 'about:blank', title: 'x', status, detail, code });

describe('apiErrorFrom', () => {
  it.each<[status: number, body: string, code: ProblemCode, detail: RegExp, retryable: boolean]>([
    [
      429,
      problem('hourly-quota-exceeded', 429, '60 an hour.'),
      'hourly-quota-exceeded',
      /^60 an hour\.$/,
      true,
    ],
    [429, problem('daily-quota-exceeded', 429, '500 a day.'), 'daily-quota-exceeded', /^500 a day\.$/, true],
    [413, problem('too-large', 413, 'size 9: at most 8.'), 'too-large', /^size 9/, false],
    [422, problem('no-chroma', 422, 'None here.'), 'no-chroma', /^None here/, false],
    [503, problem('unavailable', 503, 'Try again.'), 'unavailable', /^Try again/, true],
    // API Gateway, before it calls the function.
    [401, '{"message":"Unauthorized"}', 'unauthorized', /Credentials/, false],
    [403, '{"message":"Forbidden"}', 'unauthorized', /Credentials/, false],
    [404, '{"message":"Not Found"}', 'not-found', /no such photo/, false],
    [413, '{"message":"Request Entity Too Large"}', 'too-large', /more bytes/, false],
    [413, 'Request Too Long', 'too-large', /more bytes/, false],
    [429, '{"message":"Too Many Requests"}', 'too-busy', /Too many requests/, true],
    [500, '{"message":"Internal Server Error"}', 'unavailable', /try again later/, true],
    [503, '{"message":"Service Unavailable"}', 'unavailable', /try again later/, true],
    [504, '{"message":"Endpoint request timed out"}', 'unavailable', /try again later/, true],
    [400, '{"message":"Bad Request"}', 'bad-request', /invalid/, false],
    // A proxy, or an unknown code.
    [502, '<html>Bad Gateway</html>', 'unavailable', /try again later/, true],
    [405, '', 'method-not-allowed', /this method/, false],
    [418, '[]', 'bad-request', /invalid/, false],
    [503, problem('a-new-code', 503, 'x'), 'unavailable', /try again later/, true],
  ])('%s %s is %s', (status, body, code, detail, retryable) => {
    const error = apiErrorFrom({ status, body });
    expect(error).toMatchObject({ code, status, retryable, name: 'ApiError' });
    expect(error.detail).toMatch(detail);
    expect(error.message).toBe(error.detail);
  });
});

describe('s3ErrorFrom', () => {
  it.each<[status: number, name: string, message: string, code: ProblemCode, retryable: boolean]>([
    [403, 'AccessDenied', 'Request has expired', 'link-expired', false],
    [400, 'ExpiredToken', 'The provided token has expired.', 'link-expired', false],
    [403, 'AccessDenied', 'Access Denied', 'link-mismatch', false],
    [
      403,
      'AccessDenied',
      'There were headers present in the request which were not signed',
      'link-mismatch',
      false,
    ],
    [403, 'SignatureDoesNotMatch', 'The request signature we calculated …', 'link-mismatch', false],
    [400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 'link-mismatch', false],
    [411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.', 'link-mismatch', false],
    [400, 'InvalidArgument', 'x-amz-content-sha256 must be …', 'link-mismatch', false],
    [412, 'PreconditionFailed', 'At least one of the pre-conditions …', 'link-used', false],
    [409, 'ConditionalRequestConflict', 'The conditional request cannot succeed …', 'link-used', true],
    [503, 'SlowDown', 'Please reduce your request rate.', 'unavailable', true],
    [503, 'ServiceUnavailable', 'Service is unable to handle request.', 'unavailable', true],
    [500, 'InternalError', 'We encountered an internal error. Please try again.', 'unavailable', true],
    [404, 'NoSuchKey', 'The specified key does not exist.', 'not-found', false],
    [400, 'RequestTimeout', 'Your socket connection to the server was not read …', 'unavailable', true],
    [400, 'IncompleteBody', 'You did not provide the number of bytes …', 'unavailable', true],
    [400, 'SomethingNew', 'x', 'link-mismatch', false],
  ])('%s %s: %s is %s', (status, name, message, code, retryable) => {
    const error = s3ErrorFrom({ status, body: storeError(name, message) }, false);
    expect(error).toMatchObject({ code, status, retryable, cause: name });
  });

  it.each<[status: number, expired: boolean, code: ProblemCode]>([
    [403, true, 'link-expired'],
    [403, false, 'link-mismatch'],
    [400, false, 'link-mismatch'],
    [404, false, 'not-found'],
    [409, false, 'link-used'],
    [412, true, 'link-used'],
    [429, false, 'too-busy'],
    [500, false, 'unavailable'],
    [503, true, 'unavailable'],
    [301, false, 'unavailable'],
  ])('status %s without a readable body, link expired %s, is %s', (status, expired, code) => {
    expect(s3ErrorFrom({ status, body: '' }, expired).code).toBe(code);
  });
});

describe('networkError', () => {
  it.each<[cause: unknown, detail: RegExp]>([
    // From Node, then from browsers.
    [
      new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: 'ECONNREFUSED' }) }),
      /\(ECONNREFUSED\)/,
    ],
    [new TypeError('fetch failed', { cause: new Error('other side closed') }), /\(other side closed\)/],
    [new TypeError('Failed to fetch'), /\(Failed to fetch\)/],
    [new TypeError('NetworkError when attempting to fetch resource.'), /NetworkError/],
    [undefined, /cannot be reached/],
  ])('%s', (cause, detail) => {
    const error = networkError(cause);
    expect(error).toMatchObject({ code: 'unavailable', status: 0, retryable: true });
    expect(error.detail).toMatch(detail);
  });

  it('quotes the start of an unexpected response', () => {
    const body = `<html>${'x'.repeat(1000)}`;
    expect(unexpectedResponse({ status: 200, body }).detail).toMatch(/^The response \(HTTP 200\) .{0,100}$/);
  });
});

it('has a message for each code', () => {
  for (const code of PROBLEM_CODES) expect(new ApiError(code, 400).detail).toMatch(/^[A-Z].+\.$/);
});

it.each([
  ['7', 7],
  ['0', 0],
  ['Mon, 04 May 2026 10:00:30 GMT', 30],
  ['Mon, 04 May 2026 09:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
])('reads Retry-After %j as %s seconds', async (text, seconds) => {
  const now = Date.parse('2026-05-04T10:00:00Z');
  const headers = new Headers({ 'retry-after': text });
  expect(retryAfter(headers, now)).toBe(seconds);
  expect((await readResponse(new Response('x', { headers }), now)).retryAfterSeconds).toBe(seconds);
});
