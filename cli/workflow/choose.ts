/** Which node takes the photo and which one saves the result: the only candidate, the one named, or the one that is asked for. */
import { UsageError, UserError } from '../../common/errors.ts';
import {
  inputPlaces,
  otherOutputs,
  outputPlace,
  outputPlaces,
  type InputPlace,
  type OutputPlace,
} from './graph/endpoints.ts';
import { neededBy, nodeAt, type Graph } from './graph/graph.ts';
import type { Definitions } from './nodes/definitions.ts';
import { parsePlace } from './options.ts';

/** Asks for one of several; undefined without a terminal. */
export type Ask = ((question: string, choices: string[]) => Promise<number>) | undefined;

export interface Choosing {
  graph: Graph;
  definitions: Definitions;
  /** Names a node for the reader. */
  label: (node: string) => string;
  ask: Ask;
}

/** @param named by `--output` */
export async function chooseOutput(choosing: Choosing, named: string | undefined): Promise<OutputPlace> {
  const { graph, definitions, label, ask } = choosing;
  if (named !== undefined) return namedOutput(choosing, named);
  const places = outputPlaces(graph, definitions);
  const [first, second] = places;
  if (!first) {
    const others = otherOutputs(graph, definitions).map(label);
    const unknown = Object.keys(graph).filter((node) => !definitions.has(graph[node]!.class_type));
    throw new UserError(
      [
        'No node of the graph saves a picture, as SaveImage does.',
        ...(others.length > 0 ? [`It saves or shows: ${others.join(', ')}.`] : []),
        ...(unknown.length > 0
          ? [
              `Not known here: ${unknown.map(label).join(', ')}. With --object-info of a ComfyUI that has them they are.`,
            ]
          : []),
      ].join('\n'),
    );
  }
  if (!second) return first;
  const texts = places.map(({ node }) => label(node));
  if (ask) return places[await ask('Which node saves the result?', texts)]!;
  throw new UserError(
    `${places.length} nodes save a picture. Name one:\n${places.map(({ node }, k) => `  --output ${node}   ${texts[k]}`).join('\n')}`,
  );
}

function namedOutput({ graph, definitions, label }: Choosing, named: string): OutputPlace {
  const node = nodeAt(graph, named);
  if (!node)
    throw new UsageError(
      `--output '${named}': the graph has no such node (${Object.keys(graph).join(', ')}).`,
    );
  const place = outputPlace(named, node.class_type, definitions);
  if (place) return place;
  const { filename_prefix, images } = node.inputs;
  if (filename_prefix !== undefined && images !== undefined)
    return { node: named, isPreview: false, prefixField: 'filename_prefix', pictureField: 'images' };
  const fit = outputPlaces(graph, definitions).map((one) => one.node);
  throw new UsageError(
    `--output '${named}': ${label(named)} does not save a picture under a prefix${fit.length > 0 ? ` (${fit.join(', ')} do)` : ''}.`,
  );
}

/** @param named by `--input` */
export async function chooseInput(
  choosing: Choosing,
  output: string,
  named: string | undefined,
): Promise<InputPlace> {
  const { graph, definitions, label, ask } = choosing;
  if (named !== undefined) {
    const place = parsePlace('--input', named, graph);
    if (neededBy(graph, output).has(place.node)) return place;
    throw new UsageError(`--input '${named}': nothing of ${label(place.node)} reaches ${label(output)}.`);
  }
  const places = inputPlaces(graph, definitions, output);
  const [first, second] = places;
  if (!first)
    throw new UserError(
      `No node that loads a picture, as LoadImage does, reaches ${label(output)}: a workflow here takes one photo and gives one picture. If another node takes the file's name, add --input NODE.FIELD.`,
    );
  if (!second) return first;
  const texts = places.map(
    ({ node, field }) => `${label(node)}, now '${String(graph[node]!.inputs[field])}'`,
  );
  if (ask) return places[await ask('Which node takes the photo?', texts)]!;
  throw new UserError(
    `${places.length} nodes load a picture. Name the one for the photo:\n${places.map(({ node, field }, k) => `  --input ${node}.${field}   ${texts[k]}`).join('\n')}`,
  );
}
