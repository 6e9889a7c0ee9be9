/** The size of a graph's result, relative to the photo. */
import { describe, expect, it } from 'vitest';
import { fitted, resultSize } from '../../../cli/workflow/graph/size.ts';
import type { Graph } from '../../../cli/workflow/graph/graph.ts';
import { load, node } from './support/graphs.ts';

/** Nodes from 2 on, of which the last one is the result's. */
const sizeOf = (nodes: ReturnType<typeof node>[]) => {
  const graph: Graph = { 1: load() };
  nodes.forEach((one, place) => (graph[place + 2] = one));
  return resultSize(graph, [String(nodes.length + 1), 0], '1');
};
const scaleBy = (of: string, scale_by: unknown) => node('ImageScaleBy', { image: [of, 0], scale_by });
const model = (of: string, file: string) => [
  node('UpscaleModelLoader', { model_name: file }),
  node('ImageUpscaleWithModel', { upscale_model: ['2', 0], image: [of, 0] }),
];
const scaled = (factor: number, ...by: string[]) => ({ kind: 'scaled', factor, by });

describe('size of a result', () => {
  it.each<[string, ReturnType<typeof node>[], object]>([
    ['the photo itself', [], scaled(1)],
    ['a node that keeps it', [node('ImageInvert', { image: ['1', 0] })], scaled(1)],
    ['two scales', [scaleBy('1', 4), scaleBy('2', 0.5)], scaled(2, '3', '2')],
    ['4x-Crisp.pth', model('1', '4x-Crisp.pth'), scaled(4, '3')],
    ['RealESRGAN_x2plus.pth', model('1', 'RealESRGAN_x2plus.pth'), scaled(2, '3')],
    ['8xNew.pth', model('1', '8xNew.pth'), scaled(8, '3')],
    ['a model that does not say it', model('1', 'crisp.pth'), { kind: 'unknown', node: '3' }],
    ['a number in a name that is no scale', model('1', '16xbit.pth'), { kind: 'unknown', node: '3' }],
    ['a scale of another node', [scaleBy('1', ['9', 0])], { kind: 'unknown', node: '2' }],
    [
      'a size of its own',
      [node('ImageScale', { image: ['1', 0], width: 8, height: 8, crop: 'disabled' })],
      { kind: 'fixed', node: '2' },
    ],
    ['another picture', [load('other.png')], { kind: 'fixed', node: '2' }],
    ['a node of a pack', [node('Resize', { image: ['1', 0] })], { kind: 'unknown', node: '2' }],
    [
      'a latent picture',
      [
        node('VAEEncode', { pixels: ['1', 0] }),
        node('LatentUpscaleBy', { samples: ['2', 0], scale_by: 1.5 }),
        node('KSampler', { latent_image: ['3', 0] }),
        node('VAEDecode', { samples: ['4', 0] }),
      ],
      { kind: 'scaled', factor: 1.5, by: ['3'], cutBy: '2' },
    ],
    [
      'the size of the photo, measured, whatever was before',
      [
        node('EmptyImage', { width: 8, height: 8 }),
        node('GetImageSize', { image: ['1', 0] }),
        node('ImageScale', { image: ['2', 0], width: ['3', 0], height: ['3', 1], crop: 'disabled' }),
        scaleBy('4', 2),
      ],
      scaled(2, '5'),
    ],
    [
      'width and height mixed up',
      [
        node('GetImageSize', { image: ['1', 0] }),
        node('ImageScale', { image: ['1', 0], width: ['2', 1], height: ['2', 0], crop: 'disabled' }),
      ],
      { kind: 'fixed', node: '3' },
    ],
    [
      'a circle',
      [node('ImageInvert', { image: ['3', 0] }), node('ImageInvert', { image: ['2', 0] })],
      { kind: 'unknown' },
    ],
  ])('%s', (_what, nodes, size) => expect(sizeOf(nodes)).toMatchObject(size));

  it('is that of the photo after --fit', () => {
    const graph = {
      1: load(),
      '7:3': node('Resize', { image: ['1', 0] }),
      9: node('ImageInvert', { image: ['7:3', 0] }),
    };
    const made = fitted(graph, ['9', 0], '1');
    expect(resultSize(made.graph, made.result, '1')).toEqual(scaled(1));
    expect(Object.keys(made.graph)).toEqual(expect.arrayContaining(['10', '11']));
    expect(made.graph).toMatchObject(graph);
  });
});
