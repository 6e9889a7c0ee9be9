/** Options of photos on the command line. */
import { describe, expect, it } from 'vitest';
import { parseOption, parseOptions } from '../../../cli/workflow/options.ts';
import { definitions } from './support/convert.ts';
import { load, node, save, upscale, upscaleModel } from './support/graphs.ts';

const graph = {
  ...upscale,
  '5:1': node('ImageQuantize', { image: ['1', 0], colors: 16, dither: 'none' }),
  6: node('Pack', { strength: 0.5, on: true, 'resize.width': 8 }),
  7: upscaleModel['2']!,
  8: node('ImageAddNoise', { image: ['1', 0], seed: 7, strength: 1 }),
  9: load(),
  10: save('9'),
};
const parse = (text: string) => parseOption(text, graph, definitions);

describe('an option', () => {
  it.each<[string, object]>([
    ['sharpen=3.alpha', { node: '3', field: 'alpha', min: 0, max: 5 }],
    ['sharpen=3.alpha:0..1', { node: '3', field: 'alpha', min: 0, max: 1 }],
    ['colours=5:1.colors', { node: '5:1', field: 'colors', min: 1, max: 256, whole: true }],
    ['colours=5:1.colors:2..16', { node: '5:1', field: 'colors', min: 2, max: 16, whole: true }],
    [
      'dither=5:1.dither',
      {
        node: '5:1',
        field: 'dither',
        choices: ['none', 'floyd-steinberg', 'bayer-2', 'bayer-4', 'bayer-8', 'bayer-16'],
      },
    ],
    ['strength=6.strength:-1..0.5', { node: '6', field: 'strength', min: -1, max: 0.5 }],
    ['width=6.resize.width:1..8', { node: '6', field: 'resize.width', min: 1, max: 8 }],
    ['seed=8.seed:0..9', { node: '8', field: 'seed', min: 0, max: 9, whole: true }],
  ])('%s', (text, option) => expect(parse(text)).toEqual([text.split('=')[0], option]));

  it.each<[string, string]>([
    ['sharpen', 'expected NAME=NODE.FIELD or NAME=NODE.FIELD:MIN..MAX'],
    ['Sharpen=3.alpha', 'expected NAME=NODE.FIELD'],
    ['x=4', "--option '4': expected NODE.FIELD, such as 3.image."],
    ['x=44.alpha', "--option '44.alpha': the graph has no node '44'"],
    ['x=3.beta', "--option '3.beta': node '3' has no input 'beta' (image, sharpen_radius, sigma, alpha)."],
    ['x=3.image', "input 'image' of node 3 comes from another node."],
    ['x=3.alpha:0..9', "'alpha' takes 0 to 5."],
    ['x=3.alpha:2..1', '2 is not below 1.'],
    ['x=3.alpha:1.2.3..4', "'alpha' has no limits: add :MIN..MAX."],
    ['x=6.strength', "'strength' has no limits: add :MIN..MAX."],
    ['x=8.seed', "'seed' has no limits: add :MIN..MAX."],
    ['x=6.on', "'on' is neither a number nor a choice."],
    ['x=10.filename_prefix', "'filename_prefix' is neither a number nor a choice."],
    ['x=5:1.dither:0..1', "'dither' is a choice (none, floyd-steinberg"],
    ['x=7.model_name', "'model_name' is a choice of files: it cannot be an option of photos."],
  ])('%s is refused', (text, message) => expect(() => parse(text)).toThrow(message));

  it('is given once', () =>
    expect(() => parseOptions(['x=3.alpha', 'x=3.sigma'], graph, definitions)).toThrow(
      "'x' is given twice.",
    ));
});
