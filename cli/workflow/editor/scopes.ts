/** Where the inputs of the editor's nodes come from: through links, subgraphs, and nodes that only exist in the editor. */
import type { Link } from '../graph/graph.ts';
import { accepts } from '../nodes/definitions.ts';
import {
  BYPASSED,
  MUTED,
  SUBGRAPH_INPUT,
  SUBGRAPH_OUTPUT,
  type EditorDocument,
  type EditorLink,
  type EditorNode,
  type EditorSlot,
  type Subgraph,
} from './document.ts';
import { Unconvertible } from './widgets.ts';

/** The nodes of the file, or those of a subgraph in one of its places. */
export interface Scope {
  /** Ids of the nodes that contain it, the outermost first. */
  path: string[];
  nodes: Map<string, EditorNode>;
  links: Map<string, EditorLink>;
  within?: { definition: Subgraph; node: EditorNode; outer: Scope };
}

/** Where an input comes from; `none` with the reason, where there is one. */
export type Origin = { link: Link } | { value: unknown } | { none: string | undefined };

const PASS_ON = ['Reroute', 'Reroute (rgthree)'];
const VALUE = 'PrimitiveNode';
const SET = 'SetNode';
const GET = 'GetNode';
/** Only in the editor, and not executed. */
const VIRTUAL = new Set([
  ...[...PASS_ON, VALUE, SET, GET],
  ...['Note', 'MarkdownNote', 'Label (rgthree)', 'Bookmark (rgthree)'],
  ...['Fast Groups Muter (rgthree)', 'Fast Groups Bypasser (rgthree)'],
]);

/** Links that one origin may lead through. */
const MAX_STEPS = 1000;
/** Nodes of a file, its subgraphs counted in each of their places. */
const MAX_NODES = 5000;

export const nodeId = ({ path }: Scope, { id }: EditorNode): string => [...path, id].join(':');

export const isActive = ({ mode }: EditorNode): boolean => mode !== MUTED && mode !== BYPASSED;

export class Scopes {
  private readonly subgraphs: Map<string, Subgraph>;
  private readonly inner = new Map<string, Scope>();
  /** Shared by all places of a subgraph, of which a file could name thousands. */
  private readonly maps = new Map<Subgraph, Pick<Scope, 'nodes' | 'links'>>();
  readonly top: Scope;

  constructor({ nodes, links, definitions }: EditorDocument) {
    this.subgraphs = new Map(definitions?.subgraphs?.map((subgraph) => [subgraph.id, subgraph]));
    this.top = { path: [], ...mapsOf({ nodes, links }) };
  }

  /**
   * @returns nodes that are executed, those of subgraphs in each of their places
   * @throws Unconvertible when they are too many
   */
  executed(): [Scope, EditorNode][] {
    const found: [Scope, EditorNode][] = [];
    let count = 0;
    const add = (scope: Scope): void => {
      for (const node of scope.nodes.values()) {
        if (++count > MAX_NODES) throw new Unconvertible(`more than ${MAX_NODES} nodes`);
        if (!isActive(node) || VIRTUAL.has(node.type)) continue;
        if (this.subgraphs.has(node.type)) add(this.innerScope(scope, node));
        else found.push([scope, node]);
      }
    };
    add(this.top);
    return found;
  }

  originOf(scope: Scope, { link }: Pick<EditorSlot, 'link'>, steps = 0): Origin {
    if (link === null || link === undefined) return { none: undefined };
    const { origin, originSlot } = scope.links.get(link) ?? {};
    if (origin === undefined || originSlot === undefined) return { none: `link ${link} is not in the file` };
    if (steps > MAX_STEPS) throw new Unconvertible('its links lead round in a circle');
    return this.originOfOutput(scope, origin, originSlot, steps + 1);
  }

  private originOfOutput(scope: Scope, id: string, slot: number, steps: number): Origin {
    if (id === SUBGRAPH_INPUT && scope.within) return this.originOutside(scope.within, slot, steps);
    const node = scope.nodes.get(id);
    if (!node) return { none: `node ${id} is not in the file` };
    const { type, mode, inputs } = node;
    const name = nodeId(scope, node);
    if (mode === MUTED) return { none: `node ${name} (${type}) is muted` };
    if (mode === BYPASSED) {
      const passed = passedOn(node, slot);
      return passed ? this.originOf(scope, passed, steps) : { none: `node ${name} (${type}) is bypassed` };
    }
    if (PASS_ON.includes(type)) return this.originOf(scope, inputs?.[0] ?? {}, steps);
    if (type === VALUE) return { value: firstValue(node) };
    if (type === GET) return this.originOf(scope, this.setterOf(scope, node), steps);
    if (!this.subgraphs.has(type)) return { link: [name, slot] };
    const inside = this.innerScope(scope, node);
    const last = [...inside.links.values()].find(
      ({ target, targetSlot }) => target === SUBGRAPH_OUTPUT && targetSlot === slot,
    );
    return last
      ? this.originOfOutput(inside, last.origin, last.originSlot, steps)
      : { none: `output ${slot} of node ${name} has no link in its subgraph` };
  }

