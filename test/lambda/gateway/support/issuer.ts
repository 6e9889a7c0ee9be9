/** An OpenID issuer over HTTP, as far as a gateway and its page need one: keys, tokens, and a sign-in that asks nothing. */
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const KEY_ID = 'one';
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export interface Issuer {
  url: string;
  /** A token for a subject, with claims of its own choice besides. */
  token(sub: string, claims?: Record<string, unknown>): string;
  /** The same, signed by somebody else. */
  forged(sub: string): string;
  close(): Promise<void>;
}

/** @param audience of tokens. @param sub who signs in */
export async function startIssuer(audience: string, sub: string): Promise<Issuer> {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const codes = new Map<string, string>();
  let url = '';

  const sign = (claims: Record<string, unknown>, key = own.privateKey) => {
    const now = Math.floor(Date.now() / 1000);
    const all = { iss: url, aud: audience, iat: now, exp: now + 600, ...claims };
    const text = `${base64url({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' })}.${base64url(all)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`;
  };

  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', url);
    const json = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' })
        .end(JSON.stringify(body));
    if (asked.pathname === '/.well-known/openid-configuration') {
      return json(200, {
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
      });
    }
    if (asked.pathname === '/keys') {
      return json(200, {
        keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' }],
      });
    }
    if (asked.pathname === '/authorize') {
      const code = randomUUID();
      codes.set(code, asked.searchParams.get('code_challenge') ?? '');
      const back = new URL(asked.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', asked.searchParams.get('state') ?? '');
      return response.writeHead(302, { location: back.href }).end();
    }
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const form = new URLSearchParams(body);
      const challenge = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      const made = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      if (asked.pathname !== '/token' || challenge === undefined || made !== challenge) {
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
