/** The editor's format becomes the API's, whatever users do in the editor. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BYPASSED, MUTED } from '../../../cli/workflow/editor/document.ts';
import { neededBy, type Graph } from '../../../cli/workflow/graph/graph.ts';
import { isValueInput, type InputDefinition } from '../../../cli/workflow/nodes/definitions.ts';
import { converted, definitions } from './support/convert.ts';
import { insert, saved, viaPrimitive, wrapped, type Saved } from './support/editor.ts';

function only(graph: Graph, output: string): Graph {
  const needed = neededBy(graph, output);
  return Object.fromEntries(Object.entries(graph).filter(([id]) => needed.has(id)));
}

/** Classes of pictures, with values of every kind, and a seed. */
const CLASSES = [
  'ImageInvert',
  'ImageScaleBy',
  'ImageSharpen',
  'ImageAddNoise',
  'ImageBlend',
  'ImageQuantize',
  'ImageFlip',
];

const valueOf = ({ type, min = 0, max = 100, choices = [] }: InputDefinition): fc.Arbitrary<unknown> => {
  if (type === 'INT') return fc.integer({ min, max: Math.min(max, 1e6) });
  if (type === 'FLOAT') return fc.double({ min, max, noNaN: true });
  if (type === 'BOOLEAN') return fc.boolean();
  return type === 'COMBO' ? fc.constantFrom(...choices) : fc.string();
};

/** A graph of a photo, some nodes after it, each of earlier ones, and what saves the last. */
const graphs = fc
  .array(
    fc.record({
      name: fc.constantFrom(...CLASSES),
      from: fc.array(fc.nat(), { minLength: 2, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .chain((steps) => {
    const nodes: Record<string, fc.Arbitrary<unknown>> = {
      1: fc.constant({ class_type: 'LoadImage', inputs: { image: 'photo.png' } }),
    };
    steps.forEach(({ name, from }, place) => {
      let link = 0;
      const inputs = definitions
        .get(name)!
        .inputs.map((input): [string, fc.Arbitrary<unknown>] => [
          input.name,
          isValueInput(input)
            ? valueOf(input)
            : fc.constant([String(1 + (from[link++ % 2]! % (place + 1))), 0]),
        ]);
      nodes[place + 2] = fc.record({
        class_type: fc.constant(name),
        inputs: fc.record(Object.fromEntries(inputs)),
      });
    });
    const last = String(steps.length + 1);
    nodes[steps.length + 2] = fc.constant({
      class_type: 'SaveImage',
      inputs: { images: [last, 0], filename_prefix: 'out' },
    });
    return fc.record(nodes) as unknown as fc.Arbitrary<Graph>;
  });

interface Edits {
  version: 0.4 | 1;
  listsValues: boolean;
  reroutes: number[];
  bypasses: number[];
  primitives: number[];
  inside: number[];
}

const edits: fc.Arbitrary<Edits> = fc.record({
  version: fc.constantFrom(0.4 as const, 1 as const),
  listsValues: fc.boolean(),
  reroutes: fc.array(fc.nat(), { maxLength: 3 }),
  bypasses: fc.array(fc.nat(), { maxLength: 3 }),
  primitives: fc.array(fc.nat(), { maxLength: 3 }),
  inside: fc.array(fc.nat(), { maxLength: 4 }),
});

function edited(graph: Graph, { listsValues, reroutes, bypasses, primitives }: Edits): Saved {
  const document = saved(graph, definitions, listsValues);
  const any = <T>(list: T[], place: number) => list[place % list.length]!;
  for (const place of reroutes) insert(document, any(document.links, place), 'Reroute', 0);
  for (const place of bypasses)
    insert(document, any(document.links, place), 'ImageSharpen', BYPASSED, [1, 1, 1]);
  const own = document.nodes.filter(({ type, mode }) => mode === 0 && definitions.has(type));
  for (const place of primitives) {
    const node = any(own, place);
    const values = definitions
      .get(node.type)!
      .inputs.filter((input) => isValueInput(input) && !input.isUpload);
    if (values.length === 0) continue;
    const { name, type } = any(values, place);
    if (node.inputs.some((slot) => slot.name === name && slot.link !== null)) continue;
    viaPrimitive(document, node, name, type, graph[node.id]!.inputs[name]);
  }
  const [output] = own.filter(({ type }) => type === 'SaveImage');
  document.nodes.push(
    { ...output!, id: 900, mode: MUTED },
    { id: 901, type: 'Note', mode: 0, inputs: [], outputs: [], widgets_values: ['To do'], properties: {} },
  );
  return document;
}

describe('conversion', () => {
  it('of what the editor saves gives the graph that its page would send', () => {
    fc.assert(
      fc.property(graphs, edits, (graph, change) => {
        const output = Object.keys(graph).length.toString();
        const { graph: made, faults } = converted(edited(graph, change), change.version);
        expect([...faults]).toEqual([]);
        expect(only(made, output)).toEqual(only(graph, output));
      }),
      { numRuns: 60 },
    );
  });

  it('gives nodes of a subgraph the ids of their place', () => {
    fc.assert(
      fc.property(graphs, edits, (graph, change) => {
        const output = Object.keys(graph).length.toString();
        const inside = new Set(change.inside.map((place) => 2 + (place % Math.max(1, Number(output) - 2))));
        const { document, id } = wrapped(edited(graph, change), inside);
        const name = (node: string) => (inside.has(Number(node)) ? `${id}:${node}` : node);
        const renamed = Object.entries(only(graph, output)).map(([node, { class_type, inputs }]) => [
          name(node),
          {
            class_type,
            inputs: Object.fromEntries(
              Object.entries(inputs).map(([field, value]) => [
                field,
                Array.isArray(value) ? [name(String(value[0])), value[1]] : value,
              ]),
            ),
          },
        ]);
        const { graph: made, faults } = converted(document, change.version);
        expect([...faults]).toEqual([]);
        expect(only(made, output)).toEqual(Object.fromEntries(renamed));
      }),
      { numRuns: 60 },
    );
  });
});
