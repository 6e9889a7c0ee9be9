/** The gateway's handler behind plain HTTP, with API Gateway's routes: no route is 404 with `message`, as there. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseRequest } from '../../../../lambda/gateway/request.ts';
import { respond, ROUTES, type Gateway } from '../../../../lambda/gateway/routes.ts';
import { eventOf } from './events.ts';

const PHOTO_PATH = /^\/photos\/([^/]+)$/;

/** @returns the key of the route and the path's parameter; undefined without a route */
function routeOf(method: string, path: string): { route: string; id?: string } | undefined {
  const [, encoded] = PHOTO_PATH.exec(path) ?? [];
  const route = `${method} ${encoded === undefined ? path : '/photos/{id}'}`;
  if (!ROUTES.has(route)) return undefined;
  return { route, id: encoded === undefined ? undefined : decoded(encoded) };
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
      const event = eventOf(found.route, { id: found.id, headers: headersOf(request), body });
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