  private originOutside(
    { definition, node, outer }: NonNullable<Scope['within']>,
    slot: number,
    steps: number,
  ): Origin {
    const name = definition.inputs[slot]?.name;
    const outside = node.inputs?.find((input) => input.name === name);
    if (outside?.link !== null && outside?.link !== undefined) return this.originOf(outer, outside, steps);
    const values = ownValues(node, definition);
    return name !== undefined && values.has(name) ? { value: values.get(name) } : { none: undefined };
  }

  /** @returns the input of the node that sets what another one gets, in this scope or around it */
  private setterOf(scope: Scope, getter: EditorNode): EditorSlot {
    const name = firstValue(getter);
    const setter = [...scope.nodes.values()].find((node) => node.type === SET && firstValue(node) === name);
    if (setter?.inputs?.[0]) return setter.inputs[0];
    throw new Unconvertible(`node ${nodeId(scope, getter)} gets '${String(name)}', which no node sets`);
  }

  private innerScope(outer: Scope, node: EditorNode): Scope {
    const id = nodeId(outer, node);
    const known = this.inner.get(id);
    if (known) return known;
    const definition = this.subgraphs.get(node.type)!;
    for (let around = outer.within; around; around = around.outer.within)
      if (around.definition === definition)
        throw new Unconvertible(`subgraph '${definition.name}' contains itself`);
    const maps = this.maps.get(definition) ?? mapsOf(definition);
    this.maps.set(definition, maps);
    const made: Scope = { ...maps, path: [...outer.path, node.id], within: { definition, node, outer } };
    this.inner.set(id, made);
    return made;
  }
}

const mapsOf = ({ nodes, links }: Pick<Subgraph, 'nodes' | 'links'>): Pick<Scope, 'nodes' | 'links'> => ({
  nodes: new Map(nodes.map((node) => [node.id, node])),
  links: new Map(links.map((link) => [link.id, link])),
});

const firstValue = ({ widgets_values: values }: EditorNode): unknown =>
  Array.isArray(values) ? values[0] : undefined;

/** The input that a bypassed node passes on: that in the output's place, else the first of its type. */
function passedOn({ inputs, outputs }: EditorNode, slot: number): EditorSlot | undefined {
  const type = outputs?.[slot]?.type;
  const opposite = inputs?.[slot];
  if (type === undefined) return undefined;
  if (opposite?.type === type) return opposite;
  return inputs?.find((input) => input.type === type) ?? inputs?.find((input) => accepts(input.type, type));
}

/** Values that a subgraph's node has itself, by the subgraph's input; where it has none, those inside hold. */
function ownValues(
  { widgets_values: values, properties }: EditorNode,
  definition: Subgraph,
): Map<string, unknown> {
  if (!Array.isArray(values) || values.length === 0) return new Map();
  const proxies = properties?.proxyWidgets?.map((proxy) => (proxy as unknown[]).map(String));
  // Proxies of nodes inside repeat values of these.
  const names = proxies
    ? proxies.map(([node, name]) => (node === '-1' ? name : undefined))
    : definition.inputs.filter((_, place) => isValue(definition, place)).map(({ name }) => name);
  if (names.length === values.length)
    return new Map(names.flatMap((name, place) => (name === undefined ? [] : [[name, values[place]]])));
  if (proxies) return new Map();
  throw new Unconvertible(
    `subgraph '${definition.name}' has ${names.length} values, and the file gives it ${values.length}`,
  );
}

/** Whether an input of a subgraph leads to a value of a node inside. */
const isValue = ({ nodes, links }: Subgraph, slot: number): boolean =>
  links.some(
    ({ origin, originSlot, target, targetSlot }) =>
      origin === SUBGRAPH_INPUT &&
      originSlot === slot &&
      nodes.find(({ id }) => id === target)?.inputs?.[targetSlot]?.widget,
  );
