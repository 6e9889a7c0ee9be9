/** Values of a graph that mean the same in the image: those of inputs that its classes have got since, paths, and large numbers. */
import { isValueInput, type Definitions, type InputDefinition } from '../nodes/definitions.ts';
import { byId, type Graph } from './graph.ts';

/** In words that follow the node's name. */
export type Remark = [node: string, text: string];

export function portable(given: Graph, definitions: Definitions): { graph: Graph; remarks: Remark[] } {
  const graph = structuredClone(given);
  const remarks: Remark[] = [];
  for (const [id, { class_type, inputs }] of Object.entries(graph).sort(([a], [b]) => byId(a, b))) {
    const known = definitions.get(class_type)?.inputs ?? [];
    const set = (field: string, value: unknown, why: string): void => {
      inputs[field] = value;
      remarks.push([id, `'${field}' is ${JSON.stringify(value)}: ${why}`]);
    };
    for (const input of known) {
      const value = ownValue(input);
      // ComfyUI refuses what is not there; its page would send this one.
      if (input.isRequired && inputs[input.name] === undefined && value !== undefined)
        set(input.name, value, 'the file is older than this input, and that is its default');
    }
    for (const [field, value] of Object.entries(inputs)) {
      const isFile = known.some(({ name, folders }) => name === field && folders);
      if (typeof value === 'string' && value.includes('\\') && isFile)
        set(field, value.replaceAll('\\', '/'), 'the image is Linux');
      else if (Number.isInteger(value) && !Number.isSafeInteger(value))
        set(field, Number(value) % Number.MAX_SAFE_INTEGER, 'JSON holds whole numbers up to 2^53');
    }
  }
  return { graph, remarks };
}

const ownValue = (input: InputDefinition): unknown =>
  isValueInput(input) && !input.folders ? (input.default ?? input.choices?.[0]) : undefined;
