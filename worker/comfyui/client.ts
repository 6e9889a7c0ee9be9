/**
 * ComfyUI's HTTP API, as far as the worker needs it.
 *
 * Gotchas:
 * - `/history/{id}` is `{}` both for a prompt that still runs and for one that ComfyUI has forgotten.
 * - A prompt can be accepted with status 200 and still have `node_errors`: part of the graph will not run.
 * - `status_str` tells success from failure; `completed` is false for both a failed and a running prompt.
 * - `/object_info/{class}` is 200 and `{}` for a class that is not there.
 */
import { z } from 'zod';
import {
  InstanceFault,
  ComfyuiTimeout,
  PermanentFault,
  TransientFault,
  ComfyuiUnreachable,
} from '../photo/faults.ts';
import type { Graph } from './workflow.ts';

const fileSchema = z.object({ filename: z.string(), subfolder: z.string(), type: z.string() });
const uploadSchema = z.object({ name: z.string().min(1), subfolder: z.string() });
const nodeErrorsSchema = z.record(
  z.string(),
  z.object({ errors: z.array(z.object({ type: z.string(), message: z.string(), details: z.string() })) }),
);
const acceptedSchema = z.object({ node_errors: nodeErrorsSchema });
const refusedSchema = z.object({
  error: z.object({ type: z.string(), message: z.string(), details: z.string() }),
  node_errors: nodeErrorsSchema,
});
const historySchema = z.record(
  z.string(),
  z.object({
    outputs: z.record(z.string(), z.object({ images: z.array(fileSchema).optional() })),
    status: z.object({
      status_str: z.string(),
      messages: z.array(z.tuple([z.string(), z.record(z.string(), z.unknown())])),
    }),
  }),
);
const queueItemSchema = z.tuple([z.number(), z.string()]).rest(z.unknown());
const queueSchema = z.object({
  queue_running: z.array(queueItemSchema),
  queue_pending: z.array(queueItemSchema),
});
const statsSchema = z.object({ devices: z.array(z.object({ type: z.string() })).min(1) });

/** A file that a prompt has made. */
export type OutputFile = z.infer<typeof fileSchema>;
/** What became of a prompt. */
export type HistoryEntry = z.infer<typeof historySchema>[string];
export type NodeErrors = z.infer<typeof nodeErrorsSchema>;
/** ComfyUI's answer to a prompt: refused as a whole, in part, or taken. */
export interface Submission {
  /** Type and text of what is wrong with the graph as a whole. */
  error?: { type: string; message: string; details: string };
  nodeErrors: NodeErrors;
}

/** Its one loop also serves uploads and writes pictures, so an answer can take seconds. */
const ANSWER_MS = 15_000;

export class ComfyuiClient {
  constructor(
    private readonly url: string,
    private readonly answerMs = ANSWER_MS,
  ) {}

  /** What ComfyUI computes on: `cuda` or `cpu`. */
  async device(): Promise<string | undefined> {
    return (await this.json('GET', '/system_stats', statsSchema)).devices[0]?.type;
  }

  async hasClass(name: string): Promise<boolean> {
    const path = `/object_info/${encodeURIComponent(name)}`;
    return name in (await this.json('GET', path, z.record(z.string(), z.unknown())));
  }

  /**
   * Uploads a picture into a folder of its own.
   *
   * @returns what a loader node takes as its name: ComfyUI may have chosen another than we asked for
   * @throws PermanentFault when it is larger than ComfyUI accepts
   */
  async upload(picture: Buffer, folder: string): Promise<string> {
    const form = new FormData();
    form.set('image', new Blob([picture as Uint8Array<ArrayBuffer>], { type: 'image/png' }), 'in.png');
    form.set('subfolder', folder);
    const response = await this.fetch('POST', '/upload/image', form);
    if (response.status === 413) {
      const megabytes = Math.ceil(picture.length / 1e6);
      throw new PermanentFault(
        'too-large',
        `The photo has too much detail for its size to be coloured: prepared, it takes ${megabytes} MB where 100 MB are allowed.`,
      );
    }
    const { name, subfolder } = await parse(response, uploadSchema, '/upload/image');
    return subfolder ? `${subfolder}/${name}` : name;
  }

