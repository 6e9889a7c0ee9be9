/** The conversion of single nodes of the editor: what becomes of them, and which ones are refused by name. */
import { describe, expect, it } from 'vitest';
import { convert } from '../../../cli/workflow/editor/convert.ts';
import { BYPASSED, documentSchema, MUTED } from '../../../cli/workflow/editor/document.ts';
import { converted, definitions } from './support/convert.ts';
import { fileOf, insert, saved, wrapped, type Saved } from './support/editor.ts';

/** A photo through ImageSharpen (node 2) to SaveImage (node 3), as saved. */
const plain = () =>
  saved(
    {
      1: { class_type: 'LoadImage', inputs: { image: 'photo.png' } },
      2: {
        class_type: 'ImageSharpen',
        inputs: { image: ['1', 0], sharpen_radius: 1, sigma: 0.5, alpha: 0.25 },
      },
      3: { class_type: 'SaveImage', inputs: { images: ['2', 0], filename_prefix: 'out' } },
    },
    definitions,
    false,
  );

describe('of a node', () => {
  const sharpened = (change: (document: Saved) => void) => {
    const document = plain();
    change(document);
    const made = converted(document);
    return { inputs: made.graph[2]?.inputs, faults: made.faults.get('2') ?? [], made };
  };
  const second = (document: Saved) => document.nodes[1]!;

  it.each<[string, (document: Saved) => void, object]>([
    [
      'values by name',
      (d) => Object.assign(second(d), { widgets_values: { sigma: 2, alpha: 1 } }),
      { sigma: 2, alpha: 1 },
    ],
    ['values that are missing', (d) => second(d).widgets_values.pop(), { sharpen_radius: 1, sigma: 0.5 }],
    ['a value that is null', (d) => (second(d).widgets_values[1] = null), { sharpen_radius: 1, alpha: 0.25 }],
  ])('%s are those that are there', (_what, change, values) => {
    const { inputs, faults } = sharpened(change);
    expect({ inputs, faults }).toEqual({ inputs: { image: ['1', 0], ...values }, faults: [] });
  });

  it.each<[string, (document: Saved) => void, string]>([
    [
      'values of another version of its class',
      (d) => second(d).widgets_values.unshift('auto'),
      `its values do not follow the inputs of its class: 'sharpen_radius' (INT) would be "auto"`,
    ],
    [
      'a class that is not known, with values',
      (d) => Object.assign(second(d), { type: 'SharpenMore' }),
      'its class is not known here, and the file does not name its 3 values',
    ],
    [
      'a group node',
      (d) => Object.assign(second(d), { type: 'workflow>Sharpen' }),
      "a group node: convert it to a subgraph in the editor, or export the graph with 'Export (API)'",
    ],
    [
      'a subgraph that is not there',
      (d) => Object.assign(second(d), { type: '11111111-2222-4333-8444-555555555555' }),
      'a subgraph that the file does not contain',
    ],
    [
      'links in a circle',
      (d) => {
        insert(d, d.links[0]!, 'Reroute', 0);
        d.links.at(-1)!.origin_id = d.nodes.at(-1)!.id;
      },
      'its links lead round in a circle',
    ],
    [
      'a value that no node sets',
      (d) => insert(d, d.links[0]!, 'GetNode', 0, ['photo']),
      "node 4 gets 'photo', which no node sets",
    ],
  ])('%s is refused', (_what, change, fault) => expect(sharpened(change).faults).toEqual([fault]));

  it.each<[string, (document: Saved) => void, string]>([
    ['muted', (d) => (d.nodes[0]!.mode = MUTED), 'node 1 (LoadImage) is muted'],
    ['bypassed without an input', (d) => (d.nodes[0]!.mode = BYPASSED), 'node 1 (LoadImage) is bypassed'],
    ['absent', (d) => d.nodes.shift(), 'node 1 is not in the file'],
    ['not linked', (d) => d.links.shift(), 'link 1 is not in the file'],
  ])('a source that is %s is named', (_what, change, why) => {
    const document = plain();
    change(document);
    const { graph, unlinked } = converted(document);
    expect(graph[2]?.inputs).not.toHaveProperty('image');
    expect(unlinked.get('2')?.get('image')).toBe(why);
  });

  it('of an unknown class takes the names that newer editors list', () => {
    const { inputs, faults } = sharpened((document) => {
      const names = ['method', 'seed'].map((name) => ({ name, type: 'X', link: null, widget: { name } }));
      Object.assign(second(document), { type: 'SharpenMore', widgets_values: ['best', 7, 'randomize'] });
      second(document).inputs.push(...names);
    });
    expect({ inputs, faults }).toEqual({ inputs: { image: ['1', 0], method: 'best', seed: 7 }, faults: [] });
  });

  it('keeps its id, whatever it is', () => {
    const document = JSON.parse(
      JSON.stringify(fileOf(plain(), 0.4)).replaceAll('"id":3', '"id":"__proto__"'),
    ) as object;
    const { graph } = convert(documentSchema.parse(document), definitions);
    expect(Object.keys(graph).sort()).toEqual(['1', '2', '__proto__']);
  });

  it('sets and gets by name', () => {
    const document = plain();
    insert(document, document.links[0]!, 'SetNode', 0, ['photo']);
    insert(document, document.links[0]!, 'GetNode', 0, ['photo']);
    document.nodes.at(-1)!.inputs = [];
    expect(converted(document).graph[2]?.inputs['image']).toEqual(['1', 0]);
  });

  it('that is bypassed passes on the input in the place of its output, else the first of its type', () => {
    const document = plain();
    Object.assign(second(document), {
      mode: BYPASSED,
      outputs: [
        { name: 'a', type: 'MASK' },
        { name: 'b', type: 'IMAGE' },
      ],
    });
    document.links[1]!.origin_slot = 1;
    expect(converted(document).graph[3]?.inputs['images']).toEqual(['1', 0]);
    document.links[1]!.origin_slot = 0;
    const { graph, unlinked } = converted(document);
    expect(graph[3]?.inputs).not.toHaveProperty('images');
    expect(unlinked.get('3')?.get('images')).toBe('node 2 (ImageSharpen) is bypassed');
  });

  it('that is bypassed passes on the second of two pictures at its second output', () => {
    const document = plain();
    insert(document, document.links[0]!, 'ImageInvert', 0);
    const picture = { name: 'x', type: 'IMAGE' };
    Object.assign(second(document), { mode: BYPASSED, outputs: [picture, picture] });
    second(document).inputs.splice(1, 3, { ...picture, link: 77 });
    document.links.push({ ...document.links[0]!, id: 77, origin_id: 1 });
    const at = (slot: number) => {
      document.links[1]!.origin_slot = slot;
      return converted(document).graph[3]?.inputs['images'];
    };
    expect([at(0), at(1)]).toEqual([
      ['4', 0],
      ['1', 0],
    ]);
  });

  it('that uploads has the label of its button between values', () => {
    const input = {
      name: 'image',
      type: 'COMBO',
      isRequired: true,
      isUpload: true,
      hasControl: false,
      isOnlyLinked: false,
    };
    const invert = { ...input, name: 'mode', isRequired: false, isUpload: false };
    const own = new Map([
      ['Loader', { inputs: [input, invert], outputs: ['IMAGE'], isOutput: false, module: undefined }],
    ]);
    for (const values of [
      ['a.png', 'image', 'fast'],
      ['a.png', 'fast'],
    ]) {
      const node = { id: 1, type: 'Loader', widgets_values: values };
      const { graph } = convert(documentSchema.parse({ nodes: [node], links: [] }), own);
      expect(graph[1]?.inputs).toEqual({ image: 'a.png', mode: 'fast' });
    }
  });

  it('says of itself where it comes from', () => {
    const { made } = sharpened((document) => {
      const models = [{ name: 'a.pth', url: 'https://example.com/a.pth', directory: 'upscale_models' }];
      Object.assign(second(document), {
        title: 'Crisp',
        properties: { cnr_id: 'crisp', ver: '1.2.3', aux_id: 'anna/crisp', models },
      });
    });
    expect(made.titles.get('2')).toBe('Crisp');
    expect(made.packs.get('ImageSharpen')).toEqual({
      name: 'crisp',
      version: '1.2.3',
      repository: 'anna/crisp',
    });
    expect(made.models).toEqual([
      { name: 'a.pth', url: 'https://example.com/a.pth', directory: 'upscale_models' },
    ]);
  });
});

