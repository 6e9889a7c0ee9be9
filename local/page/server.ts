/** Serves the live page of a run, on loopback only, and to no other page; framing is forbidden. */
import { createReadStream } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../../common/errors.ts';
import { listenOnLoopback, type LoopbackServer } from '../../common/loopback.ts';
import { Previews, type ReadImage } from './previews.ts';
import type { StateSource } from './state.ts';
import { printLine } from '../../common/terminal.ts';

export interface PageOptions {
  /** 0 takes any free port. */
  port: number;
  state: StateSource;
  /** Reads a photo or its result, by the photo's key. */
  image: ReadImage;
}

const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
const here = (name: string) => join(import.meta.dirname, name);
const FILES: Record<string, { path: string; type: string }> = {
  '/': { path: here('index.html'), type: 'text/html; charset=utf-8' },
  '/style.css': { path: here('style.css'), type: 'text/css' },
  ...Object.fromEntries(
    ['app.js', 'texts.js', 'plots.js', 'pairs.js'].map((name) => [
      `/${name}`,
      { path: here(name), type: 'text/javascript' },
    ]),
  ),
  '/vendor/uplot.js': { path: join(uplot, 'uPlot.esm.js'), type: 'text/javascript' },
  '/vendor/uplot.css': { path: join(uplot, 'uPlot.min.css'), type: 'text/css' },
};
const HEADERS = {
  // 'unsafe-inline' for styles: uPlot positions its elements by style attributes.
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};
/** Minimum time between two events to a page. */
const UPDATE_EVERY_MS = 250;

export async function startPage(options: PageOptions): Promise<Pick<LoopbackServer, 'url' | 'close'>> {
  const previews = new Previews(options.image);
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    void respond(options, previews, request, response).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500, HEADERS);
      response.end();
      printLine(`page: ${request.url}: ${error.message}`, process.stderr);
    });
  try {
    const { url, close } = await listenOnLoopback(answer, { port: options.port });
    return { url: `${url}/`, close };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new UserError(`port ${options.port} is in use; choose another with --port.`, { cause: error });
  }
}

async function respond(
  { state }: PageOptions,
  previews: Previews,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const send = (status: number, type?: string, body?: string | Buffer) =>
    void response.writeHead(status, { ...HEADERS, ...(type && { 'content-type': type }) }).end(body);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(405);
  }
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const file = FILES[pathname];
  if (file) {
    response.writeHead(200, { ...HEADERS, 'content-type': file.type });
    createReadStream(file.path).pipe(response);
    return;
  }
  if (pathname === '/state.json') return send(200, 'application/json', JSON.stringify(state.current()));
  if (pathname === '/events') return stream(state, response);
  const photo = /^\/photos\/(before|after)\/(.+)$/.exec(pathname);
  if (!photo) return send(404, 'text/plain', 'Not found.');
  const preview = await previews.get(photo[1] as 'before' | 'after', decode(photo[2] ?? ''));
  if (!preview) return send(404, 'text/plain', 'Photo not found.');
  send(200, preview.type, preview.body);
}

/** @returns the text unchanged when its percent-encoding is invalid */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Sends the state as server-sent events: once at the start, then after changes. */
function stream(state: StateSource, response: ServerResponse): void {
  response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' });
  let timer: NodeJS.Timeout | undefined;
  const send = () => {
    timer = undefined;
    // Each event holds the whole state, so events are skipped while the client reads too slowly.
    if (!response.writableNeedDrain) response.write(`data: ${JSON.stringify(state.current())}\n\n`);
  };
  send();
  const stop = state.subscribe(() => (timer ??= setTimeout(send, UPDATE_EVERY_MS)));
  response.on('close', () => {
    stop();
    clearTimeout(timer);
  });
}
