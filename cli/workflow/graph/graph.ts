/** Graphs in ComfyUI's API format: links, and what a node needs. */
import type { Workflow } from '../../../contract/workflow.ts';

export type Graph = Workflow['graph'];
export type GraphNode = Graph[string];
export type Link = [node: string, output: number];

export const isLink = (value: unknown): value is Link =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'number';

/** The node of an id that is a file's: one such as `constructor` is no node. */
export const nodeAt = (graph: Graph, id: string): GraphNode | undefined =>
  Object.hasOwn(graph, id) ? graph[id] : undefined;

export const linksOf = ({ inputs }: GraphNode): [field: string, link: Link][] =>
  Object.entries(inputs).flatMap(([field, value]) => (isLink(value) ? [[field, value]] : []));

/** @returns the ids of a node and of all that it needs */
export function neededBy(graph: Graph, id: string): Set<string> {
  const needed = new Set<string>();
  const left = [id];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const node = nodeAt(graph, next);
    if (!node || needed.has(next)) continue;
    needed.add(next);
    left.push(...linksOf(node).map(([, [source]]) => source));
  }
  return needed;
}

/** @returns a node that needs its own output */
export function findCycle(graph: Graph): string | undefined {
  const done = new Set<string>();
  const open = new Set<string>();
  // A stack of its own: a long chain of nodes would be too deep for calls.
  for (const start of Object.keys(graph)) {
    const left = [{ id: start, isLeaving: false }];
    for (let next = left.pop(); next; next = left.pop()) {
      const { id, isLeaving } = next;
      if (isLeaving) {
        open.delete(id);
        done.add(id);
        continue;
      }
      if (open.has(id)) return id;
      const node = nodeAt(graph, id);
      if (!node || done.has(id)) continue;
      open.add(id);
      left.push({ id, isLeaving: true });
      for (const [, [source]] of linksOf(node))
        if (!done.has(source)) left.push({ id: source, isLeaving: false });
    }
  }
  return undefined;
}

/** Ids sorted as a reader counts: 2 before 10. */
export const byId = (a: string, b: string): number => a.localeCompare(b, 'en', { numeric: true });
