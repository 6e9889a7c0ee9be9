/** One picture through ComfyUI, over HTTP: against the stand-in, and against servers that go wrong in one way. */
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
const colour = async (url: string, picture?: Buffer, within = 5000, graph: Workflow = workflow) =>
  infer(
    { client: new ComfyuiClient(url, 1000), workflow: graph, path: 'chroma', log, timing },
    picture ?? (await grey()),
    within,
  );
const fault = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as Error,
  );

describe('a picture', () => {
  it('comes back coloured and of its size, and leaves no trace in the history', async () => {
    const result = await sharp(await colour(comfy.url, await grey(61, 33))).stats();
    expect(await sharp(await colour(comfy.url, await grey(61, 33))).metadata()).toMatchObject({
      width: 61,
      height: 33,
    });
    expect(new Set(result.channels.map(({ mean }) => Math.round(mean))).size).toBeGreaterThan(1);
    expect(await comfy.get('/history')).toEqual({});
  });

  it('is inferred anew each time, never replayed', async () => {
    const picture = await grey();
    const { url, prompts } = await comfy.recording();
    await colour(url, picture);
    await colour(url, picture);
    const names = prompts.map(({ prompt }) => prompt['3']?.inputs.filename_prefix);
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
    const error = await fault(colour(comfy.url, undefined, 5000, graph));
    expect(error).toBeInstanceOf(InstanceFault);
    expect(error?.message).toContain('node Nope does not exist');
  });

  it('the machine`s, when a model is missing', async () => {
    const graph = changed((nodes) => Object.assign(nodes['2']?.inputs ?? {}, { checkpoint: 'none.pth' }));
    expect(await fault(colour(comfy.url, undefined, 5000, graph))).toBeInstanceOf(InstanceFault);
  });

  it('the machine`s, when only a part of the graph would run: that part is interrupted', async () => {
    const graph = changed(
      (nodes) =>
        (nodes['4'] = { class_type: 'SaveImage', inputs: { images: ['9', 0], filename_prefix: 'x' } }),
    );
    const open = comfy.holdInferences();
    const error = await fault(colour(comfy.url, undefined, 5000, graph));
    expect(error).toBeInstanceOf(InstanceFault);
    expect(error?.message).toContain('part of the graph');
    open();
    await comfy.running(0);
    const [entry] = Object.values(
      (await comfy.get('/history')) as Record<string, { status: { messages: [string][] } }>,
    );
    // Or taken off the queue, where its thread had not come to it yet.
    expect(['execution_interrupted', undefined]).toContain(entry?.status.messages.at(-1)?.[0]);
  });

  it('the machine`s, when the model does not load', async () => {
    comfy.standIn.faults.checkpointUnreadable = true;
    expect(await fault(colour(comfy.url))).toBeInstanceOf(InstanceFault);
  });

  it('the photo`s, when the loader cannot read it', async () => {
    const error = await fault(colour(comfy.url, Buffer.from('Dear grandmother')));
    expect(error).toBeInstanceOf(PermanentFault);
    expect(error).toMatchObject({ code: 'cannot-be-coloured' });
    // What people read names no path of the machine.
    expect(error?.message).not.toMatch(/\/|tmp/);
  });

  it('the photo`s, when ComfyUI takes no file of its size', async () => {
    const url = await comfy.instead(/^POST \/upload/, (request, response) => {
      request.resume();
      request.on('end', () => response.writeHead(413).end('Maximum request body size 104857600 exceeded.'));
    });
    expect(await fault(colour(url))).toMatchObject({ code: 'too-large' });
  });

  it('nobody`s, when it was interrupted', async () => {
    const open = comfy.holdInferences();
    const work = fault(colour(comfy.url));
    await comfy.running(1);
    await fetch(`${comfy.url}/interrupt`, { method: 'POST' });
    open();
    expect(await work).toBeInstanceOf(TransientFault);
  });

  it('nobody`s, when the file that was reported is not there', async () => {
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
  ])('the machine`s, when ComfyUI %s', async (_name, path, listener) => {
    expect(await fault(colour(await comfy.instead(path, listener)))).toBeInstanceOf(InstanceFault);
  });

  it('the machine`s, when nothing answers', async () => {
    const url = comfy.url;
    await comfy.standIn.close();
    expect(await fault(colour(url))).toBeInstanceOf(InstanceFault);
    comfy = await Comfy.start();
  });

  it('the machine`s, when it does not finish in time: the prompt is taken off its queue', async () => {
    const open = comfy.holdInferences();
    const error = await fault(colour(comfy.url, undefined, 60));
    expect(error).toBeInstanceOf(InstanceFault);
    expect(error?.message).toContain('did not finish');
    open();
  });
});

it('is the machine`s fault when the thread that runs prompts has died behind a healthy server', async () => {
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

it('submits again, under another name, what a restart of ComfyUI has lost', async () => {
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
