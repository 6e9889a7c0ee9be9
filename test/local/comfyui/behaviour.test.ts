/** Behaviour of ComfyUI 0.3.64 beyond the recording: cache, queue, images and failures. */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startStandIn, type StandIn } from '../../../local/comfyui/server.ts';
import { until } from '../../support/wait.ts';

type Json = Record<string, unknown>;
interface Entry {
  outputs: Record<string, { images: { filename: string; subfolder: string; type: string }[] }>;
  status: { status_str: string; completed: boolean; messages: [string, Json][] };
}

let standIn: StandIn;
let hold: Promise<void>;
let release: () => void;
/** Resolves when an inference has started. */
let inferring: Promise<void>;

beforeEach(async () => {
  hold = Promise.resolve();
  release = () => undefined;
  let started: () => void = () => undefined;
  inferring = new Promise((resolve) => (started = resolve));
  const inferenceEnd = () => {
    started();
    return hold;
  };
  standIn = await startStandIn({ port: 0, inferenceEnd, device: 'cpu' });
});
afterEach(async () => {
  release();
  await standIn.close();
});

const holdInference = () => {
  hold = new Promise((resolve) => (release = resolve));
};
const get = async (path: string) => (await fetch(standIn.url + path)).json() as Promise<Json>;
const post = (path: string, body: unknown) =>
  fetch(standIn.url + path, { method: 'POST', body: JSON.stringify(body) });

const graph = (image: string, prefix = 'out', more: Json = {}) => ({
  1: { class_type: 'LoadImage', inputs: { image } },
  2: {
    class_type: 'DDColor_Colorize',
    inputs: { image: ['1', 0], model_input_size: 32, checkpoint: 'ddcolor_modelscope.pth' },
  },
  3: { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: prefix } },
  ...more,
});

async function upload(body: Buffer, name: string): Promise<void> {
  const form = new FormData();
  form.set('image', new Blob([new Uint8Array(body)]), name);
  expect((await fetch(`${standIn.url}/upload/image`, { method: 'POST', body: form })).status).toBe(200);
}

async function submit(prompt: unknown, more: Json = {}): Promise<string> {
  const response = await post('/prompt', { prompt, ...more });
  expect(response.status).toBe(200);
  return ((await response.json()) as { prompt_id: string }).prompt_id;
}

const outcome = async (id: string): Promise<Entry> =>
  (await until(
    async () => ((await get(`/history/${id}`)) as Record<string, Entry>)[id],
    (entry) => entry !== undefined,
  ))!;

const grey = (width: number, height: number, tone = 120) =>
  sharp({ create: { width, height, channels: 3, background: { r: tone, g: tone, b: tone } } });
const view = async (entry: Entry) => {
  const [file] = entry.outputs['3']?.images ?? [];
  return sharp(
    Buffer.from(await (await fetch(`${standIn.url}/view?${new URLSearchParams({ ...file })}`)).arrayBuffer()),
  );
};
const last = (entry: Entry) => entry.status.messages.at(-1);

describe('the output cache', () => {
  it('reports the old file names for unchanged nodes, and runs changed ones only', async () => {
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    await outcome(await submit(graph('a.png')));
    const same = await outcome(await submit(graph('a.png')));
    expect(same.outputs['3']?.images[0]?.filename).toBe('out_00001_.png');
    const other = await outcome(await submit(graph('a.png', 'two')));
    expect(other.status.messages[1]?.[1]).toMatchObject({ nodes: ['1', '2'] });
    expect(other.outputs['3']?.images[0]?.filename).toBe('two_00001_.png');
  });

  it('misses for new bytes under an old name', async () => {
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    await outcome(await submit(graph('a.png')));
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(await grey(30, 10).png().toBuffer())]), 'a.png');
    form.set('overwrite', 'true');
    await fetch(`${standIn.url}/upload/image`, { method: 'POST', body: form });
    const again = await outcome(await submit(graph('a.png')));
    expect(again.status.messages[1]?.[1]).toMatchObject({ nodes: [] });
    expect(again.outputs['3']?.images[0]?.filename).toBe('out_00002_.png');
    expect(await (await view(again)).metadata()).toMatchObject({ width: 30 });
  });

  it('is empty after /free', async () => {
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    await outcome(await submit(graph('a.png')));
    await post('/free', { free_memory: true });
    expect((await outcome(await submit(graph('a.png')))).status.messages[1]?.[1]).toMatchObject({
      nodes: [],
    });
  });
});

