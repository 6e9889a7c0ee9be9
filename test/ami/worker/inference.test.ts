/** One picture through ComfyUI, over HTTP: against the stand-in, and against servers that go wrong in one way. */
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ComfyClient } from '../../../ami/worker/comfy.ts';
import { InfraFault, PermanentFault, TransientFault } from '../../../ami/worker/faults.ts';
import { infer } from '../../../ami/worker/inference.ts';
import { checkReady, untilReady } from '../../../ami/worker/readiness.ts';
import { workflowSchema, type Workflow } from '../../../contract/workflow.ts';
import { startStandIn, type StandIn } from '../../../local/comfyui/server.ts';
import { memoryLog } from './support/memory.ts';

const workflow = workflowSchema.parse(JSON.parse(readFileSync('ami/workflow/ddcolor.json', 'utf8')));
const timing = { firstPollMs: 5, maxPollMs: 20, lostCheckMs: 20 };

let standIn: StandIn;
let servers: Server[];
let gate: Promise<void>;

beforeEach(async () => {
  servers = [];
  gate = Promise.resolve();
  standIn = await startStandIn({ port: 0, inferenceEnd: () => gate, device: 'cpu' });
});
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await standIn.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

/** The stand-in, but for one path. */
const instead = (path: RegExp, listener: RequestListener) =>
  serve((request, response) => {
    if (path.test(`${request.method} ${request.url}`)) return listener(request, response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      const type = headers['content-type'];
      void fetch(standIn.url + url, {
        method,
        headers: type ? { 'content-type': type } : {},
        ...(method === 'POST' && { body: new Uint8Array(Buffer.concat(chunks)) }),
      }).then(async (answer) =>
        response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer())),
      );
    });
  });

const grey = (width = 40, height = 30) =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();
const log = memoryLog();
const colour = async (url: string, picture?: Buffer, within = 5000, graph: Workflow = workflow) =>
  infer(
    { client: new ComfyClient(url, 1000), workflow: graph, log, timing },
    picture ?? (await grey()),
    within,
  );
const fault = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as Error,
  );
/** Holds inferences until what it returns is called. */
function holdInferences(): () => void {
  let open: () => void = () => undefined;
  gate = new Promise((resolve) => (open = resolve));
  return open;
}

/** Until so many prompts run. */
async function queueOf(running: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const { queue_running } = (await state('/queue')) as { queue_running: unknown[] };
    if (queue_running.length === running) return;
    await sleep(5);
  }
  throw new Error(`never ${running} running`);
}
const state = async (path: string): Promise<unknown> => (await fetch(standIn.url + path)).json();

describe('a picture', () => {
  it('comes back coloured and of its size, and leaves no trace in the history', async () => {
    const result = await sharp(await colour(standIn.url, await grey(61, 33))).stats();
    expect(await sharp(await colour(standIn.url, await grey(61, 33))).metadata()).toMatchObject({
      width: 61,
      height: 33,
    });
    expect(new Set(result.channels.map(({ mean }) => Math.round(mean))).size).toBeGreaterThan(1);
    expect(await state('/history')).toEqual({});
  });

  it('is inferred anew each time, never replayed', async () => {
    const picture = await grey();
    const names: string[] = [];
    const url = await instead(/^POST \/prompt/, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        names.push(
          (JSON.parse(body) as { prompt: { 3: { inputs: { filename_prefix: string } } } }).prompt[3].inputs
            .filename_prefix,
        );
        void fetch(`${standIn.url}/prompt`, { method: 'POST', body }).then(async (answer) =>
          response.end(await answer.text()),
        );
      });
    });
    await colour(url, picture);
    await colour(url, picture);
    expect(new Set(names).size).toBe(2);
  });
});

