/**
 * Stand-in for ComfyUI 0.3.64 with our and the public DDColor node: HTTP API, queue, cache and faults as recorded from a
 * real one, colours made up.
 *
 * Not implemented: previews and single channels of `/view`, images of several pages, routes of the web page.
 */
import type { IncomingMessage, RequestListener } from 'node:http';
import { listenOnLoopback } from '../../common/loopback.ts';
import type { Faults, NodeContext } from './classes.ts';
import { BatchFaults } from './chroma-nodes.ts';
import { startEvents } from './events.ts';
import { ALL, Executor, type Send } from './execute.ts';
import { Files } from './files.ts';
import { HttpError, INTERNAL_ERROR, NOT_FOUND, readBody, type HttpResponse } from './http.ts';
import { patches, type Palette } from './palettes.ts';
import { PromptQueue } from './queue.ts';
import { ROUTES, type App } from './routes.ts';
import { printBug, printError } from '../../common/terminal.ts';

export interface StandInOptions {
  /** 0 takes any free port. */
  port: number;
  inferenceEnd: NodeContext['inferenceEnd'];
  /** Device that `/system_stats` reports. */
  device: App['device'];
  /** Ends the process. @default - nothing happens */
  end?: NodeContext['end'];
  meter?: NodeContext['meter'];
  /** Colours that are made up. @default patches - strong hues with edges, whose faults show */
  palette?: Palette;
  /** Folder for input, output and temp. @default - a temporary one, removed on close */
  directory?: string | undefined;
}

export interface StandIn {
  url: string;
  faults: Faults;
  close(): Promise<void>;
}

export async function startStandIn(options: StandInOptions): Promise<StandIn> {
  const world: NodeContext = {
    files: new Files(options.directory),
    inferenceEnd: options.inferenceEnd,
    palette: options.palette ?? patches,
    faults: {
      checkpointUnreadable: false,
      diskFull: false,
      nodesMissing: false,
      imprecise: false,
      batch: 'none',
    },
    batchFaults: new BatchFaults(),
    end: options.end ?? (() => undefined),
    ...(options.meter && { meter: options.meter }),
  };
  let send: Send = () => undefined;
  const queueInfo = () => ({ exec_info: { queue_remaining: queue.remaining } });
  const queue: PromptQueue = new PromptQueue(() => send('status', { status: queueInfo() }, ALL));
  const executor = new Executor(queue, world, (...event) => send(...event));
  const app: App = {
    device: options.device,
    queue,
    executor,
    files: world.files,
    faults: world.faults,
    nextNumber: 0,
  };

  const answer: RequestListener = (request, response) =>
    void respond(app, request).then(({ status, type, body = '', headers }) => {
      if (type) response.setHeader('content-type', type);
      response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
    });
  const events = startEvents(queueInfo);
  send = events.send;
  // HTTP goes on without the prompt thread, as in ComfyUI.
  executor.run().catch((error: Error) => printError(`prompt thread ended: ${error.message}`));

  const { url, close } = await listenOnLoopback(answer, {
    port: options.port,
    onUpgrade: events.onUpgrade,
    // As aiohttp's. Node's 5 s can end just when a client sends its next request.
    keepAliveMs: 75_000,
  });
  return {
    url,
    faults: world.faults,
    async close() {
      events.close();
      await close();
      world.files.remove();
    },
  };
}

async function respond(app: App, request: IncomingMessage): Promise<HttpResponse> {
  try {
    const url = new URL(request.url ?? '', 'http://localhost');
    const path = url.pathname.replace(/^\/api(?=\/)/, '');
    const body = await readBody(request);
    for (const { method, pattern, handle } of ROUTES) {
      const match = method === request.method ? pattern.exec(path) : null;
      if (match) return await handle({ app, request, body, query: url.searchParams, match });
    }
    return NOT_FOUND;
  } catch (error) {
    if (error instanceof HttpError) return error.response;
    printBug(error);
    return INTERNAL_ERROR;
  }
}
