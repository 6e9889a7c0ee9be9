/** The stand-in ComfyUI for tests of the worker, with faults in single requests. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { workflowSchema, type Workflow } from '../../../contract/workflow.ts';
import { startStandIn, type StandIn } from '../../../local/comfyui/server.ts';
import { until } from '../../support/wait.ts';

export const workflow = workflowSchema.parse(
  JSON.parse(readFileSync('ami/workflow/ddcolor-public-node.json', 'utf8')),
);
/** Polls fast enough for tests. */
export const timing = { firstPollMs: 5, maxPollMs: 20, graceMs: 0, lostCheckMs: 20 };

export interface SentPrompt {
  prompt: Workflow['graph'];
  prompt_id: string;
}

export class Comfy {
  private readonly servers: Server[] = [];
  private inferences = Promise.resolve();

  private constructor(public standIn: StandIn) {}

  static async start(): Promise<Comfy> {
    const comfy: Comfy = new Comfy(
      await startStandIn({ port: 0, inferenceEnd: () => comfy.inferences, device: 'cpu' }),
    );
    return comfy;
  }

  get url(): string {
    return this.standIn.url;
  }

  async close(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
    await this.standIn.close();
  }

  /** Holds inferences until the returned function is called. */
  holdInferences(): () => void {
    let open: () => void = () => undefined;
    this.inferences = new Promise((resolve) => (open = resolve));
    return open;
  }

  async get(path: string): Promise<unknown> {
    return (await fetch(this.url + path)).json();
  }

  /** Resolves when so many prompts run. */
  async running(count: number): Promise<void> {
    await until(
      () => this.get('/queue') as Promise<{ queue_running: unknown[] }>,
      ({ queue_running }) => queue_running.length === count,
    );
  }

  /** @returns a URL of the same ComfyUI, and the prompts that are sent there */
  async recording(): Promise<{ url: string; prompts: SentPrompt[] }> {
    const prompts: SentPrompt[] = [];
    const url = await this.instead(/^POST \/prompt/, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        prompts.push(JSON.parse(body) as SentPrompt);
        void fetch(`${this.url}/prompt`, { method: 'POST', body }).then(async (answer) =>
          response.end(await answer.text()),
        );
      });
    });
    return { url, prompts };
  }

  /** @returns a URL of the same ComfyUI; the listener answers requests that match (`POST /prompt`) */
  async instead(match: RegExp, listener: RequestListener): Promise<string> {
    const server = createServer((request, response) => {
      if (match.test(`${request.method} ${request.url}`)) return listener(request, response);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        const type = headers['content-type'];
        void fetch(this.url + url, {
          method,
          headers: type ? { 'content-type': type } : {},
          ...(method === 'POST' && { body: new Uint8Array(Buffer.concat(chunks)) }),
        }).then(async (answer) =>
          response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer())),
        );
      });
    });
    this.servers.push(server);
    server.keepAliveTimeout = 75_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }
}