describe('whose fault it is', () => {
  const changed = (change: (graph: Workflow['graph']) => void) => {
    const copy = structuredClone(workflow);
    change(copy.graph);
    return copy;
  };

  it('the machine`s, when a node is missing', async () => {
    const graph = changed((nodes) => (nodes['2'] = { class_type: 'Nope', inputs: {} }));
    const error = await fault(colour(standIn.url, undefined, 5000, graph));
    expect(error).toBeInstanceOf(InfraFault);
    expect(error?.message).toContain('node Nope does not exist');
  });

  it('the machine`s, when a model is missing', async () => {
    const graph = changed((nodes) => Object.assign(nodes['2']?.inputs ?? {}, { checkpoint: 'none.pth' }));
    expect(await fault(colour(standIn.url, undefined, 5000, graph))).toBeInstanceOf(InfraFault);
  });

  it('the machine`s, when only a part of the graph would run: that part is interrupted', async () => {
    const graph = changed(
      (nodes) =>
        (nodes['4'] = { class_type: 'SaveImage', inputs: { images: ['9', 0], filename_prefix: 'x' } }),
    );
    const open = holdInferences();
    const error = await fault(colour(standIn.url, undefined, 5000, graph));
    expect(error).toBeInstanceOf(InfraFault);
    expect(error?.message).toContain('part of the graph');
    open();
    await queueOf(0);
    const [entry] = Object.values(
      (await state('/history')) as Record<string, { status: { messages: [string][] } }>,
    );
    expect(entry?.status.messages.at(-1)?.[0]).toBe('execution_interrupted');
  });

  it('the machine`s, when the model does not load', async () => {
    standIn.faults.checkpointUnreadable = true;
    expect(await fault(colour(standIn.url))).toBeInstanceOf(InfraFault);
  });

  it('the photo`s, when the loader cannot read it', async () => {
    const error = await fault(colour(standIn.url, Buffer.from('Dear grandmother')));
    expect(error).toBeInstanceOf(PermanentFault);
    expect(error).toMatchObject({ code: 'cannot-be-coloured' });
    // What people read names no path of the machine.
    expect(error?.message).not.toMatch(/\/|tmp/);
  });

  it('the photo`s, when ComfyUI takes no file of its size', async () => {
    const url = await instead(/^POST \/upload/, (request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(413).end('Maximum request body size 104857600 exceeded.'));
    });
    expect(await fault(colour(url))).toMatchObject({ code: 'too-large' });
  });

  it('nobody`s, when it was interrupted', async () => {
    const open = holdInferences();
    const work = fault(colour(standIn.url));
    await queueOf(1);
    await fetch(`${standIn.url}/interrupt`, { method: 'POST' });
    open();
    expect(await work).toBeInstanceOf(TransientFault);
  });

  it('nobody`s, when the file that was reported is not there', async () => {
    const url = await instead(/^GET \/view/, (_request, response) => response.writeHead(404).end());
    expect(await fault(colour(url))).toBeInstanceOf(TransientFault);
  });

  it.each<[string, RegExp, RequestListener]>([
    ['answers with no JSON', /^POST \/prompt/, (_request, response) => response.end('<html>')],
    [
      'answers with a server error',
      /^POST \/prompt/,
      (_request, response) => response.writeHead(500).end('trouble'),
    ],
    ['answers with another shape', /^POST \/upload/, (_request, response) => response.end('{"file":1}')],
    ['breaks the connection', /^POST \/upload/, (request) => void request.socket.destroy()],
    [
      'reports success with no picture',
      /^GET \/history/,
      (request, response) => {
        const id = request.url?.split('/').pop() ?? '';
        const entry = { outputs: {}, status: { status_str: 'success', completed: true, messages: [] } };
        response.end(JSON.stringify({ [id]: entry }));
      },
    ],
  ])('the machine`s, when ComfyUI %s', async (_name, path, listener) => {
    expect(await fault(colour(await instead(path, listener)))).toBeInstanceOf(InfraFault);
  });

  it('the machine`s, when nothing answers', async () => {
    const url = standIn.url;
    await standIn.close();
    expect(await fault(colour(url))).toBeInstanceOf(InfraFault);
    standIn = await startStandIn({ port: 0, inferenceEnd: () => gate, device: 'cpu' });
  });

  it('the machine`s, when it does not finish in time: the prompt is taken off its queue', async () => {
    const open = holdInferences();
    const error = await fault(colour(standIn.url, undefined, 60));
    expect(error).toBeInstanceOf(InfraFault);
    expect(error?.message).toContain('did not finish');
    open();
  });
});

it('submits again, under another name, what a restart of ComfyUI has lost', async () => {
  let lost = 0;
  const url = await instead(/^(GET \/history|GET \/queue)/, (request, response) => {
    if (lost < 3) {
      if (request.url?.startsWith('/queue')) lost++;
      return void response.end(
        request.url?.startsWith('/queue') ? '{"queue_running":[],"queue_pending":[]}' : '{}',
      );
    }
    void fetch(standIn.url + request.url).then(async (answer) => response.end(await answer.text()));
  });
  expect((await sharp(await colour(url)).metadata()).width).toBe(40);
  expect(log.of('prompt-lost').length).toBeGreaterThan(0);
});

describe('readiness', () => {
  const check = (url: string, device: 'cpu' | 'cuda' = 'cpu') => {
    const client = new ComfyClient(url, 1000);
    return checkReady({
      client,
      settings: { device, workflow },
      infer: (png, within) => infer({ client, workflow, log, timing }, png, Math.min(within, 5000)),
    });
  };

  it('is reached by a ComfyUI that has coloured a picture', async () => {
    await check(standIn.url);
  });

  it.each<[string, () => Promise<void>, RegExp]>([
    [
      'that computes on something else',
      () => check(standIn.url, 'cuda'),
      /computes on 'cpu' but this stage needs 'cuda'/,
    ],
    [
      'that lacks a node',
      async () =>
        check(await instead(/^GET \/object_info\/DDColor/, (_request, response) => response.end('{}'))),
      /lacks the node 'DDColor_Colorize'/,
    ],
    [
      'whose results are grey',
      async () => {
        const answer = await sharp(await grey(256, 192))
          .png()
          .toBuffer();
        return check(await instead(/^GET \/view/, (_request, response) => response.end(answer)));
      },
      /without any colour/,
    ],
  ])('is not reached by one %s', async (_name, act, message) => {
    await expect(act()).rejects.toThrow(message);
  });

  it('is tried until it is there, and given up after its time', async () => {
    let tries = 0;
    const patience = { retryMs: 1, limitMs: 1000, now: () => tries * 100 };
    const stop = new AbortController().signal;
    const third = () => (++tries < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve());
    expect(await untilReady(third, stop, log, patience)).toBe(true);
    const never = () => Promise.reject(new Error(`no, ${++tries}`));
    await expect(untilReady(never, stop, log, patience)).rejects.toThrow('not ready after 1 s');
    expect(await untilReady(never, AbortSignal.abort(), log, patience)).toBe(false);
  });
});
