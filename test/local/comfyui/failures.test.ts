/** Failures of ComfyUI 0.3.64 beyond the recording. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startStandIn, type StandIn } from '../../../local/comfyui/server.ts';
import { until } from '../../support/wait.ts';
import { clientOf, graph, grey, last, type Entry, type Json } from './client.ts';

let standIn: StandIn;
const { get, post, upload, submit, outcome, view } = clientOf(() => standIn.url);

beforeEach(async () => {
  standIn = await startStandIn({ port: 0, inferenceEnd: () => Promise.resolve(), device: 'cpu' });
});
afterEach(() => standIn.close());

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
