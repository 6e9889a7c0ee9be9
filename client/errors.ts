/**
 * Everything that the service says no with, as one kind of error: the API itself, API Gateway before it, the store (S3)
 * behind its links, and the network between.
 *
 * Gotcha: a browser shows the body of S3's answer only where the bucket's rules for other origins fit the request. What is
 * missing is decided by the status, and by whether the link's time was over.
 */
import { PROBLEM_CODES, type ProblemCode } from '../contract/photo-types.ts';
import { parseJsonObject, type ReceivedResponse } from './response.ts';

/** For people; the API's own details say more and are taken where there are any. */
const MESSAGES: Record<ProblemCode, string> = {
  'bad-request': 'The request cannot be understood.',
  'unsupported-type': 'This type is not taken.',
  'too-large': 'More bytes than are taken.',
  'no-chroma': 'The workflow of this stage gives no chroma.',
  unauthorized: 'The sign-in is missing, or not accepted.',
  'not-found': 'There is no such photo, or it is not yours.',
  'method-not-allowed': 'There is nothing that is asked for in this way.',
  'hourly-quota-exceeded': 'As many photos as are taken from one caller for now.',
  'daily-quota-exceeded': 'As many photos as are taken today.',
  'too-busy': 'More requests in a moment than are answered.',
  'link-expired': 'The time of the link is over.',
  'link-used': 'A photo was stored by this link already.',
  'link-mismatch': 'What was sent is not what the link is for.',
  unavailable: 'The service cannot be reached, or failed; it is worth trying again.',
};

/** What may go well at another time, asked in the same way. A link that has expired never does: a new one has to be asked for. */
const RETRYABLE: ProblemCode[] = ['hourly-quota-exceeded', 'daily-quota-exceeded', 'too-busy', 'unavailable'];

export interface ApiErrorOptions extends ErrorOptions {
  retryAfterSeconds?: number;
  /** @default what is true of the code */
  retryable?: boolean;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** When it is worth it, if anybody said so. */
  readonly retryAfterSeconds: number | undefined;

  /** @param status of HTTP; 0 when there was no answer */
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

  /** For people. */
  get detail(): string {
    return this.message;
  }
}

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

/** Of the API, or of API Gateway in its stead, which says no more than a word or two. */
export function apiErrorFrom({ status, body, retryAfterSeconds }: ReceivedResponse): ApiError {
  const { code, detail } = parseJsonObject(body) as { code?: unknown; detail?: unknown };
  const known = PROBLEM_CODES.find((one) => one === code);
  const options = { retryAfterSeconds };
  if (known) return new ApiError(known, status, typeof detail === 'string' ? detail : undefined, options);
  const other = status >= 400 && status < 500 ? 'bad-request' : 'unavailable';
  return new ApiError(API_STATUSES[status] ?? other, status, undefined, options);
}

const S3_CODES: Record<string, ProblemCode> = {
  // The links of a function die with the credentials that it had.
  ExpiredToken: 'link-expired',
  SignatureDoesNotMatch: 'link-mismatch',
  EntityTooLarge: 'link-mismatch',
  MissingContentLength: 'link-mismatch',
  InvalidArgument: 'link-mismatch',
  PreconditionFailed: 'link-used',
  ConditionalRequestConflict: 'link-used',
  NoSuchKey: 'not-found',
  // A connection that was cut or too slow, not a client that cannot count.
  RequestTimeout: 'unavailable',
  IncompleteBody: 'unavailable',
  SlowDown: 'unavailable',
  ServiceUnavailable: 'unavailable',
  InternalError: 'unavailable',
};

const S3_STATUSES: Record<number, ProblemCode> = {
  404: 'not-found',
  408: 'unavailable',
  409: 'link-used',
  412: 'link-used',
  429: 'too-busy',
};

/** Of S3. @param expired whether the link's time is over, by our clock: decides where S3 cannot be read */
export function s3ErrorFrom(
  { status, body, retryAfterSeconds }: ReceivedResponse,
  expired: boolean,
): ApiError {
  const name = /<Code>([^<]*)</.exec(body)?.[1];
  const message = /<Message>([^<]*)</.exec(body)?.[1] ?? '';
  let code = S3_CODES[name ?? ''] ?? S3_STATUSES[status];
  if (name === 'AccessDenied') code = /expired/i.test(message) ? 'link-expired' : 'link-mismatch';
  else if (!code && status === 403) code = expired ? 'link-expired' : 'link-mismatch';
  code ??= status >= 400 && status < 500 ? 'link-mismatch' : 'unavailable';
  // Two requests at once by the same link: S3 asks for another try, which finds out whether the other one has stored it.
  const retryable = status === 409 ? true : undefined;
  return new ApiError(code, status, undefined, { retryAfterSeconds, retryable, cause: name });
}

/** There was no answer, or half of one. */
export function networkError(cause: unknown): ApiError {
  const { message, cause: inner } = Object(cause) as Error;
  // Node hides the reason behind "fetch failed"; browsers give none.
  const { code, message: why } = (inner ?? {}) as { code?: string; message?: string };
  return new ApiError('unavailable', 0, `The service cannot be reached (${code ?? (why || message)}).`, {
    cause,
  });
}

/** An answer that nobody here gives, such as the page of a hotel's network. */
export const unexpectedResponse = ({ status, body }: ReceivedResponse): ApiError =>
  new ApiError(
    'unavailable',
    status,
    `The answer (HTTP ${status}) is not this service's: '${body.slice(0, 60)}'.`,
  );
