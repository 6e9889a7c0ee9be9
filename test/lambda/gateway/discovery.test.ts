/** Discovery of an issuer's sign-in endpoints. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { discover } from '../../../lambda/gateway/discovery.ts';

let server: Server | undefined;
const paths: string[] = [];
afterEach(() => {
  server?.close();
  paths.length = 0;
});

/** @returns the issuer's URL */
async function issuer(status: number, body: string): Promise<string> {
  const started = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  server = started;
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}/pool`;
}

const endpoints = {
  authorization_endpoint: 'https://issuer.example/authorize',
  token_endpoint: 'https://issuer.example/token',
};

it.each(['', '/'])('reads the endpoints of an issuer that ends in "%s"', async (end) => {
  const url = await issuer(200, JSON.stringify({ ...endpoints, jwks_uri: 'https://issuer.example/keys' }));
  expect(await discover(url + end, 'page')).toEqual({
    authorizationEndpoint: 'https://issuer.example/authorize',
    tokenEndpoint: 'https://issuer.example/token',
    clientId: 'page',
  });
  expect(paths).toEqual(['/pool/.well-known/openid-configuration']);
});

it.each([
  ['an error', 500, JSON.stringify(endpoints), /HTTP 500/],
  ['no JSON', 200, '<html>', /JSON/],
  ['no token endpoint', 200, JSON.stringify({ ...endpoints, token_endpoint: undefined }), /token_endpoint/],
  ['a relative endpoint', 200, JSON.stringify({ ...endpoints, authorization_endpoint: '/a' }), /authoriz/],
])('fails for %s, with the cause', async (_case, status, body, cause) => {
  const url = await issuer(status, body);
  const error = await discover(url, 'page').catch((reason: unknown) => reason as Error);
  expect((error as Error).message).toBe(`cannot read the issuer's ${url}/.well-known/openid-configuration`);
  expect(String((error as Error).cause)).toMatch(cause);
});
