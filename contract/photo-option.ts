/** Options of a photo as API, page and command offer them. Plain values, also for browsers: no schema library here. */

import type { Output } from './photo-types.ts';

/** Languages of the page, and of an option's words. */
export const OPTION_LANGUAGES = ['en', 'zh-CN'] as const;
export type OptionText = Readonly<Record<(typeof OPTION_LANGUAGES)[number], string>>;

interface Described {
  /** Also that of the photo's metadata in S3 (`x-amz-meta-<name>`). */
  name: string;
  label: OptionText;
  description?: OptionText | undefined;
}

export interface NumberOption extends Described {
  kind: 'number';
  min: number;
  max: number;
  whole: boolean;
  default: number;
  /**
   * Of an option that ComfyUI does not see: `strength`, percent of the colours that the merge adds. A client that merges the
   * colours itself applies it itself.
   *
   * @default - an input of the graph
   */
  merge?: 'strength' | undefined;
}

export interface OptionChoice {
  value: string;
  label: OptionText;
  description?: OptionText | undefined;
  /**
   * Side in pixels of the square at which colours are computed.
   *
   * @default the workflow's
   */
  size?: number | undefined;
}

export interface ChoiceOption extends Described {
  kind: 'choice';
  choices: readonly OptionChoice[];
  default: string;
}

export type PhotoOption = NumberOption | ChoiceOption;
export type OptionValue = string | number;
/** Values by the option's name. */
export type Options = Record<string, OptionValue>;

/** As metadata of the photo's object. */
export const metadataOf = (values: Options): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

/** What is allowed, as errors name it. */
export function allowedText(option: PhotoOption): string {
  if (option.kind === 'choice') return option.choices.map(({ value }) => value).join(', ');
  const { min, max, whole } = option;
  return `a ${whole ? 'whole number' : 'number'} from ${min} to ${max}`;
}

/** @returns the value as the workflow takes it; undefined for one that is not allowed */
export function allowedValue(option: PhotoOption, given: OptionValue): OptionValue | undefined {
  if (option.kind === 'choice') return option.choices.find(({ value }) => value === String(given))?.value;
  const { min, max, whole } = option;
  const value = Number(given);
  // Number() alone also accepts an empty text and 0x10. An exponent is how metadata have a small number: 1e-7.
  const isNumber = typeof given === 'number' || /^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(given);
  const isAllowed = isNumber && value >= min && value <= max && (!whole || Number.isInteger(value));
  return isAllowed ? value : undefined;
}

/** Longest part of a value in an error. */
const SHOWN = 40;

const shown = (given: OptionValue): string => {
  const text = String(given);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
};

/** Why a value is not allowed: the value, and what is. */
export const refusal = (option: PhotoOption, given: OptionValue): string =>
  `The option '${option.name}' is '${shown(given)}'; allowed is ${allowedText(option)}.`;

/** Percent, where nothing scales the colours. */
export const FULL_STRENGTH = 100;

export const isMerged = (option: PhotoOption): boolean =>
  option.kind === 'number' && option.merge !== undefined;

/**
 * Why a photo cannot have these options; undefined when it can.
 *
 * @param options that the workflow has
 * @param values names and values as a client gave them
 * @param output what the photo becomes
 */
export function optionProblem(
  options: readonly PhotoOption[],
  values: Options,
  output: Output,
): string | undefined {
  for (const [name, value] of Object.entries(values)) {
    const option = options.find((one) => one.name === name);
    const names = options.map((one) => one.name).join(', ') || 'none';
    if (!option) return `There is no option '${shown(name)}'; the options of this workflow: ${names}.`;
    if (allowedValue(option, value) === undefined) return refusal(option, value);
    if (output === 'chroma' && isMerged(option) && Number(value) !== FULL_STRENGTH)
      return `The option '${name}' is '${shown(value)}', and the output 'chroma'; allowed is ${FULL_STRENGTH}: the client that merges a chroma scales it.`;
  }
  return undefined;
}

/**
 * Side of the square at which colours are computed with the options of a photo.
 *
 * @param usual the workflow's
 */
export function sizeWith(options: readonly PhotoOption[], values: Options, usual: number): number {
  for (const option of options) {
    if (option.kind !== 'choice') continue;
    const chosen = option.choices.find(({ value }) => value === values[option.name]);
    if (chosen?.size !== undefined) return chosen.size;
  }
  return usual;
}