describe('the queue', () => {
  it('runs one prompt at a time, the lowest number first', async () => {
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    holdInference();
    const first = await submit(graph('a.png', 'first'));
    const late = await submit(graph('a.png', 'late'), { number: 50 });
    const soon = await submit(graph('a.png', 'soon'), { front: true });
    const queue = (await get('/queue')) as {
      queue_running: [number, string][];
      queue_pending: [number, string][];
    };
    expect(queue.queue_running.map(([, id]) => id)).toEqual([first]);
    expect(queue.queue_pending.map(([, id]) => id)).toEqual([soon, late]);
    expect(await get(`/history/${first}`)).toEqual({});
    release();
    await outcome(late);
    expect(Object.keys(await get('/history'))).toEqual([first, soon, late]);
    expect(Object.keys(await get('/history?max_items=2'))).toEqual([soon, late]);
  });

  it('interrupts the named prompt only, after the running node', async () => {
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    holdInference();
    const id = await submit(graph('a.png'));
    await inferring;
    await post('/interrupt', { prompt_id: 'another' });
    await post('/interrupt', { prompt_id: id });
    expect(await get(`/history/${id}`)).toEqual({});
    release();
    const entry = await outcome(id);
    expect(entry.status).toMatchObject({ status_str: 'error', completed: false });
    expect(last(entry)).toMatchObject(['execution_interrupted', { node_id: '3' }]);
  });

  it('ignores an interrupt between prompts', async () => {
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    await post('/interrupt', {});
    expect((await outcome(await submit(graph('a.png')))).status.status_str).toBe('success');
  });
});

