/**
 * Every failed request as one error type: answers of the API, of API Gateway and of S3, and network errors.
 *
 * Gotcha: a browser shows the body of an S3 response only if the bucket's CORS rules match the request. Without a body, the
 * status and the link's expiry decide.
 */
import { quotable } from '../contract/file-name.ts';
import { PROBLEM_CODES, type ProblemCode } from '../contract/photo-types.ts';
import { parseJsonObject, type ReceivedResponse } from './response.ts';

/** Used when the response has no `detail`. */
const MESSAGES: Record<ProblemCode, string> = {
  'bad-request': 'The request is invalid.',
  'unsupported-type': 'This content type is not supported.',
  'too-large': 'The photo has more bytes than this stage accepts.',
  'no-chroma': 'The workflow of this stage has no chroma output.',
  'bad-option': 'This stage does not have such an option.',
  'no-bulk-lane': 'This stage has no bulk lane.',
  unauthorized: 'Credentials are missing or not accepted.',
  'not-found': 'There is no such photo, or it belongs to another caller.',
  'method-not-allowed': 'The API does not support this method here.',
  'hourly-quota-exceeded': 'The hourly quota of this caller is exceeded.',
  'daily-quota-exceeded': 'The daily quota of this stage is exceeded.',
  'too-busy': 'Too many requests at once.',
  'link-expired': 'The link has expired.',
  'link-used': 'A photo has already been stored by this link.',
  'link-mismatch': 'The upload does not match what the link was signed for.',
  'untrusted-answer': 'The service sent an answer that is not safe to use.',
  unavailable: 'The service is unavailable or failed; try again later.',
};

/** The same request may succeed later. An expired link never does: create the photo again. */
const RETRYABLE: ProblemCode[] = ['hourly-quota-exceeded', 'daily-quota-exceeded', 'too-busy', 'unavailable'];

export interface ApiErrorOptions extends ErrorOptions {
  retryAfterSeconds?: number;
  /** @default depends on the code */
  retryable?: boolean;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;

  /** @param status HTTP status; 0 without a response */
  constructor(
    readonly code: ProblemCode,
    readonly status: number,
    detail = MESSAGES[code],
    { retryAfterSeconds, retryable = RETRYABLE.includes(code), ...options }: ApiErrorOptions = {},
  ) {
    super(detail, options);
    this.retryable = retryable;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Human-readable. */
  get detail(): string {
    return this.message;
  }
}

/** Of a foreign text in an error. */
export const MAX_DETAIL_LENGTH = 1000;

const API_STATUSES: Record<number, ProblemCode> = {
  401: 'unauthorized',
  403: 'unauthorized',
  404: 'not-found',
  405: 'method-not-allowed',
  408: 'unavailable',
  413: 'too-large',
  415: 'unsupported-type',
  429: 'too-busy',
};

/** From a response of the API, or of API Gateway, which sends `message` and no code. */
export function apiErrorFrom({ status, body, retryAfterSeconds }: ReceivedResponse): ApiError {
  const { code, detail } = parseJsonObject(body);
  const knownCode = PROBLEM_CODES.find((one) => one === code);
  const options = { retryAfterSeconds };
  if (knownCode)
    return new ApiError(
      knownCode,
      status,
      typeof detail === 'string' ? detail.slice(0, MAX_DETAIL_LENGTH) : undefined,
      options,
    );
  const other = status >= 400 && status < 500 ? 'bad-request' : 'unavailable';
  return new ApiError(API_STATUSES[status] ?? other, status, undefined, options);
}

const S3_CODES = new Map<string, ProblemCode>(
  Object.entries({
    // A presigned link dies with the credentials of the function that signed it.
    ExpiredToken: 'link-expired',
    SignatureDoesNotMatch: 'link-mismatch',
    EntityTooLarge: 'link-mismatch',
    MissingContentLength: 'link-mismatch',
    InvalidArgument: 'link-mismatch',
    PreconditionFailed: 'link-used',
    ConditionalRequestConflict: 'link-used',
    NoSuchKey: 'not-found',
    // The connection was cut or too slow.
    RequestTimeout: 'unavailable',
    IncompleteBody: 'unavailable',
    SlowDown: 'unavailable',
    ServiceUnavailable: 'unavailable',
    InternalError: 'unavailable',
  }),
);

const S3_STATUSES: Record<number, ProblemCode> = {
  404: 'not-found',
  408: 'unavailable',
  409: 'link-used',
  412: 'link-used',
  429: 'too-busy',
};

/** From a response of S3. @param expired whether the link has expired by our clock; decides when the body is not readable */
export function s3ErrorFrom(
  { status, body, retryAfterSeconds }: ReceivedResponse,
  expired: boolean,
): ApiError {
  const name = /<Code>([^<]{0,100})</.exec(body)?.[1];
  const message = /<Message>([^<]*)</.exec(body)?.[1] ?? '';
  let code = S3_CODES.get(name ?? '') ?? S3_STATUSES[status];
  if (name === 'AccessDenied') code = /expired/i.test(message) ? 'link-expired' : 'link-mismatch';
  else if (!code && status === 403) code = expired ? 'link-expired' : 'link-mismatch';
  code ??= status >= 400 && status < 500 ? 'link-mismatch' : 'unavailable';
  // Two uploads by one link at once: S3 asks to retry, and the retry shows whether the other upload stored the photo.
  const retryable = status === 409 ? true : undefined;
  return new ApiError(code, status, undefined, { retryAfterSeconds, retryable, cause: name });
}

/** Without a response, or with an incomplete one. */
export function networkError(cause: unknown): ApiError {
  const { message, cause: inner } = Object(cause) as Error;
  // Node puts the reason into the cause of "fetch failed"; browsers give none.
  const { code, message: why } = (inner ?? {}) as { code?: string; message?: string };
  return new ApiError('unavailable', 0, `The service cannot be reached (${code ?? (why || message)}).`, {
    cause,
  });
}

/** A response that is not from this API, such as the login page of a captive portal. */
export const unexpectedResponse = ({ status, body }: ReceivedResponse): ApiError =>
  new ApiError(
    'unavailable',
    status,
    `The response (HTTP ${status}) is not from this API: '${quotable(body)}'.`,
  );

/** What a service must not send, however it came to: trying again would not help. @param why the value and what is allowed */
export const untrustedAnswer = (status: number, why: string): ApiError =>
  new ApiError('untrusted-answer', status, why);
