/**
 * HTTP in and out: API Gateway's events to requests, answers to its responses.
 *
 * Gotcha: an HTTP API hands over a body as base64 unless its type is a text's, and joins headers that repeat with commas.
 */
import { z } from 'zod';
import type { Problem } from '../../contract/photo-api.ts';
import type { Identity } from './callers.ts';
import { ProblemError } from './problems.ts';

/** What is looked at of an event; the rest of it may be anything. */
const eventSchema = z.object({
  routeKey: z.string(),
  headers: z.record(z.string(), z.string().optional()).nullish(),
  pathParameters: z.record(z.string(), z.string().optional()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
  requestContext: z.object({
    requestId: z.string().default(''),
    http: z.object({ sourceIp: z.string() }),
    authorizer: z
      .object({
        jwt: z.object({ claims: z.record(z.string(), z.unknown()) }).nullish(),
        iam: z
          .object({
            accountId: z.string().nullish(),
            userId: z.string().nullish(),
            cognitoIdentity: z.object({ identityId: z.string().nullish() }).nullish(),
          })
          .nullish(),
      })
      .nullish(),
  }),
});

export interface Request {
  /** For example `GET /photos/{id}`. */
  route: string;
  id: string;
  headers: Record<string, string | undefined>;
  parameters: Record<string, string | undefined>;
  body: Buffer;
  identity: Identity;
}

export interface Response {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded?: boolean;
}

/** A photo is announced in a hundred bytes or two. */
const MAX_BODY_BYTES = 8192;

/** @throws ZodError when it is no event of an HTTP API */
export function parseRequest(event: unknown): Request {
  const { routeKey, headers, pathParameters, body, isBase64Encoded, requestContext } =
    eventSchema.parse(event);
  const { http, authorizer, requestId } = requestContext;
  const lower = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    route: routeKey,
    id: requestId,
    headers: Object.fromEntries(lower),
    parameters: pathParameters ?? {},
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
    identity: {
      sourceIp: http.sourceIp,
      claims: authorizer?.jwt?.claims,
      iam: authorizer?.iam ?? undefined,
    },
  };
}

/** RFC 7493, 2.1: JSON can escape half of a surrogate pair, which is no text that could be kept or put into a link. */
function wholeText(_name: string, value: unknown): unknown {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) throw new SyntaxError('half of a pair');
  return value;
}

/**
 * The JSON of a request.
 *
 * @throws Refusal that names what is wrong and what is allowed
 */
export function parseBody<T extends z.ZodType>({ headers, body }: Request, schema: T): z.infer<T> {
  const type = headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ProblemError(
      'unsupported-type',
      `content-type '${type.slice(0, 60)}': application/json is taken.`,
    );
  }
  if (body.length > MAX_BODY_BYTES) {
    throw new ProblemError(
      'too-large',
      `The request has ${body.length} bytes of JSON; at most ${MAX_BODY_BYTES} are taken. The photo itself goes to the link.`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(body.toString(), wholeText);
  } catch (cause) {
    throw new ProblemError(
      'bad-request',
      `The body is not JSON: '${body.toString().slice(0, 60)}'.`,
      undefined,
      {
        cause,
      },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the body'}: ${message}`,
  );
  const typeOnly = parsed.error.issues.every(({ path }) => path.join('.') === 'type');
  throw new ProblemError(typeOnly ? 'unsupported-type' : 'bad-request', `${issues.join('; ')}.`);
}

/** On every answer: nothing is guessed, framed, remembered or sent on. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'cache-control': 'no-store',
};

export const jsonResponse = (
  statusCode: number,
  body: unknown,
  { type = 'application/json', retryAfterSeconds }: { type?: string; retryAfterSeconds?: number } = {},
): Response => ({
  statusCode,
  headers: {
    ...HEADERS,
    'content-type': type,
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  },
  body: JSON.stringify(body),
});

export function problemResponse(error: ProblemError): Response {
  const problem: Problem = error.problem();
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

export const notModified = (etag: string): Response => ({
  statusCode: 304,
  headers: { ...HEADERS, 'cache-control': 'no-cache', etag },
  body: '',
});
