/**
 * Events of an API Gateway HTTP API as requests.
 *
 * Gotcha: the body is base64 unless its content type is text, and repeated headers are joined with commas.
 */
import { z } from 'zod';
import { MOST_BODY_BYTES } from '../../contract/edge.ts';
import type { Identity } from './callers.ts';
import { ProblemError } from './problems.ts';

/** The fields that are read; others are ignored. */
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

/** @throws ZodError if it is not an event of an HTTP API */
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

/** RFC 7493, 2.1: JSON may escape a lone surrogate, which UTF-8 cannot encode. */
function rejectLoneSurrogates(_name: string, value: unknown): unknown {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) throw new SyntaxError('lone surrogate');
  return value;
}

/**
 * Parses the JSON body of a request.
 *
 * @throws ProblemError that names each invalid field and the values allowed
 */
export function parseBody<T extends z.ZodType>({ headers, body }: Request, schema: T): z.infer<T> {
  const type = headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new ProblemError('unsupported-type', `content-type '${type.slice(0, 60)}': use application/json.`);
  }
  if (body.length > MOST_BODY_BYTES) {
    throw new ProblemError(
      'too-large',
      `The request body has ${body.length} bytes; the maximum is ${MOST_BODY_BYTES}. Upload the photo itself to its link.`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(body.toString(), rejectLoneSurrogates);
  } catch {
    throw new ProblemError('bad-request', `The body is not JSON: '${body.toString().slice(0, 60)}'.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the body'}: ${message}`,
  );
  const typeOnly = parsed.error.issues.every(({ path }) => path.join('.') === 'type');
  throw new ProblemError(typeOnly ? 'unsupported-type' : 'bad-request', `${issues.join('; ')}.`);
}
