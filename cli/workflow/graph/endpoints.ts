/** Which node of a graph a photo can go into, and which ones save a picture. */
import { isValueInput, type Definitions, type NodeDefinition } from '../nodes/definitions.ts';
import { byId, neededBy, type Graph } from './graph.ts';

export interface InputPlace {
  node: string;
  field: string;
}

export interface OutputPlace {
  node: string;
  /** Shows its picture and does not keep it: becomes a SaveImage. */
  isPreview: boolean;
  prefixField: string;
  pictureField: string;
}

const isPicture = ({ type }: { type: string }) => type === 'IMAGE';

/** The field for a picture's file name; undefined for a class that does not load one. */
function loaderField(className: string, { inputs, outputs }: NodeDefinition): string | undefined {
  if (outputs[0] !== 'IMAGE') return undefined;
  // Not the loader of earlier results: `LoadImageOutput` uploads too.
  if (className === 'LoadImageOutput') return undefined;
  if (className === 'LoadGrey') return 'image';
  return inputs.find((input) => input.isUpload && isValueInput(input))?.name;
}

/** @param output that the photo must reach. @returns where a photo can go into */
export function inputPlaces(graph: Graph, definitions: Definitions, output: string): InputPlace[] {
  const needed = neededBy(graph, output);
  return sorted(graph).flatMap(([node, { class_type }]) => {
    const definition = definitions.get(class_type);
    const field = definition && loaderField(class_type, definition);
    return field !== undefined && needed.has(node) ? [{ node, field }] : [];
  });
}

/** An animation, a film, or a picture that another program receives. */
const NO_PICTURE = /^SaveAnimated|^SaveWEBM$|Video|Websocket$/i;
const PREVIEW = 'PreviewImage';

/** @returns nodes that save a picture; those that only show one, where none does; of several, those that a picture reaches */
export function outputPlaces(graph: Graph, definitions: Definitions): OutputPlace[] {
  const places = sorted(graph).flatMap(
    ([node, { class_type }]) => outputPlace(node, class_type, definitions) ?? [],
  );
  const saving = places.filter(({ isPreview }) => !isPreview);
  const found = saving.length > 0 ? saving : places;
  const reached = found.filter(({ node }) => inputPlaces(graph, definitions, node).length > 0);
  return reached.length > 0 ? reached : found.slice(0, 1);
}

export function outputPlace(
  node: string,
  className: string,
  definitions: Definitions,
): OutputPlace | undefined {
  const { inputs = [], isOutput = false } = definitions.get(className) ?? {};
  const picture = inputs.find(isPicture);
  if (!isOutput || !picture || NO_PICTURE.test(className)) return undefined;
  const isPreview = className === PREVIEW;
  const prefix = inputs.find(({ name, type }) => name === 'filename_prefix' && type === 'STRING');
  if (!prefix && !isPreview) return undefined;
  return { node, isPreview, prefixField: 'filename_prefix', pictureField: picture.name };
}

/** Nodes that save something else: named where a graph has no picture. */
export const otherOutputs = (graph: Graph, definitions: Definitions): string[] =>
  sorted(graph)
    .filter(([, { class_type }]) => definitions.get(class_type)?.isOutput)
    .map(([node]) => node);

/** @returns nodes by id, as a reader counts */
const sorted = (graph: Graph) => Object.entries(graph).sort(([a], [b]) => byId(a, b));
