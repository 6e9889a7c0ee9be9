/** SHA-256 of Node, in the interface of the SDK's signer. */
import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import type { SignatureV4 } from '@smithy/signature-v4';

type Settings = ConstructorParameters<typeof SignatureV4>[0];
type Bytes = Parameters<InstanceType<Settings['sha256']>['update']>[0];

export class Sha256 {
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
