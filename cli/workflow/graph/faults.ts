/** What ComfyUI would refuse in a graph, whatever its nodes and models. */
import { accepts, isValueInput, type Definitions, type InputDefinition } from '../nodes/definitions.ts';
import { byId, findCycle, isLink, nodeAt, type Graph } from './graph.ts';

/** Why an input of the editor's node has no link, by node and input. */
export type Unlinked = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** @returns faults by node, in words that follow the node's name */
export function graphFaults(
  graph: Graph,
  definitions: Definitions,
  unlinked: Unlinked,
): [node: string, fault: string][] {
  const faults: [string, string][] = [];
  const cycle = findCycle(graph);
  if (cycle !== undefined) faults.push([cycle, 'needs its own output']);
  for (const [id, { class_type, inputs }] of Object.entries(graph)) {
    const definition = definitions.get(class_type);
    for (const input of definition?.inputs ?? []) {
      const value = inputs[input.name];
      if (value !== undefined)
        faults.push(...valueFaults(input, value).map((fault): [string, string] => [id, fault]));
      else if (input.isRequired) {
        const why = unlinked.get(id)?.get(input.name);
        faults.push([id, `lacks its input '${input.name}'${why === undefined ? '' : `: ${why}`}`]);
      }
    }
    for (const [field, value] of Object.entries(inputs)) {
      if (!isLink(value)) continue;
      const input = definition?.inputs.find(({ name }) => name === field);
      const fault = linkFault(graph, definitions, input, value);
      if (fault !== undefined) faults.push([id, `input '${field}': ${fault}`]);
    }
  }
  return faults.sort(([a], [b]) => byId(a, b));
}

function valueFaults(input: InputDefinition, value: unknown): string[] {
  if (isLink(value)) return [];
  const { name, type, min = -Infinity, max = Infinity } = input;
  if (!isValueInput(input))
    return [`input '${name}': ${JSON.stringify(value)} is no link to a node with ${type}`];
  if (type !== 'INT' && type !== 'FLOAT') return [];
  const number = Number(value);
  if (Number.isNaN(number)) return [`input '${name}': ${JSON.stringify(value)} is no number`];
  return number < min || number > max ? [`input '${name}': ${number} is not from ${min} to ${max}`] : [];
}

function linkFault(
  graph: Graph,
  definitions: Definitions,
  input: InputDefinition | undefined,
  [source, slot]: [string, number],
): string | undefined {
  const node = nodeAt(graph, source);
  if (!node) return `there is no node ${source}`;
  const definition = definitions.get(node.class_type);
  if (!definition) return undefined;
  const type = definition.outputs[slot];
  if (type === undefined) return `node ${source} (${node.class_type}) has no output ${slot}`;
  if (!input || accepts(input.type, type)) return undefined;
  return `${input.type} is needed, and node ${source} (${node.class_type}) gives ${type}`;
}