describe('images', () => {
  it.each([
    ['upright by its EXIF', () => grey(40, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer(), 20, 40],
    ['without alpha', () => grey(40, 20).ensureAlpha(0.5).png().toBuffer(), 40, 20],
    ['CMYK', () => grey(40, 20).toColourspace('cmyk').jpeg().toBuffer(), 40, 20],
    ['one pixel', () => grey(1, 1).png().toBuffer(), 1, 1],
  ])('%s', async (name, make, width, height) => {
    await upload(await make(), `${name}.bin`);
    const entry = await outcome(await submit(graph(`${name}.bin`)));
    expect(await (await view(entry)).metadata()).toMatchObject({
      format: 'png',
      width,
      height,
      channels: 3,
      depth: 'uchar',
    });
  });

  it('accepts a truncated JPEG', async () => {
    const noise = Buffer.from(Uint8Array.from({ length: 300 * 200 }, (_, i) => (i * 7919) % 251));
    const whole = await sharp(noise, { raw: { width: 300, height: 200, channels: 1 } })
      .jpeg()
      .toBuffer();
    await upload(whole.subarray(0, whole.length / 2), 'truncated.jpg');
    expect((await outcome(await submit(graph('truncated.jpg')))).status.status_str).toBe('success');
  });

  it('clips 16-bit greyscale to white', async () => {
    const scan = await grey(16, 16).toColourspace('grey16').png().toBuffer();
    await upload(scan, 'scan.png');
    const entry = await outcome(await submit(graph('scan.png')));
    expect((await (await view(entry)).stats()).channels.map(({ min }) => min)).toEqual([255, 255, 255]);
  });

  it('rejects a decompression bomb by the size in its header', async () => {
    const bomb = await grey(1, 1).png().toBuffer();
    // Width and height in IHDR, then the CRC of its 17 bytes.
    bomb.writeUInt32BE(13_500, 16);
    bomb.writeUInt32BE(13_500, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    await upload(bomb, 'bomb.png');
    const entry = await outcome(await submit(graph('bomb.png')));
    expect(last(entry)).toMatchObject([
      'execution_error',
      { exception_type: 'PIL.Image.DecompressionBombError' },
    ]);
  });
});

describe('failures', () => {
  it('accepts a graph with one invalid branch, and reports it', async () => {
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    const broken = { 4: { class_type: 'SaveImage', inputs: { images: ['9', 0], filename_prefix: 'x' } } };
    const response = await post('/prompt', { prompt: graph('a.png', 'out', broken) });
    const body = (await response.json()) as { prompt_id: string; node_errors: Json };
    expect(response.status).toBe(200);
    expect(Object.keys(body.node_errors)).toEqual(['4']);
    expect(Object.keys((await outcome(body.prompt_id)).outputs)).toEqual(['3']);
  });

  it('stops its prompt thread over an unused node without inputs, while HTTP stays healthy', async () => {
    const thread = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    const id = await submit(graph('a.png', 'out', { 9: { class_type: 'LoadImage' } }));
    await submit(graph('a.png'));
    await until(
      () => thread.mock.calls.length,
      (count) => count > 0,
    );
    thread.mockRestore();
    expect(await get(`/history/${id}`)).toEqual({});
    expect(await get('/prompt')).toEqual({ exec_info: { queue_remaining: 2 } });
    expect((await post('/interrupt', {})).status).toBe(200);
  });

  it('colours with noise after the weights failed to load, until its memory is freed', async () => {
    await upload(await grey(64, 64).png().toBuffer(), 'a.png');
    const colours = async (entry: Entry) => (await (await view(entry)).stats()).channels[0]?.stdev ?? 0;
    standIn.faults.checkpointUnreadable = true;
    const failed = await outcome(await submit(graph('a.png')));
    expect(last(failed)).toMatchObject([
      'execution_error',
      { node_type: 'DDColor_Colorize', exception_type: 'FileNotFoundError' },
    ]);
    standIn.faults.checkpointUnreadable = false;
    expect(await colours(await outcome(await submit(graph('a.png'))))).toBeGreaterThan(20);
    await post('/free', { unload_models: true, free_memory: true });
    expect(await colours(await outcome(await submit(graph('a.png', 'again'))))).toBeLessThan(20);
  });

  it('neither offers nor runs custom nodes that were not imported', async () => {
    standIn.faults.nodesMissing = true;
    expect(await get('/object_info/DDColor')).toEqual({});
    expect(await get('/object_info/LoadImage')).toHaveProperty('LoadImage');
    await upload(await grey(64, 64).png().toBuffer(), 'a.png');
    expect((await post('/prompt', { prompt: graph('a.png') })).status).toBe(400);
    standIn.faults.nodesMissing = false;
    expect(await get('/object_info/DDColor')).toHaveProperty('DDColor');
  });

  it('rejects a body over 100 MiB', async () => {
    const response = await fetch(`${standIn.url}/upload/image`, {
      method: 'POST',
      body: new Uint8Array(104_857_601),
    });
    expect([response.status, await response.text()]).toEqual([
      413,
      'Maximum request body size 104857600 exceeded.',
    ]);
  });

  it('sends nothing to the second connection of a client once the first one has closed', async () => {
    const connect = async () => {
      const socket = new WebSocket(`${standIn.url.replace('http', 'ws')}/ws?clientId=me`);
      const received: string[] = [];
      socket.on('message', (text: Buffer) => received.push(text.toString()));
      await new Promise((resolve) => socket.once('message', resolve));
      return { socket, received };
    };
    const first = await connect();
    const second = await connect();
    first.socket.close();
    await new Promise((resolve) => first.socket.once('close', resolve));
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    await outcome(await submit(graph('a.png'), { client_id: 'me' }));
    expect(second.received).toHaveLength(1);
    second.socket.terminate();
  });

  it.each([
    ['a value above its maximum', { model_input_size: 5000 }, 'value_bigger_than_max'],
    ['a value that is no number', { model_input_size: 'large' }, 'invalid_input_type'],
    ['a link to an output of another type', { image: ['1', 1] }, 'return_type_mismatch'],
    ['a link with three parts', { image: ['1', 0, 0] }, 'bad_linked_input'],
    ['an input that is missing', { checkpoint: undefined }, 'required_input_missing'],
  ])('rejects %s', async (_name, inputs, type) => {
    await upload(await grey(20, 10).png().toBuffer(), 'a.png');
    const prompt = graph('a.png');
    Object.assign(prompt[2].inputs, inputs);
    const response = await post('/prompt', { prompt });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      node_errors: { 2: { errors: [{ type }], dependent_outputs: ['3'] } },
    });
  });
});
