/** Checks AWS Signature Version 4, written from its specification. */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

export interface Expected {
  secret: string;
  region: string;
  service: string;
}

export function isSigned(request: IncomingMessage, body: Buffer, expected: Expected): boolean {
  const { secret, region, service } = expected;
  const authorization = request.headers.authorization ?? '';
  const [, , scope = '', signedHeaders = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  const [date = '', ...rest] = scope.split('/');
  if (rest.join('/') !== `${region}/${service}/aws4_request`) return false;
  const time = String(request.headers['x-amz-date']);
  const names = signedHeaders.split(';');
  if (!names.includes('host') || Math.abs(Date.now() - timeOf(time)) > 300_000) return false;
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const canonical = [
    request.method,
    // For every service but S3 the path is URL-encoded twice.
    encodeURIComponent(path).replaceAll('%2F', '/'),
    query,
    ...names.map((name) => `${name}:${String(request.headers[name]).trim()}`),
    '',
    signedHeaders,
    sha256(body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(key, text).toString('hex') === signature;
}

const timeOf = (text: string) =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
