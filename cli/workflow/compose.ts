/** Makes a workflow of a graph: keeps what the result needs, empties what a worker fills in, and states the size of the result. */
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';
import { workflowSchema, type Workflow } from '../../contract/workflow.ts';
import type { InputPlace, OutputPlace } from './graph/endpoints.ts';
import { byId, neededBy, type Graph } from './graph/graph.ts';
import { fitted, resultSize, type Size } from './graph/size.ts';
import type { Definitions } from './nodes/definitions.ts';
import { parseOptions } from './options.ts';

export interface Wishes {
  name: string;
  /** @default what the graph's nodes say */
  scale?: number | undefined;
  /** Scale the result to the photo's size. */
  fit?: boolean | undefined;
  /** @default grey where a node of the graph is DDColor's, else rgb */
  colour?: 'grey' | 'rgb' | undefined;
  /** @default whether a node of the graph is DDColor's */
  coloured?: boolean | undefined;
  /** As {@link parseOptions} takes them. */
  options: string[];
}

export interface Composed {
  workflow: Workflow;
  /** As the graph had it. */
  size: Size;
  /** Nodes that the result does not need. */
  leftOut: string[];
}

/** @throws UserError where the graph is no workflow */
export function compose(
  given: Graph,
  input: InputPlace,
  output: OutputPlace,
  wishes: Wishes,
  definitions: Definitions,
  label: (node: string) => string,
): Composed {
  const { node, isPreview, prefixField, pictureField } = output;
  const needed = neededBy(given, node);
  const own: Graph = Object.fromEntries(
    [...needed].sort(byId).map((id) => [id, structuredClone(given[id]!)]),
  );
  const saved = own[node]!;
  const size = resultSize(own, saved.inputs[pictureField], input.node);
  if (isPreview) saved.class_type = 'SaveImage';
  saved.inputs[prefixField] = '';
  own[input.node]!.inputs[input.field] = '';
  let graph = own;
  if (wishes.fit) {
    const made = fitted(graph, saved.inputs[pictureField], input.node);
    graph = made.graph;
    saved.inputs[pictureField] = made.result;
  }
  const isDdcolor = Object.values(own).some(({ class_type }) => /^DDColor(_Colorize)?$/.test(class_type));
  const { name, colour = isDdcolor ? 'grey' : 'rgb', coloured = isDdcolor } = wishes;
  const workflow = {
    name,
    graph,
    input: { ...input, colour },
    options: parseOptions(wishes.options, own, definitions),
    output: {
      node,
      prefixField,
      ...(pictureField !== 'images' && { pictureField }),
      coloured,
      scale: scaleOf(size, wishes, label),
    },
  };
  const parsed = workflowSchema.safeParse(workflow);
  if (!parsed.success) throw new UserError(`No workflow:\n${z.prettifyError(parsed.error)}`);
  return {
    workflow: parsed.data,
    size,
    leftOut: Object.keys(given)
      .filter((id) => !needed.has(id))
      .sort(byId),
  };
}

const REMEDY = 'Add --fit, which scales the result to the photo, or --scale if you know better.';

function scaleOf(size: Size, { scale, fit }: Wishes, label: (node: string) => string): number {
  if (fit) {
    if (scale === undefined || scale === 1) return 1;
    throw new UserError(`--scale ${scale}: with --fit the result has the photo's size.`);
  }
  const why = 'A worker takes only results of exactly the size that a workflow states.';
  if (size.kind === 'scaled' && size.cutBy === undefined) {
    if (scale === undefined || Math.abs(scale - size.factor) < 1e-9) return scale ?? size.factor;
    throw new UserError(`--scale ${scale}: by its nodes the graph scales by ${size.factor}.`);
  }
  if (scale !== undefined) return scale;
  if (size.kind === 'scaled')
    throw new UserError(`${label(size.cutBy!)} cuts photos to a multiple of 8 pixels. ${why} ${REMEDY}`);
  if (size.kind === 'fixed')
    throw new UserError(
      `${label(size.node)} gives pictures a size of their own, whatever the photo's. ${why} ${REMEDY}`,
    );
  throw new UserError(
    `What ${label(size.node)} does to the size of pictures is not known here. ${why} ${REMEDY}`,
  );
}
