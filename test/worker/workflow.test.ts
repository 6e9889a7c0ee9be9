/** Workflows as data: which files are valid, and that each of ours runs, over the HTTP of the stand-in. */
import { readdirSync, readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { RESERVED_METADATA } from '../../contract/reserved-metadata.ts';
import { workflowSchema } from '../../contract/workflow.ts';
import { difference } from '../../tools/bench/ciede2000.ts';
import { samplePicture } from '../../local/samples/samples.ts';
import { Comfy, timing } from './support/stand-in-comfyui.ts';
import { memoryLog } from './support/memory.ts';

const read = (name: string) => JSON.parse(readFileSync(`ami/workflow/${name}.json`, 'utf8')) as object;
const ours = readdirSync('ami/workflow').map((file) => file.replace('.json', ''));

describe('a workflow', () => {
  it.each(ours)('%s is valid', (name) => {
    expect(workflowSchema.parse(read(name)).name).toBe(name);
  });

  const good = workflowSchema.parse(read('ddcolor'));
  const png = workflowSchema.parse(read('ddcolor-png'));
  const save = good.chroma!.graph!['3']!;
  it.each<[string, object, RegExp]>([
    [
      'whose input is no node',
      { input: { ...good.input, node: '9' } },
      /no node '9' in the graph \(1, 2, 3\)/,
    ],
    [
      'whose input has no such field',
      { input: { ...good.input, field: 'picture' } },
      /'1' has no input 'picture'/,
    ],
    [
      'whose output has no such field',
      { output: { ...good.output, pictureField: 'image' } },
      /no input 'image'/,
    ],
    ['that saves what is not there', { chroma: { ...png.chroma, saves: ['7', 1] } }, /no node '7'/],
    ['that saves more than planes', { chroma: { ...good.chroma, saves: ['2', 1] } }, /whose graph saves/],
    [
      'whose planes have no graph',
      { chroma: { size: 512, encoding: 'ab-planes' } },
      /'ab-planes' needs a graph of its own/,
    ],
    ['with a graph for a picture', { chroma: { ...good.chroma, encoding: 'ab' } }, /only with the encoding/],
    ['with a batch of pictures', { chroma: { ...png.chroma, batch: 8 } }, /a prompt takes 1 photo/],
    ['with planes of colours', { input: { ...good.input, colour: 'rgb' } }, /sends photos in grey/],
    [
      'whose chroma path has a link to nowhere',
      {
        chroma: {
          ...good.chroma,
          graph: { ...good.chroma?.graph, 3: { ...save, inputs: { ab: ['5', 0] } } },
        },
      },
      /no node '5' in the graph of the chroma path/,
    ],
    [
      'whose precision is no input',
      { chroma: { ...good.chroma, precision: { node: '2', field: 'dtype', steps: ['auto'] } } },
      /node '2' has no input 'dtype'/,
    ],
    [
      'with an option that the chroma path lacks',
      { options: { tone: { node: '3', field: 'images', choices: ['a'] } } },
      /node '3' has no input 'images' \(ab/,
    ],
    ['that merges chroma at another size', { output: { ...good.output, scale: 2 } }, /at the photo's size/],
    [
      'with a link to nowhere',
      { graph: { ...good.graph, 2: { class_type: 'DDColor', inputs: { image: ['5', 0] } } } },
      /no node '5'/,
    ],
    [
      'with an option of no node',
      { options: { size: { node: '8', field: 'size', min: 1, max: 2 } } },
      /no node '8'/,
    ],
    [
      'with an option that no metadata can name',
      { options: { Größe: { node: '2', field: 'model_input_size', min: 1, max: 2 } } },
      /options/,
    ],
    ...[...RESERVED_METADATA.keys()].map((name): [string, object, RegExp] => [
      `with an option whose name is that of other metadata, ${name},`,
      { options: { [name]: { node: '2', field: 'model_input_size', min: 1, max: 2 } } },
      /the name is reserved/,
    ]),
    ['that is encoded otherwise', { chroma: { ...good.chroma, encoding: 'lab' } }, /encoding|picture/],
  ])('%s is refused with the reason', (_name, change, message) => {
    const parsed = workflowSchema.safeParse({ ...good, ...change });
    expect(parsed.success).toBe(false);
    expect(parsed.error?.message).toMatch(message);
  });
});

describe('through ComfyUI', () => {
  let comfy: Comfy;
  beforeEach(async () => {
    comfy = await Comfy.start();
  });
  afterEach(() => comfy.close());

  async function through(name: string, path: WorkerSettings['path'], photo: Buffer): Promise<Buffer> {
    const workflow = workflowSchema.parse(read(name));
    const images = new LocalImageProcessor({ maxMegapixels: 10, path, workflow });
    const { upload } = await images.prepare('one', photo);
    const inference = {
      client: new ComfyuiClient(comfy.url, 30_000),
      workflow,
      path,
      log: memoryLog(),
      timing,
    };
    return (await images.finish('one', await infer(inference, upload, 60_000), 'v1')).file;
  }
  const pixels = (file: Buffer) => sharp(file).removeAlpha().raw().toBuffer();

  it('a and b alone give the colours that the whole picture gets', async () => {
    const photo = await samplePicture(1, 900, 600);
    const chroma = await pixels(await through('ddcolor', 'chroma', photo));
    const plain = await pixels(await through('ddcolor', 'plain', photo));
    const { mean, p99 } = difference(chroma, plain);
    expect(mean).toBeLessThan(1);
    expect(p99).toBeLessThan(6);
    const png = await pixels(await through('ddcolor-png', 'chroma', photo));
    expect(png.equals(chroma)).toBe(true);
    const public_ = await pixels(await through('ddcolor-public-node', 'chroma', photo));
    expect(difference(chroma, public_).mean).toBeLessThan(0.5);
  });

  it('a checkpoint that cannot be read leaves no half-loaded model in our node', async () => {
    const photo = await samplePicture(1, 300, 200);
    comfy.standIn.faults.checkpointUnreadable = true;
    await expect(through('ddcolor', 'chroma', photo)).rejects.toThrow(/a node of the workflow failed/);
    await expect(through('ddcolor', 'chroma', photo)).rejects.toThrow(/a node of the workflow failed/);
    comfy.standIn.faults.checkpointUnreadable = false;
    await through('ddcolor', 'chroma', photo);
  });

  it('an upscaler makes the photo twice as large, with its colours and its transparency', async () => {
    const size = { width: 40, height: 30 };
    const alpha = Uint8Array.from({ length: 1200 }, (_, i) => (i % 40 < 20 ? 255 : 0));
    const photo = await sharp({ create: { ...size, channels: 3, background: { r: 200, g: 40, b: 90 } } })
      .joinChannel(Buffer.from(alpha), { raw: { ...size, channels: 1 } })
      .png()
      .toBuffer();
    const result = sharp(await through('upscale', 'chroma', photo));
    expect(await result.metadata()).toMatchObject({ format: 'png', width: 80, height: 60, hasAlpha: true });
    const { data } = await result.raw().toBuffer({ resolveWithObject: true });
    const at = (x: number) => [...data.subarray(4 * (30 * 80 + x), 4 * (30 * 80 + x) + 4)];
    const [red = 0, green = 0, blue = 0, opaque] = at(5);
    for (const [got, wanted] of [
      [red, 200],
      [green, 40],
      [blue, 90],
    ] as const)
      expect(Math.abs(got - wanted)).toBeLessThan(3);
    expect(opaque).toBe(255);
    expect(at(75)[3]).toBe(0);
  });
});