  async submit(graph: Graph, promptId: string): Promise<Submission> {
    const response = await this.fetch('POST', '/prompt', { prompt: graph, prompt_id: promptId });
    if (response.status === 400) {
      const { error, node_errors } = await parse(response, refusedSchema, '/prompt', 400);
      return { error, nodeErrors: node_errors };
    }
    return { nodeErrors: (await parse(response, acceptedSchema, '/prompt')).node_errors };
  }

  /** What became of a prompt; undefined while it has not ended, and when it is not known. */
  async history(promptId: string): Promise<HistoryEntry | undefined> {
    return (await this.json('GET', `/history/${promptId}`, historySchema))[promptId];
  }

  /** Whether a prompt waits or runs. */
  async isQueued(promptId: string): Promise<boolean> {
    const { queue_running, queue_pending } = await this.json('GET', '/queue', queueSchema);
    return [...queue_running, ...queue_pending].some(([, id]) => id === promptId);
  }

  /** @throws TransientFault when the file is not there, whatever the history says */
  async view(file: OutputFile): Promise<Buffer> {
    const path = `/view?${new URLSearchParams({ ...file })}`;
    const response = await this.fetch('GET', path);
    if (response.status === 404) throw new TransientFault('ComfyUI does not have the picture it reported');
    if (!response.ok) throw new InstanceFault(`ComfyUI GET /view: HTTP ${response.status}`);
    return Buffer.from(await received(response.arrayBuffer(), '/view'));
  }

  /** Takes everything off the queue and interrupts what runs. */
  async cancelAll(): Promise<void> {
    await this.command('/queue', { clear: true });
    await this.command('/interrupt', {});
  }

  /** Takes a prompt off the queue, or interrupts it if it is the one that runs. */
  async cancel(promptId: string): Promise<void> {
    await this.command('/queue', { delete: [promptId] });
    await this.command('/interrupt', { prompt_id: promptId });
  }

  /** Removes a prompt from the history, which otherwise keeps every graph in memory. */
  async forget(promptId: string): Promise<void> {
    await this.command('/history', { delete: [promptId] });
  }

  /** Makes it drop every loaded model: one that failed to load can otherwise stay, half made. */
  async free(): Promise<void> {
    await this.command('/free', { unload_models: true, free_memory: true });
  }

  private async command(path: string, body: object): Promise<void> {
    const response = await this.fetch('POST', path, body);
    await response.body?.cancel();
    if (!response.ok) throw new InstanceFault(`ComfyUI POST ${path}: HTTP ${response.status}`);
  }

  private async json<T extends z.ZodType>(method: string, path: string, schema: T): Promise<z.infer<T>> {
    return parse(await this.fetch(method, path), schema, path);
  }

  private fetch(method: string, path: string, body?: object): Promise<Response> {
    const form = body instanceof FormData;
    const headers = body && !form ? { 'Content-Type': 'application/json' } : undefined;
    return received(
      fetch(this.url.replace(/\/$/, '') + path, {
        method,
        headers,
        body: form ? body : body && JSON.stringify(body),
        signal: AbortSignal.timeout(this.answerMs),
      }),
      path,
    );
  }
}

/** @throws ComfyuiTimeout when it took too long, ComfyuiUnreachable when there is nobody to answer */
async function received<T>(answer: Promise<T>, path: string): Promise<T> {
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
  const text = await received(response.text(), path);
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
  if (!result.success)
    throw new InstanceFault(`ComfyUI ${path}: not as expected: ${z.prettifyError(result.error)}`);
  return result.data;
}
