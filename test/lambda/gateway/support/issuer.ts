/** OpenID issuer over HTTP for gateway and page: keys, tokens and a sign-in without user input. */
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const KEY_ID = 'one';
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export interface Issuer {
  url: string;
  /** A token for a subject, with further claims. */
  token(sub: string, claims?: Record<string, unknown>): string;
  /** A token with the signature of another key. */
  forged(sub: string): string;
  close(): Promise<void>;
}

/** @param audience of tokens. @param sub subject of the sign-in */
export async function startIssuer(audience: string, sub: string): Promise<Issuer> {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const codes = new Map<string, string>();
  let url = '';

  const sign = (claims: Record<string, unknown>, key = own.privateKey) => {
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: url, aud: audience, iat: now, exp: now + 600, ...claims };
    const text = `${base64url({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' })}.${base64url(payload)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
  };

  const server = createServer((request, response) => {
    const target = new URL(request.url ?? '/', url);
    const json = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
        .end(JSON.stringify(body));
    if (target.pathname === '/.well-known/openid-configuration') {
      return json(200, {
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
      });
    }
    if (target.pathname === '/keys') {
      return json(200, {
        keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' }],
      });
    }
    if (target.pathname === '/authorize') {
      const code = randomUUID();
      codes.set(code, target.searchParams.get('code_challenge') ?? '');
      const back = new URL(target.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', target.searchParams.get('state') ?? '');
      return response.writeHead(302, { location: back.href }).end();
    }
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const form = new URLSearchParams(body);
      const challenge = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      const actual = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (target.pathname !== '/token' || challenge === undefined || actual !== challenge) {
        return json(400, { error: 'invalid_grant' });
      }
      return json(200, {
        access_token: 'opaque',
        id_token: sign({ sub }),
        token_type: 'Bearer',
        expires_in: 600,
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: (subject, claims = {}) => sign({ sub: subject, ...claims }),
    forged: (subject) => sign({ sub: subject }, other.privateKey),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
