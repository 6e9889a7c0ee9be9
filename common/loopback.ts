/**
 * HTTP servers on loopback that serve programs of this machine and their own pages, and no other web page.
 *
 * A browser reaches loopback as well: without this rule, any page open in it could send requests here. Every listener of the
 * local stack is one of these. The local AWS, which is a Python server, has the same rule in `loopback.py`.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** What the rule reads of a request. */
export interface RequestHead {
  /** As in the request line: a path with its query, or an absolute URL. */
  target: string;
  /** All values of each header, by its name in lower case. */
  headers: Record<string, string[] | undefined>;
}

/** Names that only this machine's resolver or nobody decides over: with any other, DNS may have brought a page here. */
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * Whether a request may be served: a pure function of its head.
 *
 * - The Host must be loopback by its usual names. After DNS rebinding it is the name of the attacker.
 * - A browser names the origin of a page that sends a request (`Origin`), or its relation to this server
 *   (`Sec-Fetch-Site`). Both must be this server's own; `none` is an address that the user typed or a bookmark.
 * - No browser sends neither: a program such as curl or the AWS SDK does.
 *
 * @returns why it is refused; undefined for one to serve
 */
export function refusal({ target, headers }: RequestHead): string | undefined {
  const [host = '', ...hosts] = headers.host ?? [];
  if (hosts.length > 0 || !LOOPBACK.test(host)) return 'the Host must be 127.0.0.1, localhost or [::1].';
  if (!target.startsWith('/')) return 'the request target must be a path.';
  for (const origin of headers.origin ?? []) {
    if (origin.toLowerCase() !== `http://${host.toLowerCase()}`)
      return 'a page of another origin may not send requests here.';
  }
  for (const site of headers['sec-fetch-site'] ?? []) {
    if (site === 'same-origin' || (site === 'none' && isNavigation(headers))) continue;
    return 'a page of another site may not send requests here.';
  }
  return undefined;
}

const isNavigation = (headers: RequestHead['headers']) =>
  headers['sec-fetch-mode']?.join() === 'navigate' && headers['sec-fetch-dest']?.join() === 'document';

const headOf = (request: IncomingMessage): RequestHead => ({
  target: request.url ?? '',
  headers: request.headersDistinct,
});

export interface LoopbackServer {
  server: Server;
  /** Without a path. */
  url: string;
  /** Ends open connections as well. */
  close: () => Promise<void>;
}

export interface LoopbackOptions {
  /** 0 takes any free port. @default 0 */
  port?: number;
  /** Takes WebSockets; without it, an upgrade is answered as a plain request. */
  onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  keepAliveMs?: number;
}

/** Starts a server on 127.0.0.1 that answers 403 to refused requests. @throws when the port is taken */
export async function listenOnLoopback(
  respond: RequestListener,
  { port = 0, onUpgrade, keepAliveMs }: LoopbackOptions = {},
): Promise<LoopbackServer> {
  const server = createServer((request, response) => {
    const why = refusal(headOf(request));
    if (why === undefined) return void respond(request, response);
    response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' }).end(`Refused: ${why}\n`);
  });
  if (onUpgrade) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const why = refusal(headOf(request));
      if (why === undefined) return onUpgrade(request, socket, head);
      const body = `Refused: ${why}\n`;
      socket.end(
        `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
  }
  if (keepAliveMs !== undefined) server.keepAliveTimeout = keepAliveMs;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
