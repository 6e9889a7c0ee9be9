/** Definitions of ComfyUI's node classes: what `/object_info` reports, reduced to what a graph is checked by. */
import { z } from 'zod';

export type Scalar = string | number | boolean;

export interface InputDefinition {
  name: string;
  /** Type of a link or of a value; `COMBO` for a choice. */
  type: string;
  isRequired: boolean;
  default?: unknown;
  min?: number;
  max?: number;
  /** Values of a `COMBO`. */
  choices?: Scalar[];
  /** Folders of `models/`, or `input`, whose files a `COMBO` lists too. */
  folders?: string[];
  /** The page adds a button that uploads a picture to the input folder. */
  isUpload: boolean;
  /** The page adds a value that says what becomes of this one after a prompt. */
  hasControl: boolean;
  /** Of a type that could be a value, but only linked. */
  isOnlyLinked: boolean;
}

export interface NodeDefinition {
  inputs: InputDefinition[];
  /** Types of the outputs. */
  outputs: string[];
  isOutput: boolean;
  /** Python module: `custom_nodes.<folder>` for nodes that are not ComfyUI's own. */
  module: string | undefined;
}

export type Definitions = ReadonlyMap<string, NodeDefinition>;

const specSchema = z.tuple([z.unknown()], z.unknown());
const groupSchema = z.record(z.string(), specSchema);
const infoSchema = z.object({
  input: z.object({ required: groupSchema.nullish(), optional: groupSchema.nullish() }).partial(),
  input_order: z.record(z.string(), z.array(z.string())).nullish(),
  output: z.array(z.unknown()),
  output_node: z.boolean().nullish(),
  python_module: z.string().nullish(),
});

const optionsSchema = z.looseObject({
  min: z.number().optional().catch(undefined),
  max: z.number().optional().catch(undefined),
  options: z.array(z.unknown()).optional().catch(undefined),
  folders: z.array(z.string()).optional().catch(undefined),
});

/** @param info what `/object_info` returns. @returns definitions by class, without entries of another form */
export function parseObjectInfo(info: Record<string, unknown>): Map<string, NodeDefinition> {
  const definitions = new Map<string, NodeDefinition>();
  for (const [name, entry] of Object.entries(info)) {
    const parsed = infoSchema.safeParse(entry);
    if (parsed.success) definitions.set(name, definitionOf(parsed.data));
  }
  return definitions;
}

function definitionOf({
  input,
  input_order,
  output,
  output_node,
  python_module,
}: z.infer<typeof infoSchema>) {
  const group = (key: 'required' | 'optional') => {
    const specs = Object.entries(input[key] ?? {});
    const order = input_order?.[key] ?? [];
    const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
    const sorted = specs.sort(([a], [b]) => place(a) - place(b));
    return sorted.map(([name, spec]) => inputOf(name, spec, key === 'required'));
  };
  return {
    inputs: [...group('required'), ...group('optional')],
    outputs: output.map(typeOf),
    isOutput: output_node ?? false,
    module: python_module ?? undefined,
  };
}

const typeOf = (type: unknown): string => (Array.isArray(type) ? 'COMBO' : String(type));

/** Inputs of these names get the control also without being declared so. */
const SEEDS = ['seed', 'noise_seed'];

function inputOf(name: string, [type, given]: [unknown, ...unknown[]], isRequired: boolean): InputDefinition {
  const options = optionsSchema.safeParse(given).data ?? {};
  const { min, max, folders } = options;
  const listed = Array.isArray(type) ? (type as unknown[]) : options.options;
  return {
    name,
    type: typeOf(type),
    isRequired,
    ...('default' in options && { default: options['default'] }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(listed && { choices: listed.filter(isScalar) }),
    ...(folders && { folders }),
    isUpload: options['image_upload'] === true,
    hasControl: options['control_after_generate'] === true || (type === 'INT' && SEEDS.includes(name)),
    isOnlyLinked: options['forceInput'] === true,
  };
}

export const isScalar = (value: unknown): value is Scalar =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** Types whose value is part of the node; inputs of all others are links. */
const VALUE_TYPES = new Set(
  'INT FLOAT STRING BOOLEAN COMBO COLOR WEBCAM AUDIO_RECORD LOAD_3D LOAD_3D_ANIMATION'.split(' '),
);

export const isValueInput = ({ type, isOnlyLinked }: InputDefinition): boolean =>
  VALUE_TYPES.has(type) && !isOnlyLinked;

/** Whether an output of one type may be linked to an input of another; both may list several, and `*` is any. */
export function accepts(input: string, output: string): boolean {
  const types = input.split(',');
  return input === '*' || output === '*' || output.split(',').every((type) => types.includes(type));
}
