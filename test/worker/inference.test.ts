/** One picture through ComfyUI, over HTTP: against the stand-in, and against servers with one fault each. */
import type { RequestListener } from 'node:http';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { InstanceFault, PermanentFault, TransientFault } from '../../worker/photo/faults.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import type { Workflow } from '../../contract/workflow.ts';
import { Comfy, timing, workflow } from './support/stand-in-comfyui.ts';
import { memoryLog } from './support/memory.ts';

let comfy: Comfy;
beforeEach(async () => {
  comfy = await Comfy.start();
});
afterEach(() => comfy.close());

const grey = (width = 40, height = 30) =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } })
    .png()
    .toBuffer();
const log = memoryLog();
const colour = async (url: string, picture?: Buffer, within = 60_000, graph: Workflow = workflow) =>
  infer(
    { client: new ComfyuiClient(url, 30_000), workflow: graph, path: 'chroma', log, timing },
    picture ?? (await grey()),
    within,
  );
const fault = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as Error,
  );

describe('a picture', () => {
  it('comes back in colour and of its size, and is removed from the history', async () => {
    const result = await sharp(await colour(comfy.url, await grey(61, 33))).stats();
    expect(await sharp(await colour(comfy.url, await grey(61, 33))).metadata()).toMatchObject({
      width: 61,
      height: 33,
    });
    expect(new Set(result.channels.map(({ mean }) => Math.round(mean))).size).toBeGreaterThan(1);
    expect(await comfy.get('/history')).toEqual({});
  });

  it('is inferred each time, never taken from ComfyUI`s cache', async () => {
    const picture = await grey();
    const { url, prompts } = await comfy.recording();
    await colour(url, picture);
    await colour(url, picture);
    const names = prompts.map(({ prompt }) => prompt['3']?.inputs.filename_prefix);
    expect(new Set(names).size).toBe(2);
  });
});

describe('a failure', () => {
  const changed = (change: (graph: Workflow['graph']) => void) => {
    const copy = structuredClone(workflow);
    change(copy.graph);
    return copy;
  };

  it('is an instance fault when a node is missing', async () => {
    const graph = changed((nodes) => (nodes['2'] = { class_type: 'Nope', inputs: {} }));
    const error = await fault(colour(comfy.url, undefined, 60_000, graph));
    expect(error).toBeInstanceOf(InstanceFault);
    expect(error?.message).toContain('node Nope does not exist');
  });

  it('is an instance fault when a model is missing', async () => {
    const graph = changed((nodes) => Object.assign(nodes['2']?.inputs ?? {}, { checkpoint: 'none.pth' }));
    expect(await fault(colour(comfy.url, undefined, 60_000, graph))).toBeInstanceOf(InstanceFault);
  });

  it('is an instance fault when only a part of the graph runs, which is cancelled', async () => {
    const graph = changed(
      (nodes) =>
        (nodes['4'] = { class_type: 'SaveImage', inputs: { images: ['9', 0], filename_prefix: 'x' } }),
    );
    const open = comfy.holdInferences();
    const error = await fault(colour(comfy.url, undefined, 60_000, graph));
    expect(error).toBeInstanceOf(InstanceFault);
    expect(error?.message).toContain('part of the graph');
    open();
    await comfy.running(0);
    const [entry] = Object.values(
      (await comfy.get('/history')) as Record<string, { status: { messages: [string][] } }>,
    );
    // It was interrupted, or removed from the queue before it ran.
    expect(['execution_interrupted', undefined]).toContain(entry?.status.messages.at(-1)?.[0]);
  });

  it('is an instance fault when the model does not load', async () => {
    comfy.standIn.faults.checkpointUnreadable = true;
    expect(await fault(colour(comfy.url))).toBeInstanceOf(InstanceFault);
  });

  it('is permanent when the loader cannot read the picture', async () => {
    const error = await fault(colour(comfy.url, Buffer.from('Dear grandmother')));
    expect(error).toBeInstanceOf(PermanentFault);
    expect(error).toMatchObject({ code: 'cannot-be-coloured' });
    // The message for the uploader contains no path of the instance.
    expect(error?.message).not.toMatch(/\/|tmp/);
  });

  it('is permanent when ComfyUI accepts no file of that size', async () => {
    const url = await comfy.instead(/^POST \/upload/, (request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(413).end('Maximum request body size 104857600 exceeded.'));
    });
    expect(await fault(colour(url))).toMatchObject({ code: 'too-large' });
  });

  it('is transient when the prompt was interrupted', async () => {
    const open = comfy.holdInferences();
    const work = fault(colour(comfy.url));
    await comfy.running(1);
    await fetch(`${comfy.url}/interrupt`, { method: 'POST' });
    open();
    expect(await work).toBeInstanceOf(TransientFault);
  });

  it('is transient when the reported file does not exist', async () => {
    const url = await comfy.instead(/^GET \/view/, (_request, response) => response.writeHead(404).end());
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
  ])('is an instance fault when ComfyUI %s', async (_name, path, listener) => {
    expect(await fault(colour(await comfy.instead(path, listener)))).toBeInstanceOf(InstanceFault);
  });

  it('is an instance fault when nothing answers', async () => {
    const url = comfy.url;
    await comfy.standIn.close();
    expect(await fault(colour(url))).toBeInstanceOf(InstanceFault);
    comfy = await Comfy.start();
  });

  it('is an instance fault when the prompt does not finish in time, which is cancelled', async () => {
    const open = comfy.holdInferences();
    const error = await fault(colour(comfy.url, undefined, 60));
    expect(error).toBeInstanceOf(InstanceFault);
    expect(error?.message).toContain('did not finish');
    open();
  });
});

