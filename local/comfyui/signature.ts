/** Signatures by which ComfyUI's cache recognises unchanged nodes. */
import { randomUUID } from 'node:crypto';
import { isLink, item, type Graph } from './graph.ts';

/**
 * Computes the signature of each node from its class, its IS_CHANGED value, its inputs and all its ancestors. Node ids
 * are not part of it.
 *
 * @param changed value of IS_CHANGED by node id: for LoadImage the digest of its file
 * @throws PythonError `KeyError` for any node without inputs; ComfyUI does not catch it
 */
export function signatures(prompt: Graph, changed: (nodeId: string) => string): Map<string, string> {
  const found = new Map<string, string>();
  const sign = (id: string): string => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const node = prompt[id];
    // A link to a missing node equals no other, so the node is never cached.
    if (!node) return `missing ${randomUUID()}`;
    const inputs = item({ ...node }, 'inputs') as Record<string, unknown>;
    const values = Object.entries(inputs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, isLink(value) ? [sign(value[0]), value[1]] : value]);
    const signature = JSON.stringify([node.class_type, changed(id), values]);
    found.set(id, signature);
    return signature;
  };
  for (const id of Object.keys(prompt)) sign(id);
  return found;
}

/** @returns the nodes that the outputs need, themselves included, in topological order */
export function order(prompt: Graph, outputs: string[]): string[] {
  const seen = new Set<string>();
  const visit = (id: string) => {
    if (seen.has(id)) return;
    for (const value of Object.values(prompt[id]?.inputs ?? {})) if (isLink(value)) visit(value[0]);
    seen.add(id);
  };
  outputs.forEach(visit);
  return [...seen];
}
