/** Behaviour of ComfyUI 0.3.64 beyond the recording: cache, queue and images. */
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startStandIn, type StandIn } from '../../../local/comfyui/server.ts';
import { clientOf, graph, grey, last } from './client.ts';

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
const { get, post, upload, submit, outcome, view } = clientOf(() => standIn.url);

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
