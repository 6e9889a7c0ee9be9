/** When ComfyUI takes two nodes for the same work, so that the earlier one's output is used again. Pure. */
import { isLink, item, type Graph } from './graph.ts';

/**
 * Signature of each node of a prompt: its class, what its class calls changed, its values and all its ancestors.
 * Node ids are not part of it.
 *
 * @param changed what a class adds to tell versions of the same inputs apart: LoadImage, the digest of its file
 * @throws PythonError `KeyError` for a node without inputs, reachable or not. ComfyUI does so where nothing catches it
 */
export function signatures(prompt: Graph, changed: (nodeId: string) => string): Map<string, string> {
  const found = new Map<string, string>();
  const sign = (id: string): string => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const node = prompt[id];
    // A link to nowhere is equal to nothing, not even to itself.
    if (!node) return `nowhere ${Math.random()}`;
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

/** The nodes an output needs, itself last, each after what it needs. */
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