describe('of a subgraph', () => {
  const part = () => wrapped(plain(), new Set([2]));

  it('takes the values of its own node, where it has some, else those inside', () => {
    const promoted = (values: unknown[]) => {
      const { document, id } = part();
      const [subgraph] = (document.definitions as { subgraphs: Saved[] }).subgraphs;
      const inputs = (subgraph as unknown as { inputs: object[] }).inputs;
      inputs.push({ name: 'strength', type: 'FLOAT' });
      const [inner] = subgraph!.nodes;
      inner!.inputs.push({ name: 'alpha', type: 'FLOAT', link: 77, widget: { name: 'alpha' } });
      subgraph!.links.push({
        id: 77,
        origin_id: -10,
        origin_slot: 1,
        target_id: 2,
        target_slot: 1,
        type: 'FLOAT',
      });
      document.nodes.find((node) => node.id === id)!.widgets_values = values;
      const { graph, faults } = converted(document);
      return { alpha: graph[`${id}:2`]?.inputs['alpha'], faults: faults.get(`${id}:2`) };
    };
    expect(promoted([])).toEqual({ alpha: 0.25, faults: undefined });
    expect(promoted([0.75])).toEqual({ alpha: 0.75, faults: undefined });
    expect(promoted([0.75, 1]).faults).toEqual(["subgraph 'Part' has 1 values, and the file gives it 2"]);
  });

  it('that contains itself is refused', () => {
    const { document } = part();
    const [subgraph] = (document.definitions as { subgraphs: Saved[] }).subgraphs;
    subgraph!.nodes.push(document.nodes.at(-1)!);
    expect(() => converted(document)).toThrow("subgraph 'Part' contains itself");
  });

  it('is refused with the whole file where a node links others without showing it', () => {
    const document = plain();
    document.nodes.push({ ...document.nodes[0]!, id: 9, type: 'Anything Everywhere' });
    expect(() => converted(document)).toThrow('node 9 (Anything Everywhere) links nodes without showing it');
  });
});
