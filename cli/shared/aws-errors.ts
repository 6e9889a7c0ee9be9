/** What AWS's SDK says, in the words of the CLI. */
import { ApiError } from '../../client/errors.ts';
import { UserError } from '../../common/errors.ts';

/** Something that the caller's AWS identity may not do. */
export class Forbidden extends UserError {}

interface SdkError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
  $retryable?: object;
}

const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|RequestTimeTooSkewed)/;
const NETWORK = /^(E[A-Z]+|TimeoutError|NetworkingError|SocketTimeout)$/;
/** DynamoDB and CloudWatch refuse with status 400. */
const FORBIDDEN = /^(AccessDenied|UnauthorizedOperation|NotAuthorized|KmsAccessDenied)/;
const BUSY = /^(SlowDown|Throttling|RequestTimeout|ServiceUnavailable|InternalError|TooManyRequests)/;

/**
 * Runs a call to AWS.
 *
 * @param what was tried, for people: "s3://bucket"
 * @param needs what an identity must be allowed for it, in the names of IAM: "s3:GetObject on results/"
 * @throws ApiError, retryable, for what passes; UserError for what its user can mend; the abort's reason
 */
export async function awsCall<T>(
  what: string,
  needs: string,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    throw faultOf(what, needs, error as SdkError);
  }
}

/** The region that a client has found. @throws UserError when there is none */
export const regionKnown = (region: () => Promise<string>): Promise<string> =>
  region().catch(() => {
    throw new UserError('Which region? Add --region, or set AWS_REGION.');
  });

function faultOf(what: string, needs: string, error: SdkError): Error {
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
    return new Forbidden(`${what}: ${name}. Your AWS identity needs ${needs}.`, cause);
  }
  if (name === 'NoSuchBucket') return new UserError(`${what}: there is no such bucket.`, cause);
  const passing = error.$retryable || status >= 500 || status === 429 || BUSY.test(name);
  if (passing || NETWORK.test(code) || NETWORK.test(name)) {
    return new ApiError('unavailable', status, `${what} cannot be reached (${code || name}).`, cause);
  }
  return error;
}
