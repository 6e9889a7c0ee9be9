/** Workflows that `workflow add` has written run in the stand-in ComfyUI, as a worker runs them. */
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Graph } from '../../../cli/workflow/graph/graph.ts';
import type { AddOptions } from '../../../cli/workflow/add.ts';
import { ComfyuiClient } from '../../../worker/comfyui/client.ts';
import { infer } from '../../../worker/comfyui/inference.ts';
import { Comfy, timing } from '../../worker/support/stand-in-comfyui.ts';
import { Adding } from './support/adding.ts';
import { definitions } from './support/convert.ts';
import { fileOf, saved, wrapped } from './support/editor.ts';
import { ddcolor, invert, upscale } from './support/graphs.ts';

let comfy: Comfy;
const adding = new Adding();
beforeAll(async () => {
  comfy = await Comfy.start();
});
afterAll(async () => {
  await comfy.close();
  adding.remove();
});

const COLOUR = { r: 200, g: 120, b: 40 };
const photo = () =>
  sharp({ create: { width: 30, height: 20, channels: 3, background: COLOUR } })
    .png()
    .toBuffer();

const inSubgraph = (graph: Graph, ...inside: number[]) =>
  fileOf(wrapped(saved(graph, definitions, true), new Set(inside)).document, 1);

it.each<[string, object, Partial<AddOptions>, size: [number, number], means: (number | undefined)[]]>([
  ['scaled, in a subgraph', inSubgraph(upscale, 2, 3), {}, [60, 40], [200, 120, 40]],
  [
    'with an option',
    fileOf(saved(upscale, definitions, false), 0.4),
    { options: ['sharpen=3.alpha:0..1'] },
    [60, 40],
    [200, 120, 40],
  ],
  ['inverted, and only shown', fileOf(saved(invert, definitions, true), 0.4), {}, [30, 20], [55, 135, 215]],
  ['coloured', fileOf(saved(ddcolor, definitions, false), 1), {}, [30, 20], []],
])('%s', async (_what, file, options, [width, height], means) => {
  const { workflow } = await adding.added(file, options);
  const client = new ComfyuiClient(comfy.url);
  const inference = { client, workflow: workflow!, path: 'plain' as const, log: () => undefined, timing };
  const given = Object.fromEntries(Object.keys(workflow!.options).map((name) => [name, 0.5]));
  const result = sharp(await infer(inference, await photo(), 10_000, undefined, given));
  expect(await result.metadata()).toMatchObject({ width, height });
  const { channels } = await result.stats();
  means.forEach((mean, place) => expect(channels[place]?.mean).toBeCloseTo(mean!, 0));
});
