/** Signs API requests with AWS Signature Version 4. */
import { SignatureV4 } from '@smithy/signature-v4';
import type { ApiRequest, PhotoApiOptions } from '../../../client/api.ts';
import { Sha256 } from '../../../common/sha256.ts';

type Settings = ConstructorParameters<typeof SignatureV4>[0];
/**
 * @param credentials called for each request, since those of a role are renewed
 * @param service in the scope of the signature
 */
export function signer(
  credentials: Settings['credentials'],
  region: string,
  service = 'execute-api',
): NonNullable<PhotoApiOptions['authorize']> {
  const signature = new SignatureV4({ credentials, region, service, sha256: Sha256 });
  return async ({ method, url, headers, body }: ApiRequest) => {
    const { protocol, hostname, port, pathname } = new URL(url);
    const host = port === '' ? hostname : `${hostname}:${port}`;
    const request = { method, protocol, hostname, path: pathname, headers: { ...headers, host }, body };
    const signed = await signature.sign(request);
    // Set by fetch from the URL.
    delete signed.headers.host;
    return signed.headers;
  };
}

/** The region in the address of an API: `<id>.execute-api.<region>.amazonaws.com`. */
export const regionOf = (url: string): string | undefined =>
  /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(new URL(url).hostname)?.[1];
