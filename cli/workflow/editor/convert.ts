/** Converts the editor's format to the API's, as the page does when it sends a prompt. */
import type { Graph, GraphNode } from '../graph/graph.ts';
import type { Definitions } from '../nodes/definitions.ts';
import type { EditorDocument, EditorNode } from './document.ts';
import { nodeId, Scopes, type Scope } from './scopes.ts';
import { nodeValues, Unconvertible } from './widgets.ts';

/** What the file says of a class's pack. */
export interface PackHint {
  /** In ComfyUI's registry; `comfy-core` is ComfyUI itself. */
  name: string | undefined;
  version: string | undefined;
  /** Owner and name on GitHub. */
  repository: string | undefined;
}

export interface ModelHint {
  name: string;
  url?: string | undefined;
  directory?: string | undefined;
}

export interface Conversion {
  graph: Graph;
  /** Given by the user. */
  titles: Map<string, string>;
  /** Why a node could not be converted. */
  faults: Map<string, string[]>;
  remarks: Map<string, string[]>;
  /** Why an input has no link, by node and input. */
  unlinked: Map<string, Map<string, string>>;
  /** By class. */
  packs: Map<string, PackHint>;
  models: ModelHint[];
}

/** @throws Unconvertible when the file as a whole cannot be converted */
export function convert(document: EditorDocument, definitions: Definitions): Conversion {
  const scopes = new Scopes(document);
  const made: Converting = {
    nodes: [],
    titles: new Map(),
    faults: new Map(),
    remarks: new Map(),
    unlinked: new Map(),
    packs: new Map(),
    models: [],
  };
  for (const [scope, node] of scopes.executed()) convertNode(made, scopes, scope, node, definitions);
  const { nodes, ...rest } = made;
  // As own properties, whatever their ids.
  return { ...rest, graph: Object.fromEntries(nodes) };
}

type Converting = Omit<Conversion, 'graph'> & { nodes: [id: string, node: GraphNode][] };

function convertNode(
  made: Converting,
  scopes: Scopes,
  scope: Scope,
  node: EditorNode,
  definitions: Definitions,
): void {
  const id = nodeId(scope, node);
  const { type, title, properties } = node;
  // Any other node may have a link from it.
  if (/Anything Everywhere/.test(type))
    throw new Unconvertible(`node ${id} (${type}) links nodes without showing it`);
  const { cnr_id: name, ver: version, aux_id: repository, models = [] } = properties ?? {};
  if (title && title !== type) made.titles.set(id, title);
  if (name !== undefined || repository !== undefined) made.packs.set(type, { name, version, repository });
  made.models.push(...models);

  const attempt = <T>(body: () => T): T | undefined => {
    try {
      return body();
    } catch (error) {
      if (!(error instanceof Unconvertible)) throw error;
      made.faults.set(id, [...(made.faults.get(id) ?? []), error.message]);
      return undefined;
    }
  };
  const origins = new Map<string, unknown>();
  for (const slot of node.inputs ?? []) {
    const field = slot.widget?.name ?? slot.name;
    const origin = attempt(() => scopes.originOf(scope, slot)) ?? { none: undefined };
    if ('link' in origin) origins.set(field, origin.link);
    else if ('value' in origin) origins.set(field, origin.value);
    else if (origin.none !== undefined) unlinkedOf(made, id).set(field, origin.none);
  }
  const refused = refusal(type);
  if (refused !== undefined) made.faults.set(id, [refused]);
  const definition = definitions.get(type);
  const found = refused === undefined ? attempt(() => nodeValues(node, definition)) : undefined;
  const { values = new Map<string, unknown>(), unknown = 0 } = found ?? {};
  if (unknown > 0) made.remarks.set(id, [`${unknown} of its values belong to no input of its class`]);
  const names = definition?.inputs.map((input) => input.name) ?? [];
  const inputs: [string, unknown][] = [];
  for (const field of new Set([...names, ...values.keys(), ...origins.keys()])) {
    if (origins.has(field)) inputs.push([field, origins.get(field)]);
    else if (values.has(field)) inputs.push([field, plain(values.get(field))]);
  }
  made.nodes.push([id, { class_type: type, inputs: Object.fromEntries(inputs) }]);
}

function unlinkedOf({ unlinked }: Converting, id: string): Map<string, string> {
  const known = unlinked.get(id) ?? new Map<string, string>();
  unlinked.set(id, known);
  return known;
}

/** A list would be read as a link. */
const plain = (value: unknown): unknown => (Array.isArray(value) ? { __value__: value as unknown[] } : value);

const SUBGRAPH = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Why nodes of this type are not converted at all. */
export function refusal(type: string): string | undefined {
  if (/^workflow[>/]/.test(type))
    return "a group node: convert it to a subgraph in the editor, or export the graph with 'Export (API)'";
  if (SUBGRAPH.test(type)) return 'a subgraph that the file does not contain';
  return undefined;
}
