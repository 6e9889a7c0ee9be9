/** A ComfyUI of which each prompt follows a script, over real HTTP. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';

export interface Prompt {
  id: string;
  graph: Record<string, { class_type: string; inputs: Record<string, unknown> }>;
  /** What was uploaded for it. */
  picture: Buffer;
}

/** What happens to one prompt. Left out: it is taken and ends at once with the picture coloured. */
export interface Script {
  /** Answer to the submission. */
  reply?: { status: number; body: unknown };
  /** History entry; null: it never ends. */
  entry?: unknown;
  /** False: it is in neither list, as after a restart. */
  queued?: boolean;
  /** The picture that /view gives; null: 404. */
  output?: Buffer | null;
}

export const success = (
  files: unknown[] = [{ filename: 'out_00001_.png', subfolder: 'x', type: 'output' }],
) => ({
  prompt: [],
  outputs: { '3': { images: files } },
  status: { status_str: 'success', completed: true, messages: [['execution_success', { timestamp: 1 }]] },
});

export const failure = (kind: string, details: Record<string, unknown>) => ({
  prompt: [],
  outputs: {},
  status: {
    status_str: 'error',
    completed: false,
    messages: [
      ['execution_start', {}],
      [kind, details],
    ],
  },
});

/** The picture with an orange tint that keeps it a picture of the same size. */
export async function tinted(png: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(png).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  for (let i = 0; i < data.length; i += 3) {
    data[i] = Math.min(255, data[i]! + 20);
    data[i + 2] = Math.max(0, data[i + 2]! - 20);
  }
  const { width, height } = info;
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

export class FakeComfy {
  device = 'cuda';
  classes = ['LoadImage', 'DDColor_Colorize', 'SaveImage'];
  /** Status of each upload; its name may differ from what was asked for. */
  uploadStatus = 200;
  uploadName = 'in.png';
  /** Answers only after so many milliseconds. */
  delayMs = 0;
  /** Scripts of the next prompts, in order. */
  readonly scripts: Script[] = [];
  readonly prompts: Prompt[] = [];
  readonly calls: string[] = [];
  readonly forgotten: string[] = [];
  private readonly uploads = new Map<string, Buffer>();
  private readonly states = new Map<string, { script: Script; picture: Buffer }>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeComfy> {
    const server = createServer((request, response) => {
      fake.answer(request, response).catch((error: unknown) => {
        response.writeHead(599).end(String(error));
      });
    });
    const fake = new FakeComfy(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    this.calls.push(`${request.method} ${pathname}`);
    const json = (value: unknown, status = 200) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    const posted = () => JSON.parse(body.toString()) as Record<string, never>;

    if (pathname === '/system_stats') return void json({ devices: [{ type: this.device }] });
    if (pathname.startsWith('/object_info/')) {
      const name = pathname.slice('/object_info/'.length);
      return void json(this.classes.includes(name) ? { [name]: { input: {} } } : {});
    }
    if (pathname === '/upload/image') {
      if (this.uploadStatus !== 200) {
        return void response
          .writeHead(this.uploadStatus)
          .end('Maximum request body size 104857600 exceeded.');
      }
      const form = await new Response(body, {
        headers: { 'Content-Type': request.headers['content-type'] ?? '' },
      }).formData();
      const subfolder = form.get('subfolder') as string;
      const file = Buffer.from(await (form.get('image') as Blob).arrayBuffer());
      this.uploads.set(`${subfolder}/${this.uploadName}`, file);
      return void json({ name: this.uploadName, subfolder, type: 'input' });
    }
    if (pathname === '/prompt') {
      const { prompt_id: id, prompt: graph } = posted() as unknown as {
        prompt_id: string;
        prompt: Prompt['graph'];
      };
      const picture = this.uploads.get(String(graph['1']?.inputs.image)) ?? Buffer.alloc(0);
      const script = this.scripts.shift() ?? {};
      this.prompts.push({ id, graph, picture });
      if (script.reply?.status !== undefined && script.reply.status !== 200) {
        return void json(script.reply.body, script.reply.status);
      }
      this.states.set(id, { script, picture });
      return void json(script.reply?.body ?? { prompt_id: id, number: 1, node_errors: {} });
    }
    if (pathname.startsWith('/history/')) {
      const id = pathname.slice('/history/'.length);
      const entry = this.entryOf(id);
      return void json(entry ? { [id]: entry } : {});
    }
    if (pathname === '/history') {
      this.forgotten.push(...((posted().delete as string[] | undefined) ?? []));
      return void response.writeHead(200).end();
    }
    if (pathname === '/queue' && request.method === 'GET') {
      const waiting = [...this.states].filter(([id, s]) => !this.entryOf(id) && s.script.queued !== false);
      const items = waiting.map(([id], i) => [i, id, {}, {}, ['3']]);
      return void json({ queue_running: items.slice(0, 1), queue_pending: items.slice(1) });
    }
    if (['/queue', '/interrupt', '/free'].includes(pathname)) {
      for (const id of (posted().delete as string[] | undefined) ?? []) this.states.delete(id);
      return void response.writeHead(200).end();
    }
    if (pathname === '/view') {
      const id = searchParams.get('subfolder') ?? '';
      const state = this.states.get(id) ?? [...this.states.values()].at(-1);
      if (!state || state.script.output === null) return void response.writeHead(404).end();
      return void response.writeHead(200).end(state.script.output ?? (await tinted(state.picture)));
    }
    response.writeHead(404).end();
  }

  private entryOf(id: string): unknown {
    const state = this.states.get(id);
    if (!state || state.script.queued === false || state.script.entry === null) return undefined;
    return state.script.entry ?? success([{ filename: 'out_00001_.png', subfolder: id, type: 'output' }]);
  }
}
