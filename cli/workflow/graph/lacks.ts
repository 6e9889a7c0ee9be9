/** What a ComfyUI lacks for a graph: node classes, model files, values of choices. */
import type { ModelHint, PackHint } from '../editor/convert.ts';
import type { Definitions, InputDefinition, Scalar } from '../nodes/definitions.ts';
import { knownRepository } from '../nodes/packs.ts';
import { byId, isLink, type Graph } from './graph.ts';

/** What the file of the graph says besides. */
export interface Hints {
  /** By class. */
  packs: Map<string, PackHint>;
  models: ModelHint[];
}

/** The ComfyUI that a graph is to run in. */
export interface Reference {
  definitions: Definitions;
  /** Classes that call services over the network. */
  apiNodes: ReadonlySet<string>;
  /** Files by folder of `models/`, besides those that choices list. */
  models: Record<string, string[]>;
  version: string;
}

export type Lack =
  | { kind: 'node'; class: string; nodes: string[]; source: string }
  | { kind: 'model'; file: string; folder: string | undefined; nodes: string[]; url?: string }
  /** A file of the input folder. */
  | { kind: 'input'; file: string; nodes: string[] }
  | { kind: 'value'; value: Scalar; nodes: string[]; input: string; choices: Scalar[] };

const MODEL_FILE = /\.(safetensors|sft|ckpt|pt|pth|bin|onnx|gguf|pkl)$/i;
/** Names of folders that have others now. */
const OLD_FOLDERS = ['clip', 'unet'];
const EMBEDDING = /\bembedding:([\w.\-/\\]+)/g;

/**
 * @param photo input whose file is the photo's
 * @param recorded definitions that name the folders of files
 */
export function lacksOf(
  graph: Graph,
  photo: string,
  reference: Reference,
  recorded: Definitions,
  hints: Hints,
): Lack[] {
  const lacks = new Map<string, Lack>();
  const add = (node: string, lack: Lack): void => {
    const key = JSON.stringify({ ...lack, nodes: undefined });
    const known = lacks.get(key) ?? lack;
    if (!known.nodes.includes(node)) known.nodes.push(node);
    lacks.set(key, known);
  };
  for (const [id, { class_type: name, inputs }] of Object.entries(graph).sort(([a], [b]) => byId(a, b))) {
    const definition = reference.definitions.get(name);
    if (!definition)
      add(id, { kind: 'node', class: name, nodes: [], source: sourceOf(name, reference, hints) });
    for (const [field, value] of Object.entries(inputs)) {
      if (`${id}.${field}` === photo || isLink(value)) continue;
      const input = definition?.inputs.find((one) => one.name === field);
      const folders = input?.folders ?? recorded.get(name)?.inputs.find((one) => one.name === field)?.folders;
      for (const lack of valueLacks(value, input, folders, reference.models, hints)) add(id, lack);
    }
  }
  return [...lacks.values()];
}

function valueLacks(
  value: unknown,
  input: InputDefinition | undefined,
  folders: string[] | undefined,
  models: Record<string, string[]>,
  hints: Hints,
): Lack[] {
  const model = (file: string, folder: string | undefined): Lack => {
    const { url, directory } = hints.models.find(({ name }) => name === file.split('/').at(-1)) ?? {};
    return { kind: 'model', file, folder: directory ?? folder, nodes: [], ...(url !== undefined && { url }) };
  };
  if (typeof value === 'string' && (!input || input.type === 'STRING')) {
    const embeddings = [...value.matchAll(EMBEDDING)].map(([, file = '']) => model(file, 'embeddings'));
    return !input && MODEL_FILE.test(value) ? [model(value, undefined)] : embeddings;
  }
  if (typeof value === 'object' || value === undefined || input?.type !== 'COMBO') return [];
  const choice = value as Scalar;
  const isKnown = input.choices?.includes(choice) ?? true;
  if (isKnown || folders?.some((folder) => models[folder]?.includes(String(choice)))) return [];
  if (folders?.includes('input')) return [{ kind: 'input', file: String(choice), nodes: [] }];
  const folder = folders?.find((name) => !OLD_FOLDERS.includes(name));
  if (folders || MODEL_FILE.test(String(choice))) return [model(String(choice), folder)];
  return [{ kind: 'value', value: choice, nodes: [], input: input.name, choices: input.choices ?? [] }];
}

/** Where a class comes from, as far as the graph's file or its name says. */
function sourceOf(name: string, { apiNodes, version }: Reference, { packs }: Hints): string {
  if (apiNodes.has(name)) return 'calls a service over the network, which an instance does not allow';
  const pack = packs.get(name);
  const repository = pack?.repository ?? knownRepository(name);
  const of = pack?.version === undefined ? '' : ` ${pack.version}`;
  if (pack?.name === 'comfy-core')
    return `ComfyUI's own, saved by version${of || ' unknown'}; the image has ${version}`;
  if (pack?.name !== undefined)
    return `pack '${pack.name}'${of}${repository === undefined ? '' : `, github.com/${repository}`}`;
  return repository === undefined
    ? `not of ComfyUI ${version}; its pack is not known here`
    : `github.com/${repository}`;
}