it('is an instance fault when the thread that runs prompts has died behind a healthy server', async () => {
  await fetch(`${comfy.url}/prompt`, { method: 'POST', body: JSON.stringify({ prompt: await zombie() }) });
  expect((await fetch(`${comfy.url}/system_stats`)).status).toBe(200);
  const error = await fault(colour(comfy.url, undefined, 300));
  expect(error).toBeInstanceOf(InstanceFault);
  expect(error?.message).toContain('did not finish');
});

/** Passes validation, and then a node without inputs raises outside of what is caught. */
async function zombie() {
  const name = await new ComfyuiClient(comfy.url).upload(await grey(), 'zombie');
  return {
    '1': { class_type: 'LoadImage', inputs: { image: name } },
    '2': { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'zombie' } },
    '9': { class_type: 'LoadImage' },
  };
}

it('submits a prompt again that a restart of ComfyUI has lost', async () => {
  let lost = 0;
  const url = await comfy.instead(/^(GET \/history|GET \/queue)/, (request, response) => {
    if (lost < 3) {
      if (request.url?.startsWith('/queue')) lost++;
      return void response.end(
        request.url?.startsWith('/queue') ? '{"queue_running":[],"queue_pending":[]}' : '{}',
      );
    }
    void fetch(comfy.url + request.url).then(async (answer) => response.end(await answer.text()));
  });
  expect((await sharp(await colour(url)).metadata()).width).toBe(40);
  expect(log.of('prompt-lost').length).toBeGreaterThan(0);
});

describe('the ComfyUI slot', () => {
  /** Runs the workflow with a slot that records what happens, in order with the requests to ComfyUI. */
  async function withSlot(url: string, within = 60_000, picture?: Buffer) {
    const events: string[] = [];
    let held = 0;
    const acquireSlot = async () => {
      expect(held++).toBe(0);
      events.push('acquired');
      return () => {
        if (held === 0) return;
        held--;
        events.push('released');
      };
    };
    const client = new ComfyuiClient(url, 30_000);
    const view = client.view.bind(client);
    client.view = (file) => {
      events.push('view');
      return view(file);
    };
    const inference = { client, workflow, path: 'chroma', log, timing } as const;
    const error = await fault(infer(inference, picture ?? (await grey()), within, acquireSlot));
    return { events, error, held };
  }
  const refusal: RequestListener = (request, response) => {
    request.resume();
    request.on('end', () =>
      response.writeHead(400).end('{"error":{"type":"t","message":"m","details":"d"},"node_errors":{}}'),
    );
  };

  it('is released before the picture is fetched', async () => {
    expect(await withSlot(comfy.url)).toEqual({
      events: ['acquired', 'released', 'view'],
      error: undefined,
      held: 0,
    });
  });

  it('is released after a refused prompt', async () => {
    const { events, error } = await withSlot(await comfy.instead(/^POST \/prompt/, refusal));
    expect(error).toBeInstanceOf(InstanceFault);
    expect(events).toEqual(['acquired', 'released']);
  });

  it('is released after a prompt that fails or does not finish', async () => {
    const open = comfy.holdInferences();
    const { events, error } = await withSlot(comfy.url, 60);
    expect(error?.message).toContain('did not finish');
    expect(events).toEqual(['acquired', 'released']);
    open();
    const failed = await withSlot(comfy.url, 60_000, Buffer.from('text'));
    expect(failed.error).toBeInstanceOf(PermanentFault);
    expect(failed.events).toEqual(['acquired', 'released']);
  });

  it('is acquired for each submission of a prompt that is lost three times', async () => {
    const url = await comfy.instead(/^GET \/(history|queue)/, (request, response) =>
      response.end(request.url === '/queue' ? '{"queue_running":[],"queue_pending":[]}' : '{}'),
    );
    const { events, error } = await withSlot(url);
    expect(error).toMatchObject({ name: 'PromptLost', message: 'ComfyUI lost the prompt 3 times' });
    expect(events).toEqual(['acquired', 'released', 'acquired', 'released', 'acquired', 'released']);
  });

  it('is not acquired when the upload fails', async () => {
    const url = await comfy.instead(/^POST \/upload/, (request) => void request.socket.destroy());
    expect((await withSlot(url)).events).toEqual([]);
  });
});
