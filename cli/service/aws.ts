/** What AWS's SDK says, in the words of the CLI. */
import { Refusal } from '../../client/refusals.ts';
import { UserError } from '../../local/processes.ts';

interface SdkError extends Error {
  code?: string;
  $metadata?: { httpStatusCode?: number };
  $retryable?: object;
}

const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken|InvalidAccessKeyId|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|RequestTimeTooSkewed)/;
const NETWORK = /^(E[A-Z]+|TimeoutError|NetworkingError|SocketTimeout)$/;
const BUSY = /^(SlowDown|Throttling|RequestTimeout|ServiceUnavailable|InternalError|TooManyRequests)/;

/**
 * Runs a call to AWS.
 *
 * @param what was tried, for people: "s3://bucket"
 * @throws Refusal, retryable, for what passes; UserError for what its user can mend; the abort's reason
 */
export async function told<T>(what: string, signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    throw faultOf(what, error as SdkError);
  }
}

function faultOf(what: string, error: SdkError): Error {
  const { name, code = '', message, $metadata } = error;
  const status = $metadata?.httpStatusCode ?? 0;
  const cause = { cause: error };
  if (CREDENTIALS.test(name)) {
    return new UserError(
      `${name}: ${message}\nSign in to AWS first (aws configure, or aws sso login).`,
      cause,
    );
  }
  if (status === 401 || status === 403) {
    return new UserError(
      `${what}: ${name}. Your AWS identity needs s3:PutObject on incoming/cli/*, s3:GetObject on incoming/, results/ and failed/, and s3:ListBucket, without which what is missing looks forbidden.`,
      cause,
    );
  }
  if (name === 'NoSuchBucket') return new UserError(`${what}: there is no such bucket.`, cause);
  const passing = error.$retryable || status >= 500 || status === 429 || BUSY.test(name);
  if (passing || NETWORK.test(code) || NETWORK.test(name)) {
    return new Refusal('unavailable', status, `${what} cannot be reached (${code || name}).`, cause);
  }
  return error;
}
