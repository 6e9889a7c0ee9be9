/** The gateway's handler behind plain HTTP, with API Gateway's routes: no route is 404 with `message`, as there. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseRequest } from '../../../../lambda/gateway/request.ts';
import { respond, ROUTES, type Gateway } from '../../../../lambda/gateway/routes.ts';
import { eventOf, iamAuthorizer, jwtAuthorizer } from './events.ts';

/** The one that is accepted, of a stage with sign-in. */
export const CREDENTIALS = {
  open: undefined,
  jwt: 'Bearer accepted',
  iam: 'AWS4-HMAC-SHA256 accepted',
} as const;

const AUTHORIZERS = { jwt: jwtAuthorizer({ sub: 'ann' }), iam: iamAuthorizer('AROAEXAMPLE:session') };
/** Without credentials that it accepts. */
const REFUSALS = { jwt: [401, '{"message":"Unauthorized"}'], iam: [403, '{"message":"Forbidden"}'] } as const;
const isGuarded = (route: string) => /^[A-Z]+ \/(photos|webhooks)/.test(route);

/** @returns the key of the route and the path's parameter; undefined without a route */
function routeOf(method: string, path: string): { route: string; id?: string } | undefined {
  for (const route of ROUTES.keys()) {
    const [wanted, template = ''] = route.split(' ');
    const pattern = new RegExp(`^${template.replace('{id}', '([^/]+)')}$`);
    const match = wanted === method ? pattern.exec(path) : null;
    if (match) return { route, ...(match[1] === undefined ? {} : { id: decoded(match[1]) }) };
  }
  return undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const headersOf = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

export interface HttpGateway {
  /** With a final slash. */
  url: string;
  close: () => Promise<void>;
}

export async function serveGateway(gateway: Gateway): Promise<HttpGateway> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await bodyOf(request);
      const { pathname } = new URL(request.url ?? '/', 'http://gateway');
      const found = routeOf(request.method ?? '', pathname);
      if (!found) {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Not Found"}');
        return;
      }
      const { access } = gateway;
      const signedIn = access !== 'open' && isGuarded(found.route) ? access : undefined;
      if (signedIn && request.headers.authorization !== CREDENTIALS[signedIn]) {
        const [status, message] = REFUSALS[signedIn];
        response.writeHead(status, { 'content-type': 'application/json' }).end(message);
        return;
      }
      const event = eventOf(found.route, {
        ...{ id: found.id, headers: headersOf(request), body },
        authorizer: signedIn && AUTHORIZERS[signedIn],
      });
      const answer = await respond(parseRequest(event), gateway);
      response
        .writeHead(answer.statusCode, answer.headers)
        .end(Buffer.from(answer.body, answer.isBase64Encoded ? 'base64' : 'utf8'));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
