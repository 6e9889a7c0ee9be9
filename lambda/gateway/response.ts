/** Responses for an API Gateway HTTP API. */
import type { ProblemError } from './problems.ts';

export interface Response {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded?: boolean;
}

/** On every response: no MIME sniffing, no referrer, HTTPS only, no caching. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'cache-control': 'no-store',
};

export const jsonResponse = (
  statusCode: number,
  body: unknown,
  {
    type = 'application/json',
    retryAfterSeconds,
    location,
  }: { type?: string; retryAfterSeconds?: number; location?: string } = {},
): Response => ({
  statusCode,
  headers: {
    ...HEADERS,
    'content-type': type,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(location === undefined ? {} : { location }),
  },
  body: JSON.stringify(body),
});

export function problemResponse(error: ProblemError): Response {
  const problem = error.problem();
  return jsonResponse(problem.status, problem, {
    type: 'application/problem+json',
    retryAfterSeconds: error.retryAfterSeconds,
  });
}

export const fileResponse = (body: Buffer, type: string, more: Record<string, string>): Response => ({
  statusCode: 200,
  headers: { ...HEADERS, 'content-type': type, ...more },
  body: body.toString('base64'),
  isBase64Encoded: true,
});

export const emptyResponse = (): Response => ({ statusCode: 204, headers: HEADERS, body: '' });

export const notModified = (etag: string): Response => ({
  statusCode: 304,
  headers: { ...HEADERS, 'cache-control': 'no-cache', etag },
  body: '',
});
