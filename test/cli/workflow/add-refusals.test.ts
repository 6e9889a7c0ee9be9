/** Which graphs `workflow add` refuses, and what it says. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { AddOptions } from '../../../cli/workflow/add.ts';
import { Adding } from './support/adding.ts';
import { definitions } from './support/convert.ts';
import { fileOf, saved } from './support/editor.ts';
import * as graphs from './support/graphs.ts';

const adding = new Adding();
afterAll(() => adding.remove());
beforeEach(() => adding.clear());

const EXACTLY = 'A worker takes only results of exactly the size that a workflow states.';
const FIT = 'Add --fit, which scales the result to the photo, or --scale if you know better.';

describe('is refused:', () => {
  it.each<[string, object, Partial<AddOptions>, string]>([
    [
      'text to image',
      graphs.textToImage,
      {},
      "No node that loads a picture, as LoadImage does, reaches node 9 (SaveImage): a workflow here takes one photo and gives one picture. If another node takes the file's name, add --input NODE.FIELD.",
    ],
    [
      'a film',
      graphs.film,
      {},
      'No node of the graph saves a picture, as SaveImage does.\nIt saves or shows: node 2 (SaveAnimatedWEBP).',
    ],
    [
      'a result cut to multiples of 8 pixels',
      graphs.imageToImage,
      {},
      `node 3 (VAEEncode) cuts photos to a multiple of 8 pixels. ${EXACTLY} ${FIT}`,
    ],
    [
      'a result of its own size',
      graphs.controlNets,
      { input: '10.image' },
      `node 3 (EmptyLatentImage) gives pictures a size of their own, whatever the photo's. ${EXACTLY} ${FIT}`,
    ],
    [
      'a result whose size is not known',
      graphs.packs,
      {},
      `What node 3 (IdeogramV3) does to the size of pictures is not known here. ${EXACTLY} ${FIT}`,
    ],
    [
      'another scale than that of its nodes',
      graphs.upscale,
      { scale: 3 },
      '--scale 3: by its nodes the graph scales by 2.',
    ],
    [
      'a scale besides --fit',
      graphs.upscale,
      { scale: 2, fit: true },
      "--scale 2: with --fit the result has the photo's size.",
    ],
    [
      'two pictures, without a terminal',
      graphs.controlNets,
      {},
      "2 nodes load a picture. Name the one for the photo:\n  --input 10.image   node 10 (LoadImage), now 'lines.png'\n  --input 11.image   node 11 (LoadImage), now 'pose.png'",
    ],
    [
      'two results, without a terminal',
      graphs.twoResults,
      {},
      '2 nodes save a picture. Name one:\n  --output 4   node 4 (SaveImage)\n  --output 5   node 5 (SaveImage)',
    ],
    [
      'a node that is not there',
      graphs.upscale,
      { input: '8.image' },
      "--input '8.image': the graph has no node '8' (1, 2, 3, 4).",
    ],
    [
      'an input that is not there',
      graphs.upscale,
      { input: '1.file' },
      "--input '1.file': node '1' has no input 'file' (image).",
    ],
    [
      'an input that reaches nothing',
      graphs.twoResults,
      { output: '5', input: '3.alpha' },
      "--input '3.alpha': nothing of node 3 (ImageSharpen) reaches node 5 (SaveImage).",
    ],
    [
      'a result that is not saved',
      graphs.upscale,
      { output: '3' },
      "--output '3': node 3 (ImageSharpen) does not save a picture under a prefix (4 do).",
    ],
    [
      'a graph that ComfyUI would refuse',
      {
        ...graphs.upscale,
        3: graphs.node('ImageSharpen', { image: ['1', 1], sharpen_radius: 99, sigma: 1 }),
      },
      {},
      "ComfyUI would refuse the graph:\n  node 3 (ImageSharpen) input 'sharpen_radius': 99 is not from 1 to 31\n  node 3 (ImageSharpen) input 'image': IMAGE is needed, and node 1 (LoadImage) gives MASK",
    ],
    [
      'a circle',
      { ...graphs.upscale, 2: graphs.node('ImageInvert', { image: ['3', 0] }) },
      { input: '2.image' },
      'needs its own output',
    ],
    [
      'no graph',
      { version: 1 },
      {},
      "JSON, but no graph of ComfyUI: neither the editor's format ('nodes'), nor its API format:",
    ],
    [
      'a workflow',
      { name: 'x', graph: graphs.upscale, output: {} },
      {},
      "A workflow already: 'ddcolor-elastic workflow check' checks it.",
    ],
  ])('%s', async (_what, graph, options, message) => {
    await expect(adding.added(graph, { name: 'refused', ...options })).rejects.toThrow(message);
    expect(existsSync(join(adding.folder, 'refused.json'))).toBe(false);
  });

  it('a node of the editor, by its name, with what the image lacks', async () => {
    const file = saved(graphs.upscale, definitions, false);
    Object.assign(file.nodes[2]!, {
      type: 'SharpenMore',
      title: 'Crisp',
      properties: { cnr_id: 'crisp', ver: '1.2.3', aux_id: 'anna/crisp' },
    });
    const refusal = adding.added(fileOf(file, 0.4), { name: 'refused' });
    await expect(refusal).rejects.toThrow(
      'The editor\'s format cannot be converted:\n  node 3 (SharpenMore, "Crisp"): its class is not known here, and the file does not name its 3 values',
    );
    await expect(refusal).rejects.toThrow(
      "class SharpenMore of node 3: pack 'crisp' 1.2.3, github.com/anna/crisp",
    );
  });

  it.each(['constructor', '__proto__', 'toString'])(
    'a link to a node named %s, which is none',
    async (name) => {
      const graph = { ...graphs.upscale, 3: graphs.node('ImageInvert', { image: [name, 0] }) };
      await expect(adding.added(graph, { name: 'refused' })).rejects.toThrow('No node that loads a picture');
      await expect(adding.added(graph, { name: 'refused', input: '3.image' })).rejects.toThrow(
        `node 3 (ImageInvert) input 'image': there is no node ${name}`,
      );
    },
  );

  it('a group node of the editor, which is no class that an image could have', async () => {
    const file = saved(graphs.upscale, definitions, false);
    Object.assign(file.nodes[2]!, { type: 'workflow>Sharpen' });
    await expect(adding.added(fileOf(file, 0.4), { name: 'refused' })).rejects.toThrow(
      /^The editor's format cannot be converted:\n {2}node 3 \(workflow>Sharpen\): a group node: convert it to a subgraph in the editor[^\n]*\n[^\n]*saves the graph as it runs\.$/,
    );
  });

  it('a file that exists, unless forced', async () => {
    await adding.added(graphs.upscale, { name: 'kept' });
    await expect(adding.added(graphs.invert, { name: 'kept', force: false })).rejects.toThrow(
      'kept.json exists: add --force',
    );
    expect((await adding.added(graphs.invert, { name: 'kept' })).workflow?.output.node).toBe('3');
  });
});
