/** Turns errors of the AWS SDK into the errors of the commands. */
import { ApiError } from '../../client/errors.ts';
import { UsageError, UserError } from '../../common/errors.ts';

/** The caller's AWS identity lacks a permission. */
export class Forbidden extends UserError {}

interface SdkError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
  $retryable?: object;
}

const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|RequestTimeTooSkewed)/;
const NETWORK = /^(E[A-Z]+|TimeoutError|NetworkingError|SocketTimeout)$/;
/** DynamoDB and CloudWatch answer with status 400. */
const FORBIDDEN = /^(AccessDenied|UnauthorizedOperation|NotAuthorized|KmsAccessDenied)/;
const BUSY = /^(SlowDown|Throttling|RequestTimeout|ServiceUnavailable|InternalError|TooManyRequests)/;

/**
 * Runs a call to AWS.
 *
 * @param resource for messages: "s3://bucket"
 * @param needs the IAM permissions: "s3:GetObject on results/"
 * @throws ApiError, retryable, for a transient error; UserError for one that the caller can fix; the abort's reason
 */
export async function awsCall<T>(
  resource: string,
  needs: string,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    throw errorOf(resource, needs, error as SdkError);
  }
}

/** @returns the region of a client. @throws UsageError when it has none */
export const regionKnown = (region: () => Promise<string>): Promise<string> =>
  region().catch(() => {
    throw new UsageError('Which region? Add --region, or set AWS_REGION.');
  });

function errorOf(resource: string, needs: string, error: SdkError): Error {
  // Of a proxy.
  if (error instanceof UserError) return error;
  const { name, code = '', message, $metadata } = error;
  const status = $metadata?.httpStatusCode ?? 0;
  const cause = { cause: error };
  if (CREDENTIALS.test(name)) {
    return new UserError(
      `${name}: ${message}\nSign in to AWS first (aws configure, or aws sso login).`,
      cause,
    );
  }
  if (status === 401 || status === 403 || FORBIDDEN.test(name)) {
    return new Forbidden(`${resource}: ${name}. Your AWS identity needs ${needs}.`, cause);
  }
  if (name === 'NoSuchBucket') return new UserError(`${resource}: there is no such bucket.`, cause);
  const transient = error.$retryable || status >= 500 || status === 429 || BUSY.test(name);
  if (transient || NETWORK.test(code) || NETWORK.test(name)) {
    return new ApiError('unavailable', status, `${resource} cannot be reached (${code || name}).`, cause);
  }
  // The gateway's ports name the object around the SDK's error.
  const inner = error.cause instanceof Error ? errorOf(resource, needs, error.cause) : error.cause;
  return inner instanceof UserError || inner instanceof ApiError ? inner : error;
}
