/** How a workflow declares the options of photos. */
import { z } from 'zod';
import type { ChoiceOption, OptionText, PhotoOption } from './photo-option.ts';

export const optionText = z.strictObject({
  en: z.string().min(1).max(300),
  'zh-CN': z.string().min(1).max(300),
});

const words = {
  /**
   * Name of its control on the page.
   *
   * @default - the option's name
   */
  label: optionText.optional(),
  /**
   * What it does, in a sentence or two.
   *
   * @default - none
   */
  description: optionText.optional(),
};

/** A node's input, in every graph of the workflow. */
const input = { node: z.string(), field: z.string() };

/** A number for an input of a node. */
const numberSchema = z.object({
  ...words,
  ...input,
  min: z.number(),
  max: z.number(),
  /** @default false */
  whole: z.boolean().optional(),
});

/** One of several values for an input of a node. */
const valuesSchema = z.object({ ...words, ...input, choices: z.array(z.string()).min(1) });

/** One of several names, each of which sets inputs of nodes. */
const namesSchema = z.strictObject({
  ...words,
  /** The choice that the graph has without the option: its inputs are the graph's own. */
  default: z.string(),
  choices: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/),
    z.strictObject({
      ...words,
      sets: z.array(z.strictObject({ ...input, value: z.union([z.string(), z.number()]) })).min(1),
      /**
       * Side in pixels of the square at which chroma is computed: that of the chroma path.
       *
       * @default the workflow's `chroma.size`
       */
      size: z.number().int().min(32).max(4096).optional(),
    }),
  ),
});

/** Percent of the chroma that is merged with the photo's lightness, which ComfyUI does not see. */
const mergeSchema = z.strictObject({
  ...words,
  merge: z.literal('strength'),
  min: z.number().min(0).default(0),
  max: z.number().max(100).default(100),
  default: z.number().min(0).max(100).default(100),
});

export const optionSchema = z.union([numberSchema, valuesSchema, namesSchema, mergeSchema]);

export type Option = z.infer<typeof optionSchema>;
export type Named = z.infer<typeof namesSchema>;

export const isNamed = (option: Option): option is Named =>
  'choices' in option && !Array.isArray(option.choices);

interface Declared {
  graph: Record<string, { inputs: Record<string, unknown> }>;
  options: Record<string, Option>;
}

/** Inputs of nodes that a value sets. */
export function inputsOf(option: Option, value: string | number) {
  if ('merge' in option) return [];
  if ('node' in option) return [{ node: option.node, field: option.field, value }];
  return option.choices[value]?.sets ?? [];
}

/** Every input that an option may set. */
export const settable = (option: Option): { node: string; field: string }[] => {
  if ('merge' in option) return [];
  return 'node' in option ? [option] : Object.values(option.choices).flatMap(({ sets }) => sets);
};

const WORDS = new Set(['label', 'description']);
/** A choice may have such a name. */
const isText = (value: unknown): boolean => optionText.safeParse(value).success;

/** Without the words for people, which a worker needs none of: its settings have little room. */
export const withoutWords = (options: Declared['options']): Declared['options'] =>
  JSON.parse(JSON.stringify(options), (key, value: unknown) =>
    WORDS.has(key) && isText(value) ? undefined : value,
  ) as Declared['options'];

const plain = (name: string): OptionText => ({ en: name, 'zh-CN': name });

/** The options as clients are offered them. */
export const photoOptions = ({ graph, options }: Declared): PhotoOption[] =>
  Object.entries(options).map(([name, option]) => {
    const { label = plain(name), description } = option;
    const described = { name, label, ...(description && { description }) };
    if ('merge' in option) {
      const { merge, min, max } = option;
      return { ...described, kind: 'number', merge, min, max, whole: true, default: option.default };
    }
    const own = 'node' in option ? graph[option.node]?.inputs[option.field] : undefined;
    if ('min' in option) {
      const { min, max, whole = false } = option;
      return { ...described, kind: 'number', min, max, whole, default: typeof own === 'number' ? own : min };
    }
    if ('node' in option) {
      const choices = option.choices.map((value) => ({ value, label: plain(value) }));
      const value = option.choices.find((one) => one === own) ?? option.choices[0]!;
      return { ...described, kind: 'choice', choices, default: value };
    }
    return { ...described, kind: 'choice', choices: choicesOf(option), default: option.default };
  });

const choicesOf = ({ choices }: Named): ChoiceOption['choices'] =>
  Object.entries(choices).map(([value, { label = plain(value), description, size }]) => ({
    value,
    label,
    ...(description && { description }),
    ...(size !== undefined && { size }),
  }));
