/** Client of ComfyUI's HTTP API. */
import { prettifyError, type z } from 'zod';
import {
  ComfyuiTimeout,
  ComfyuiUnreachable,
  InstanceFault,
  PermanentFault,
  TransientFault,
} from '../photo/faults.ts';
import * as schemas from './schemas.ts';
import type { HistoryEntry, OutputFile, Submission } from './schemas.ts';
import { isPgm } from './planes.ts';
import type { Graph } from './workflow.ts';

/** ComfyUI's one event loop also serves uploads and writes pictures, so an answer can take seconds. */
const ANSWER_MS = 15_000;

export class ComfyuiClient {
  constructor(
    private readonly url: string,
    private readonly answerMs = ANSWER_MS,
  ) {}

  /** @returns what ComfyUI computes on: `cuda` or `cpu` */
  async device(): Promise<string | undefined> {
    return (await this.get('/system_stats', schemas.statsSchema)).devices[0]?.type;
  }

  async hasClass(name: string): Promise<boolean> {
    return name in (await this.get(`/object_info/${encodeURIComponent(name)}`, schemas.classSchema));
  }

  /**
   * Uploads a picture, PNG or PGM, into a folder.
   *
   * @returns its name for a loader node; ComfyUI may choose another one than the upload's
   * @throws PermanentFault when it is larger than ComfyUI accepts
   */
  async upload(picture: Buffer, folder: string): Promise<string> {
    const form = new FormData();
    const [type, name] = isPgm(picture) ? ['image/x-portable-graymap', 'in.pgm'] : ['image/png', 'in.png'];
    form.set('image', new Blob([picture as Uint8Array<ArrayBuffer>], { type }), name);
    form.set('subfolder', folder);
    const response = await this.fetch('POST', '/upload/image', form);
    if (response.status === 413) {
      const megabytes = Math.ceil(picture.length / 1e6);
      throw new PermanentFault(
        'too-large',
        `The photo has too much detail for its size to be coloured: prepared, it takes ${megabytes} MB where 100 MB are allowed.`,
      );
    }
    const stored = await parse(response, schemas.uploadSchema, '/upload/image');
    return stored.subfolder ? `${stored.subfolder}/${stored.name}` : stored.name;
  }

  async submit(graph: Graph, promptId: string): Promise<Submission> {
    const response = await this.fetch('POST', '/prompt', { prompt: graph, prompt_id: promptId });
    if (response.status === 400) {
      const { error, node_errors } = await parse(response, schemas.refusedSchema, '/prompt', 400);
      return { error, nodeErrors: node_errors };
    }
    return { nodeErrors: (await parse(response, schemas.acceptedSchema, '/prompt')).node_errors };
  }

  /** @returns undefined for a prompt that has not ended, and for one that ComfyUI does not know */
  async history(promptId: string): Promise<HistoryEntry | undefined> {
    return (await this.get(`/history/${promptId}`, schemas.historySchema))[promptId];
  }

  /** Whether a prompt waits or runs. */
  async isQueued(promptId: string): Promise<boolean> {
    const { queue_running, queue_pending } = await this.get('/queue', schemas.queueSchema);
    return [...queue_running, ...queue_pending].some(([, id]) => id === promptId);
  }

  /** @throws TransientFault when the file does not exist, although the history names it */
  async view(file: OutputFile): Promise<Buffer> {
    const response = await this.fetch('GET', `/view?${new URLSearchParams({ ...file })}`);
    if (response.status === 404) throw new TransientFault('ComfyUI does not have the picture it reported');
    if (!response.ok) throw new InstanceFault(`ComfyUI GET /view: HTTP ${response.status}`);
    return Buffer.from(await answered(response.arrayBuffer(), '/view'));
  }

  /** Clears the queue and interrupts the running prompt. */
  async cancelAll(): Promise<void> {
    await this.post('/queue', { clear: true });
    await this.post('/interrupt', {});
  }

  /** Removes a prompt from the queue, or interrupts it when it runs. */
  async cancel(promptId: string): Promise<void> {
    await this.post('/queue', { delete: [promptId] });
    await this.post('/interrupt', { prompt_id: promptId });
  }

  /** Removes a prompt from the history, which otherwise keeps every graph in memory. */
  async forget(promptId: string): Promise<void> {
    await this.post('/history', { delete: [promptId] });
  }

  /** Unloads every model: one that failed while it loaded can otherwise stay in memory. */
  async free(): Promise<void> {
    await this.post('/free', { unload_models: true, free_memory: true });
  }

  private async post(path: string, body: object): Promise<void> {
    const response = await this.fetch('POST', path, body);
    await response.body?.cancel();
    if (!response.ok) throw new InstanceFault(`ComfyUI POST ${path}: HTTP ${response.status}`);
  }

  private async get<T extends z.ZodType>(path: string, schema: T): Promise<z.infer<T>> {
    return parse(await this.fetch('GET', path), schema, path);
  }

  private fetch(method: 'GET' | 'POST', path: string, body?: object): Promise<Response> {
    const isForm = body instanceof FormData;
    const init = {
      method,
      headers: body && !isForm ? { 'Content-Type': 'application/json' } : undefined,
      body: isForm ? body : body && JSON.stringify(body),
      signal: AbortSignal.timeout(this.answerMs),
    };
    return answered(fetch(this.url.replace(/\/$/, '') + path, init), path);
  }
}

/** @throws ComfyuiTimeout or ComfyuiUnreachable in place of what fetch throws */
async function answered<T>(answer: Promise<T>, path: string): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'TimeoutError') {
      throw new ComfyuiTimeout(`ComfyUI ${path}: no answer in time`, { cause });
    }
    throw new ComfyuiUnreachable(`ComfyUI ${path}: cannot be reached`, { cause });
  }
}

async function parse<T extends z.ZodType>(
  response: Response,
  schema: T,
  path: string,
  status = 200,
): Promise<z.infer<T>> {
  const text = await answered(response.text(), path);
  if (response.status !== status) {
    throw new InstanceFault(`ComfyUI ${path}: HTTP ${response.status}: ${text.slice(0, 200)}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InstanceFault(`ComfyUI ${path}: not JSON: '${text.slice(0, 80)}'`, { cause });
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new InstanceFault(`ComfyUI ${path}: unexpected answer: ${prettifyError(result.error)}`);
}
