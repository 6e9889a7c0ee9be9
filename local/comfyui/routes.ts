/** The routes of ComfyUI's HTTP API, apart from those of its web page. */
import { randomUUID } from 'node:crypto';
import { freemem, totalmem } from 'node:os';
import { extname } from 'node:path';
import type { IncomingMessage } from 'node:http';
import type { Faults } from './classes.ts';
import type { Executor } from './execute.ts';
import { isFolder, type Files } from './files.ts';
import type { Graph } from './graph.ts';
import {
  empty,
  INTERNAL_ERROR,
  json,
  MAX_BODY_BYTES,
  parseForm,
  parseJson,
  type HttpResponse,
} from './http.ts';
import { nodeClasses, objectInfo, type NodeClass } from './nodes.ts';
import type { PromptQueue } from './queue.ts';
import { validate } from './validate.ts';

/** State of the server that the routes read and change. */
export interface App {
  /** Device that `/system_stats` reports. */
  device: 'cpu' | 'cuda';
  queue: PromptQueue;
  executor: Executor;
  files: Files;
  faults: Faults;
  /** Incremented by each POST to `/prompt`, refused ones included. */
  nextNumber: number;
}

interface Call {
  app: App;
  request: IncomingMessage;
  body: Buffer;
  query: URLSearchParams;
  match: RegExpExecArray;
}

interface Route {
  method: 'GET' | 'POST';
  pattern: RegExp;
  handle: (call: Call) => HttpResponse | Promise<HttpResponse>;
}

const TYPES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.pgm': 'image/x-portable-graymap',
};

/** Parses a body with `clear` or `delete` into a predicate over prompt ids. */
function selection(body: Buffer): (id: string) => boolean {
  const { clear, delete: ids } = parseJson(body) as { clear?: boolean; delete?: string[] };
  return (id) => clear === true || (ids?.includes(id) ?? false);
}

/** What the server has imported. */
function classesOf({ files, faults }: App): Record<string, NodeClass> {
  const all = Object.entries(nodeClasses(files.inputNames()));
  const isThere = ({ module }: NodeClass) => !(faults.nodesMissing && module.startsWith('custom_nodes'));
  return Object.fromEntries(all.filter(([, node]) => isThere(node)));
}

export const ROUTES: Route[] = [
  { method: 'GET', pattern: /^\/system_stats$/, handle: ({ app }) => json(systemStats(app)) },
  {
    method: 'GET',
    pattern: /^\/features$/,
    handle: () => json({ supports_preview_metadata: true, max_upload_size: MAX_BODY_BYTES }),
  },
  {
    method: 'GET',
    pattern: /^\/object_info\/([^/]+)$/,
    handle({ app, match }) {
      const name = decodeURIComponent(match[1] ?? '');
      const node = classesOf(app)[name];
      return json(node ? { [name]: objectInfo(name, node) } : {});
    },
  },
  {
    method: 'GET',
    pattern: /^\/prompt$/,
    handle: ({ app }) => json({ exec_info: { queue_remaining: app.queue.remaining } }),
  },
  { method: 'POST', pattern: /^\/prompt$/, handle: submit },
  {
    method: 'GET',
    pattern: /^\/queue$/,
    handle: ({ app }) => json({ queue_running: app.queue.running, queue_pending: app.queue.pending }),
  },
  {
    method: 'POST',
    pattern: /^\/queue$/,
    handle({ app, body }) {
      app.queue.remove(selection(body));
      return empty(200);
    },
  },
  {
    method: 'GET',
    pattern: /^\/history(?:\/([^/]+))?$/,
    handle({ app, match, query }) {
      const all = app.queue.history(match[1] && decodeURIComponent(match[1]));
      const most = query.get('max_items');
      return json(most === null ? all : Object.fromEntries(Object.entries(all).slice(-Number(most))));
    },
  },
  {
    method: 'POST',
    pattern: /^\/history$/,
    handle({ app, body }) {
      app.queue.forget(selection(body));
      return empty(200);
    },
  },
  {
    method: 'POST',
    pattern: /^\/interrupt$/,
    handle({ app, body }) {
      const id = body.length > 0 ? parseJson(body).prompt_id : undefined;
      const runs = app.queue.running.some(([, running]) => running === id);
      if (id === undefined || runs) app.executor.interrupted = true;
      return empty(200);
    },
  },
  {
    method: 'POST',
    pattern: /^\/free$/,
    handle({ app, body }) {
      if (parseJson(body).free_memory === true) app.executor.free();
      return empty(200);
    },
  },
  { method: 'POST', pattern: /^\/upload\/image$/, handle: upload },
  {
    method: 'GET',
    pattern: /^\/view$/,
    handle({ app, query }) {
      const filename = query.get('filename') ?? '';
      const found = app.files.view(filename, query.get('subfolder') ?? '', query.get('type') ?? 'output');
      if (typeof found === 'number') return empty(found);
      const type = TYPES[extname(filename).toLowerCase()] ?? 'application/octet-stream';
      return {
        status: 200,
        type,
        body: found,
        headers: { 'content-disposition': `filename="${encodeURIComponent(filename)}"` },
      };
    },
  },
];

