/** Options of photos, as the command line names them: `sharpen=3.alpha:0..1`. */
import { UsageError } from '../../common/errors.ts';
import type { Workflow } from '../../contract/workflow.ts';
import type { Option } from '../../contract/workflow-option.ts';
import { isLink, nodeAt, type Graph } from './graph/graph.ts';
import { isValueInput, type Definitions } from './nodes/definitions.ts';

/** `NODE.FIELD`; ids of nodes in subgraphs have colons, and names of inputs may have dots. */
export interface Place {
  node: string;
  field: string;
}

/** @throws UsageError */
export function parsePlace(option: string, text: string, graph: Graph): Place {
  const [, node = '', field = ''] = /^([^.]+)\.(.+)$/.exec(text) ?? [];
  const inputs = nodeAt(graph, node)?.inputs;
  if (field === '') throw new UsageError(`${option} '${text}': expected NODE.FIELD, such as 3.image.`);
  if (!inputs)
    throw new UsageError(
      `${option} '${text}': the graph has no node '${node}' (${Object.keys(graph).join(', ')}).`,
    );
  if (Object.hasOwn(inputs, field)) return { node, field };
  throw new UsageError(
    `${option} '${text}': node '${node}' has no input '${field}' (${Object.keys(inputs).join(', ')}).`,
  );
}

const NAME = /^[a-z][a-z0-9-]*$/;

/** Parts of `NAME=NODE.FIELD:MIN..MAX`; ids of nodes may have colons. */
function parts(text: string): { name: string; at: string; limits: string[] } {
  const [name = '', ...rest] = text.split('=');
  const place = rest.join('=');
  const colon = place.lastIndexOf(':');
  const limits = colon < 0 ? [] : place.slice(colon + 1).split('..');
  return limits.length === 2 ? { name, at: place.slice(0, colon), limits } : { name, at: place, limits: [] };
}

/** @throws UsageError */
export function parseOption(
  text: string,
  graph: Graph,
  definitions: Definitions,
): [name: string, option: Option] {
  const { name, at, limits } = parts(text);
  if (!NAME.test(name) || at === '')
    throw new UsageError(
      `--option '${text}': expected NAME=NODE.FIELD or NAME=NODE.FIELD:MIN..MAX, the name in lowercase letters, digits and hyphens.`,
    );
  const [from, to] = limits;
  const { node, field } = parsePlace('--option', at, graph);
  const fault = (why: string) => new UsageError(`--option '${text}': ${why}`);
  const { class_type, inputs } = graph[node]!;
  if (isLink(inputs[field])) throw fault(`input '${field}' of node ${node} comes from another node.`);
  const input = definitions.get(class_type)?.inputs.find((one) => one.name === field);
  if (input && !isValueInput(input)) throw fault(`input '${field}' of node ${node} has no value.`);
  if (input?.type === 'COMBO') {
    const choices = (input.choices ?? []).filter((choice) => typeof choice === 'string');
    if (from !== undefined) throw fault(`'${field}' is a choice (${choices.join(', ')}), without MIN..MAX.`);
    if (choices.length === 0)
      throw fault(`'${field}' is a choice of files: it cannot be an option of photos.`);
    return [name, { node, field, choices }];
  }
  const isNumber = input ? ['INT', 'FLOAT'].includes(input.type) : typeof inputs[field] === 'number';
  if (!isNumber) throw fault(`'${field}' is neither a number nor a choice.`);
  const [min, max] = [bound(from, input?.min), bound(to, input?.max)];
  if (min === undefined || max === undefined) throw fault(`'${field}' has no limits: add :MIN..MAX.`);
  if (min >= max) throw fault(`${min} is not below ${max}.`);
  if (min < (input?.min ?? min) || max > (input?.max ?? max))
    throw fault(`'${field}' takes ${input?.min} to ${input?.max}.`);
  return [name, { node, field, min, max, ...(input?.type === 'INT' && { whole: true }) }];
}

/** Limits beyond this are none: ComfyUI states the largest number of a type. */
const NO_LIMIT = 2 ** 31;

function bound(text: string | undefined, own: number | undefined): number | undefined {
  if (text !== undefined) return text.trim() === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
  return own !== undefined && Math.abs(own) < NO_LIMIT ? own : undefined;
}

/** @throws UsageError */
export function parseOptions(texts: string[], graph: Graph, definitions: Definitions): Workflow['options'] {
  const options: Workflow['options'] = {};
  for (const text of texts) {
    const [name, option] = parseOption(text, graph, definitions);
    if (name in options) throw new UsageError(`--option: '${name}' is given twice.`);
    options[name] = option;
  }
  return options;
}
