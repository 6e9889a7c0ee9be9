/** `workflow add` with graphs of the kinds that are in circulation: which become workflows, and what is said of them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { AddOptions } from '../../../cli/workflow/add.ts';
import type { Graph } from '../../../cli/workflow/graph/graph.ts';
import { Adding } from './support/adding.ts';
import { definitions } from './support/convert.ts';
import { fileOf, saved, wrapped } from './support/editor.ts';
import * as graphs from './support/graphs.ts';

const adding = new Adding();
afterAll(() => adding.remove());
beforeEach(() => adding.clear());

const EDITOR = (graph: Graph) => fileOf(saved(graph, definitions, true), 0.4);
const HAS_ALL =
  'Checked against the shipped image (ComfyUI 0.3.64): it has every node and file of the graph.';

describe('becomes a workflow:', () => {
  it.each<[string, Graph, Partial<AddOptions>, output: object, said: string[]]>([
    [
      'scaled and sharpened',
      graphs.upscale,
      {},
      { node: '4', scale: 2, coloured: false },
      [
        "photo    node 1 (LoadImage), input 'image', in colour",
        '2 times as wide and high, by node 2 (ImageScaleBy)',
        HAS_ALL,
      ],
    ],
    [
      'a result that is only shown',
      graphs.invert,
      {},
      { node: '3', scale: 1, coloured: false },
      ['node 3 (PreviewImage) only shows its picture: SaveImage takes its place', HAS_ALL],
    ],
    [
      'DDColor, in the editor with other ids',
      graphs.ddcolor,
      {},
      { node: '9', scale: 1, coloured: true },
      ['in grey', 'a result without colour is a failure', HAS_ALL],
    ],
    [
      'an upscaling model, whose file the image lacks',
      graphs.upscaleModel,
      {},
      { node: '4', scale: 4 },
      [
        'by node 3 (ImageUpscaleWithModel)',
        'file models/upscale_models/4x-Crisp.pth of node 2 (UpscaleModelLoader)',
      ],
    ],
    [
      'img2img, with --fit',
      graphs.imageToImage,
      { fit: true },
      { node: '9', scale: 1 },
      [
        "result   node 9 (SaveImage), the photo's size",
        'file models/checkpoints/sd15/base.safetensors of node 4 (CheckpointLoaderSimple)',
        'file models/embeddings/crisp of node 5 (CLIPTextEncode)',
        `'ckpt_name' is "sd15/base.safetensors": the image is Linux`,
        "'seed' is 128: JSON holds whole numbers up to 2^53",
      ],
    ],
    [
      'inpainting, with --fit, from before an input of its class',
      graphs.inpaint,
      { fit: true },
      { node: '9', scale: 1 },
      [
        "'grow_mask_by' is 6: the file is older than this input, and that is its default",
        'node 1 (LoadImage): its mask is empty, since photos are sent without transparency',
      ],
    ],
    [
      'two pictures, one of them named',
      graphs.controlNets,
      { fit: true, input: '10.image' },
      { node: '9', scale: 1 },
      ["picture or other file 'pose.png' of node 11 (LoadImage): its input folder only has photos"],
    ],
    [
      'two results, one of them named',
      graphs.twoResults,
      { output: '5' },
      { node: '5', scale: 2 },
      ['left out, since the result does not need it: node 3 (ImageSharpen), node 4 (SaveImage)'],
    ],
    [
      'nodes that the image lacks, with a scale',
      graphs.packs,
      { scale: 1 },
      { node: '4', scale: 1 },
      [
        'class ImageResizeKJv2 of node 2: github.com/kijai/ComfyUI-KJNodes',
        'class IdeogramV3 of node 3: calls a service over the network, which an instance does not allow',
        'add what the image lacks to a step of ami/provision/',
      ],
    ],
  ])('%s', async (_what, graph, options, output, parts) => {
    const { code, workflow } = await adding.added(graph, options);
    expect(code).toBe(0);
    expect(workflow?.output).toMatchObject(output);
    for (const part of parts) expect(adding.said).toContain(part);
    // The worker fills in both.
    const { input, output: made, graph: own } = workflow!;
    expect([own[input.node]?.inputs[input.field], own[made.node]?.inputs[made.prefixField]]).toEqual([
      '',
      '',
    ]);
  });

  it.each<[string, Graph, Partial<AddOptions>]>([
    ['scaled and sharpened', graphs.upscale, {}],
    ['a result that is only shown', graphs.invert, {}],
    ['DDColor', graphs.ddcolor, {}],
    ['img2img', graphs.imageToImage, { fit: true }],
  ])("%s in the editor's format, the same as in the API's", async (_what, graph, options) => {
    const inApi = (await adding.added(graph, options)).workflow;
    for (const version of [0.4, 1] as const)
      for (const listsValues of [true, false]) {
        const { workflow } = await adding.added(
          fileOf(saved(graph, definitions, listsValues), version),
          options,
        );
        expect(workflow).toEqual(inApi);
      }
    expect(adding.said).toContain("the editor's format, converted");
  });

  it('with a subgraph, whose nodes have the ids of their place', async () => {
    const { document, id } = wrapped(saved(graphs.upscale, definitions, true), new Set([2, 3]));
    const { workflow } = await adding.added(fileOf(document, 1), { options: [`sharpen=${id}:3.alpha:0..1`] });
    expect(Object.keys(workflow!.graph)).toEqual(['1', '4', `${id}:2`, `${id}:3`]);
    expect(workflow?.options).toEqual({ sharpen: { node: `${id}:3`, field: 'alpha', min: 0, max: 1 } });
  });
});

it('asks on a terminal what is ambiguous', async () => {
  const asked: [string, string[]][] = [];
  const ask = async (question: string, choices: string[]) => (asked.push([question, choices]), 1);
  expect((await adding.added(graphs.twoResults, {}, ask)).workflow?.output.node).toBe('5');
  expect((await adding.added(graphs.controlNets, { fit: true }, ask)).workflow?.input.node).toBe('11');
  expect(asked).toEqual([
    ['Which node saves the result?', ['node 4 (SaveImage)', 'node 5 (SaveImage)']],
    [
      'Which node takes the photo?',
      ["node 10 (LoadImage), now 'lines.png'", "node 11 (LoadImage), now 'pose.png'"],
    ],
  ]);
});

it('names the file by its path where no stage can name it', async () => {
  await adding.added(graphs.upscale);
  expect(adding.said).toContain(`(workflow: '${join(adding.folder, 'mine.json')}')`);
});

it('in a dry run writes nothing', async () => {
  await adding.added(graphs.upscale, { name: 'dry', dryRun: true });
  expect(existsSync(join(adding.folder, 'dry.json'))).toBe(false);
  expect(adding.said).toContain('dry.json was not written');
});

it('with another ComfyUI checks against that one, and names what the shipped image lacks', async () => {
  const resize = {
    inputs: definitions.get('ImageScale')!.inputs,
    outputs: ['IMAGE'],
    isOutput: false,
    module: 'custom_nodes.KJ',
  };
  const other = {
    ...adding.image,
    title: 'http://127.0.0.1:8188',
    definitions: new Map([...definitions, ['Resize', resize]]),
  };
  const file = fileOf(
    saved(
      { 1: graphs.load(), 2: graphs.node('Resize', { image: ['1', 0], width: 8 }), 3: graphs.save('2') },
      other.definitions,
      false,
    ),
    0.4,
  );
  const { workflow } = await adding.added(file, { scale: 1 }, undefined, other);
  expect(workflow?.graph['2']?.inputs).toMatchObject({ width: 8, upscale_method: 'nearest-exact' });
  expect(adding.said).toContain(
    'Checked against http://127.0.0.1:8188: it has every node and file of the graph.',
  );
  expect(adding.said).toContain('class Resize of node 2: not of ComfyUI 0.3.64; its pack is not known here');
});

it('as JSON has the workflow, what lacks and the remarks', async () => {
  await adding.added(EDITOR(graphs.upscaleModel), { json: true });
  expect(adding.lines).toHaveLength(1);
  expect(JSON.parse(adding.lines[0]!)).toMatchObject({
    file: join(adding.folder, 'mine.json'),
    format: 'editor',
    workflow: { name: 'mine', output: { scale: 4 } },
    lacks: [{ kind: 'model', folder: 'upscale_models', file: '4x-Crisp.pth', nodes: ['2'] }],
    remarks: [],
  });
});
