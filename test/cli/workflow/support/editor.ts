/** Graphs as ComfyUI's editor saves them, made of their API format: the inverse of the conversion, with what users do in the editor. */
import { isLink, type Graph } from '../../../../cli/workflow/graph/graph.ts';
import {
  isValueInput,
  type Definitions,
  type NodeDefinition,
} from '../../../../cli/workflow/nodes/definitions.ts';

export interface Slot {
  name: string;
  type: string;
  link: number | null;
  widget?: { name: string };
}
export interface SavedNode {
  id: number;
  type: string;
  mode: number;
  title?: string;
  inputs: Slot[];
  outputs: { name: string; type: string }[];
  widgets_values: unknown[];
  properties: Record<string, unknown>;
}
export interface SavedLink {
  id: number;
  origin_id: number;
  origin_slot: number;
  target_id: number;
  target_slot: number;
  type: string;
}
export interface Saved {
  nodes: SavedNode[];
  links: SavedLink[];
}

/** @param listsValues whether values are listed among the inputs, as newer editors do */
export function saved(graph: Graph, definitions: Definitions, listsValues: boolean): Saved {
  const links: SavedLink[] = [];
  const nodes = Object.entries(graph).map(([id, { class_type: type, inputs }]): SavedNode => {
    const definition = definitions.get(type)!;
    const slots: Slot[] = [];
    for (const input of definition.inputs) {
      const value = inputs[input.name];
      const isValue = isValueInput(input);
      if (isValue && !isLink(value) && !listsValues) continue;
      const slot: Slot = {
        name: input.name,
        type: input.type,
        link: null,
        ...(isValue && { widget: { name: input.name } }),
      };
      if (isLink(value)) {
        slot.link = links.length + 1;
        const [origin_id, origin_slot] = [Number(value[0]), value[1]];
        links.push({
          id: slot.link,
          origin_id,
          origin_slot,
          target_id: Number(id),
          target_slot: slots.length,
          type: input.type,
        });
      }
      slots.push(slot);
    }
    const outputs = definition.outputs.map((output) => ({ name: output, type: output }));
    return {
      id: Number(id),
      type,
      mode: 0,
      inputs: slots,
      outputs,
      widgets_values: valuesOf(definition, inputs),
      properties: {},
    };
  });
  return { nodes, links };
}

function valuesOf({ inputs: declared }: NodeDefinition, inputs: Record<string, unknown>): unknown[] {
  const values: unknown[] = [];
  const own = declared.filter(isValueInput);
  const last = own.findLastIndex(({ isRequired }) => isRequired);
  for (const [place, input] of own.entries()) {
    const value = inputs[input.name];
    values.push(value === undefined || isLink(value) ? (input.default ?? input.choices?.[0] ?? 0) : value);
    if (input.hasControl) values.push('randomize');
    if (place === last && declared.some(({ isUpload }) => isUpload)) values.push('image');
  }
  return values;
}

const freeNode = ({ nodes }: Saved) => Math.max(0, ...nodes.map(({ id }) => id)) + 1;
const freeLink = ({ links }: Saved) => Math.max(0, ...links.map(({ id }) => id)) + 1;

/** A node in the middle of a link: a Reroute, or one that is bypassed. */
export function insert(
  document: Saved,
  link: SavedLink,
  type: string,
  mode: number,
  values: unknown[] = [],
): void {
  const [id, first] = [freeNode(document), freeLink(document)];
  const slot: Slot = { name: 'image', type: link.type, link: first };
  document.nodes.push({
    id,
    type,
    mode,
    inputs: [slot],
    outputs: [{ name: '', type: link.type }],
    widgets_values: values,
    properties: {},
  });
  document.links.push({ ...link, id: first, target_id: id, target_slot: 0 });
  Object.assign(link, { origin_id: id, origin_slot: 0 });
}

/** Gives a value through a PrimitiveNode, with another one left in the node. */
export function viaPrimitive(
  document: Saved,
  node: SavedNode,
  name: string,
  type: string,
  value: unknown,
): void {
  const [id, link] = [freeNode(document), freeLink(document)];
  const known = node.inputs.find((slot) => slot.name === name);
  const slot = known ?? { name, type, link: null, widget: { name } };
  if (!known) node.inputs.push(slot);
  slot.link = link;
  document.nodes.push({
    id,
    type: 'PrimitiveNode',
    mode: 0,
    inputs: [],
    outputs: [{ name: type, type }],
    widgets_values: [value, 'fixed'],
    properties: {},
  });
  document.links.push({
    id: link,
    origin_id: id,
    origin_slot: 0,
    target_id: node.id,
    target_slot: node.inputs.indexOf(slot),
    type,
  });
}

export const SUBGRAPH = '11111111-2222-4333-8444-555555555555';

/** Moves nodes into a subgraph. @returns the document, and the id of the subgraph's node */
export function wrapped(
  document: Saved,
  inside: Set<number>,
): { document: Saved & { definitions: object }; id: number } {
  const id = freeNode(document);
  const inputs: { name: string; type: string }[] = [];
  const outputs: { name: string; type: string }[] = [];
  const outer: SavedLink[] = [];
  const inner: SavedLink[] = [];
  const slots: Slot[] = [];
  for (const link of document.links) {
    const [from, to] = [inside.has(link.origin_id), inside.has(link.target_id)];
    if (from && to) inner.push(link);
    else if (to) {
      inner.push({ ...link, origin_id: -10, origin_slot: inputs.length });
      const name = `in${inputs.length}`;
      slots.push({ name, type: link.type, link: link.id });
      outer.push({ ...link, target_id: id, target_slot: inputs.length });
      inputs.push({ name, type: link.type });
    } else if (from) {
      inner.push({
        ...link,
        id: freeLink(document) + outputs.length,
        target_id: -20,
        target_slot: outputs.length,
      });
      outer.push({ ...link, origin_id: id, origin_slot: outputs.length });
      outputs.push({ name: `out${outputs.length}`, type: link.type });
    } else outer.push(link);
  }
  const node: SavedNode = {
    id,
    type: SUBGRAPH,
    mode: 0,
    inputs: slots,
    outputs,
    widgets_values: [],
    properties: {},
  };
  const subgraph = {
    ...{ id: SUBGRAPH, name: 'Part', inputs, outputs },
    nodes: document.nodes.filter((one) => inside.has(one.id)),
    links: inner,
  };
  return {
    id,
    document: {
      nodes: [...document.nodes.filter((one) => !inside.has(one.id)), node],
      links: outer,
      definitions: { subgraphs: [subgraph] },
    },
  };
}

/** As the editor writes it: version 0.4 has links as lists, 1 as objects. */
export function fileOf(document: Saved & { definitions?: object }, version: 0.4 | 1): object {
  const links = document.links.map(({ id, origin_id, origin_slot, target_id, target_slot, type }) => [
    ...[id, origin_id, origin_slot, target_id, target_slot],
    type,
  ]);
  return {
    last_node_id: 0,
    ...document,
    links: version === 1 ? document.links : links,
    groups: [],
    config: {},
    extra: {},
    version,
  };
}
