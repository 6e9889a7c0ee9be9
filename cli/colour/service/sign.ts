/** Signs API requests with AWS Signature Version 4. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { ApiRequest, PhotoApiOptions } from '../../../client/api.ts';

type Settings = ConstructorParameters<typeof SignatureV4>[0];
type Bytes = Parameters<InstanceType<Settings['sha256']>['update']>[0];

/** SHA-256 in the signer's interface. */
class Sha256 {
  private readonly hash: Hash | Hmac;

  constructor(secret?: Bytes) {
    this.hash = secret === undefined ? createHash('sha256') : createHmac('sha256', plain(secret));
  }

  update(data: Bytes): void {
    this.hash.update(plain(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

const plain = (data: Bytes): string | Uint8Array =>
  typeof data === 'string'
    ? data
    : ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);

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
