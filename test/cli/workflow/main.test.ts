/** `ddcolor-elastic workflow` as it is called: files, names, exit codes. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { format, type FormatConfig } from 'oxfmt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageNodes } from '../../../cli/workflow/nodes/image-nodes.ts';
import { nodeClasses, objectInfo } from '../../../local/comfyui/nodes.ts';
import { fileOf, saved } from './support/editor.ts';
import { command, Folder } from '../support/command.ts';
import {
  controlNets,
  crisp,
  ddcolor,
  film,
  imageToImage,
  invert,
  packs,
  upscale,
  upscaleModel,
} from './support/graphs.ts';

const info = Object.fromEntries(
  Object.entries(nodeClasses(['photo.png'])).map(([name, one]) => [name, objectInfo(name, one)]),
);
let folder: Folder;
let comfyui: Server;
beforeAll(async () => {
  const graphs = { upscale, invert, ddcolor, film, packs };
  const files = Object.entries(graphs).map(
    ([name, graph]) => [`${name}.json`, JSON.stringify(graph)] as const,
  );
  folder = new Folder().write({
    ...Object.fromEntries(files),
    'object_info.json': JSON.stringify(info),
    '--.json': '{}',
  });
  comfyui = createServer((request, response) => {
    response.statusCode = request.url === '/object_info' ? 200 : 404;
    response.end(JSON.stringify(info));
  });
  await new Promise<void>((resolve) => comfyui.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  comfyui.close();
  folder.remove();
});

const run = (...args: string[]) => command(folder.path, ['workflow', ...args]);

describe('workflow add', () => {
  it('writes a file that a stage can name', async () => {
    const { code, err } = await run(
      'add',
      'upscale.json',
      '--to',
      'made',
      '--option',
      'sharpen=3.alpha:0..1',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const text = readFileSync(join(folder.path, 'made/upscale.json'), 'utf8');
    // Its words for people are written by hand.
    const { label: _, ...shipped } = JSON.parse(readFileSync('ami/workflow/upscale.json', 'utf8')) as {
      label: unknown;
    };
    expect(JSON.parse(text)).toEqual(shipped);
  });

  it('prints what docs/workflow.md shows', async () => {
    folder.write({ 'crisp.json': JSON.stringify(fileOf(saved(crisp, imageNodes().definitions, true), 0.4)) });
    const page = readFileSync('docs/workflow.md', 'utf8');
    const [, line = '', shown] =
      /^\$ npx ddcolor-elastic (workflow add crisp[^\n]*)\n([^`]*)```$/m.exec(page) ?? [];
    const { code, out } = await command(folder.path, [...line.split(' '), '--to', 'ami/workflow']);
    expect({ code, out }).toEqual({ code: 0, out: shown });
  });

  it.each([
    ['upscale', upscale, []],
    ['upscale-model', upscaleModel, []],
    [
      'img2img',
      imageToImage,
      ['--fit', '--option', 'sampler=7.sampler_name', '--option', 'scheduler=7.scheduler'],
    ],
    ['control-nets', controlNets, ['--fit', '--input', '10.image']],
  ] as const)('writes %s as `npm run format` would', async (name, graph, flags) => {
    folder.write({ [`${name}.json`]: JSON.stringify(graph) });
    expect((await run('add', `${name}.json`, '--to', 'pretty', ...flags)).err).toBe('');
    const text = readFileSync(join(folder.path, `pretty/${name}.json`), 'utf8');
    const options = JSON.parse(readFileSync('.oxfmtrc.json', 'utf8')) as FormatConfig;
    expect((await format(`${name}.json`, text, options)).code).toBe(text);
  });

  it.each<[string[], number, string]>([
    [['add', 'film.json'], 1, 'No node of the graph saves a picture'],
    [['add', 'upscale.json', '--to', 'made'], 1, 'exists: add --force'],
    [['add', 'gone.json'], 2, "'gone.json' was not read: ENOENT"],
    [['add', 'upscale.json', '--input', 'x'], 2, "--input 'x': expected NODE.FIELD"],
    [['add', 'upscale.json', '--scale', '0'], 2, 'Expected a number above 0, up to 16.'],
    [
      ['add', 'upscale.json', '--name', 'Up Scale'],
      2,
      'Expected up to 40 lowercase letters, digits and hyphens.',
    ],
    [['add', './--.json'], 2, "The file's name makes no name of a workflow"],
    [['add', 'upscale.json', '--object-info', 'gone.json'], 1, '--object-info gone.json: ENOENT'],
    [
      ['add', 'upscale.json', '--dry-run', '--object-info', 'upscale.json'],
      1,
      'upscale.json: no node classes',
    ],
    [
      ['add', 'upscale.json', '--object-info', 'http://127.0.0.1:1'],
      1,
      'http://127.0.0.1:1/object_info was not read',
    ],
    [['check', 'gone'], 2, 'gone.json'],
    [['check', 'film.json'], 1, "'film.json' is no workflow:"],
  ])('%j ends with %i', async (args, code, message) => {
    const ended = await run(...args);
    expect(ended.code).toBe(code);
    expect(ended.err).toContain(message);
  });

  it('reads the nodes of a ComfyUI that runs, and those that were saved', async () => {
    const { port } = comfyui.address() as AddressInfo;
    for (const from of [
      `http://127.0.0.1:${port}`,
      `http://127.0.0.1:${port}/object_info`,
      'object_info.json',
    ]) {
      const { code, out } = await run('add', 'ddcolor.json', '--dry-run', '--object-info', from);
      expect(code).toBe(0);
      expect(out).toContain(`Checked against ${from}: it has every node and file of the graph.`);
    }
    const { out } = await run(
      'add',
      'packs.json',
      '--scale',
      '1',
      '--dry-run',
      '--object-info',
      'object_info.json',
    );
    expect(out).toContain(
      'class IdeogramV3 of node 3: not of ComfyUI at object_info.json; its pack is not known here',
    );
  });
});

it('prints names of a graph without their control characters', async () => {
  const titled = { ...invert, 1: { ...invert[1], _meta: { title: 'a\u001b]0;b\u0007\nWritten: c\u202e' } } };
  folder.write({ 'titled.json': JSON.stringify(titled) });
  for (const flags of [[], ['--json'], ['--input', '9.x']]) {
    const { out, err } = await run('add', 'titled.json', '--dry-run', ...flags);
    expect(`${out}${err}`).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
    expect(out).not.toMatch(/^Written/m);
  }
});

describe('workflow check', () => {
  const HAS_ALL = 'it has every node and file of the graph.';

  it.each<[string, number, string]>([
    ['ddcolor', 0, HAS_ALL],
    ['ddcolor-png', 0, HAS_ALL],
    ['upscale', 0, HAS_ALL],
    ['ddcolor-public-node', 1, 'class DDColor_Colorize of node 2: github.com/kijai/ComfyUI-DDColor'],
  ])('%s', async (name, code, part) => {
    const ended = await run('check', name);
    expect(ended).toMatchObject({ code, err: '' });
    expect(ended.out).toContain(part);
  });

  it('finds faults of a file', async () => {
    const workflow = JSON.parse(readFileSync('ami/workflow/upscale.json', 'utf8')) as Record<
      string,
      Record<string, unknown>
    >;
    workflow['output']!['scale'] = 3;
    workflow['graph']!['3'] = {
      class_type: 'ImageSharpen',
      inputs: { image: ['2', 0], sharpen_radius: 0, sigma: 1, alpha: 0 },
    };
    folder.write({ 'faulty.json': JSON.stringify(workflow) });
    const { code, out } = await run('check', 'faulty.json', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      name: 'upscale',
      faults: [
        "node 3 (ImageSharpen) input 'sharpen_radius': 0 is not from 1 to 31",
        'output.scale is 3, and by its nodes the graph scales by 2',
      ],
      lacks: [],
    });
  });
});