function systemStats({ device }: App): object {
  const [total, free] = [totalmem(), freemem()];
  const name = device === 'cuda' ? 'cuda:0 stand-in : cudaMallocAsync' : 'cpu';
  return {
    system: {
      os: 'posix',
      ram_total: total,
      ram_free: free,
      comfyui_version: '0.3.64',
      required_frontend_version: '1.27.10',
      installed_templates_version: null,
      required_templates_version: '0.1.95',
      python_version: '3.11.7 (stand-in)',
      pytorch_version: '2.13.0+cpu',
      embedded_python: false,
      argv: ['main.py', ...(device === 'cpu' ? ['--cpu'] : [])],
    },
    devices: [
      {
        name,
        type: device,
        index: device === 'cuda' ? 0 : null,
        vram_total: total,
        vram_free: free,
        torch_vram_total: total,
        torch_vram_free: free,
      },
    ],
  };
}

function submit({ app, body }: Call): HttpResponse {
  const request = parseJson(body);
  // Incremented before validation, so refused prompts leave gaps.
  const counted = app.nextNumber++;
  if (request.prompt === undefined) {
    const message = 'No prompt provided';
    return json(
      { error: { type: 'no_prompt', message, details: message, extra_info: {} }, node_errors: {} },
      400,
    );
  }
  const prompt = request.prompt as Graph;
  const { error, outputs, nodeErrors } = validate(prompt, {
    classes: classesOf(app),
    imageExists: (name) => app.files.exists(name),
  });
  if (error) return json({ error, node_errors: nodeErrors }, 400);
  const id = typeof request.prompt_id === 'string' ? request.prompt_id : randomUUID();
  const own = typeof request.number === 'number' ? request.number : counted;
  const number = request.front === true ? -counted : own;
  const extra = { ...(request.extra_data as object | undefined) };
  if (request.client_id !== undefined) Object.assign(extra, { client_id: request.client_id });
  app.queue.put([number, id, prompt, extra, outputs]);
  return json({ prompt_id: id, number, node_errors: nodeErrors });
}

async function upload({ app, request, body }: Call): Promise<HttpResponse> {
  const form = await parseForm(request, body);
  const image = form.get('image');
  if (!(image instanceof File) || !image.name) return empty(400);
  const field = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  const type = field('type') ?? 'input';
  // ComfyUI fails with an unset variable for any other type.
  if (!isFolder(type)) return INTERNAL_ERROR;
  if (app.faults.diskFull) return INTERNAL_ERROR;
  const bytes = Buffer.from(await image.arrayBuffer());
  const overwrite = ['true', '1'].includes(field('overwrite') ?? '');
  const saved = app.files.upload(bytes, image.name, field('subfolder') ?? '', type, overwrite);
  if (!saved) return empty(400);
  return json({ name: saved.filename, subfolder: saved.subfolder, type: saved.type });
}
