/** Reads a photo's choices from its metadata, within what its workflow allows. */
import {
  COLOURED_PHOTOS,
  COLOURED_PHOTOS_METADATA,
  OUTPUT_METADATA,
  OUTPUTS,
  type ColouredPhotos,
  type Output,
} from '../../contract/photo-types.ts';
import type { Option, Workflow } from '../../contract/workflow.ts';
import { PermanentFault } from './faults.ts';

/** Values by the option's name. */
export type Options = Record<string, string | number>;

export interface Choice {
  output: Output;
  /** @default 'recolour' */
  colouredPhotos?: ColouredPhotos;
  options: Options;
}

/**
 * @param metadata of the photo's object
 * @throws PermanentFault for a value that is not allowed, naming those that are
 */
export const choiceOf = (workflow: Workflow, metadata: Record<string, string>): Choice => ({
  output: outputOf(workflow, metadata),
  ...colouredPhotosOf(metadata),
  options: optionsOf(workflow, metadata),
});

function colouredPhotosOf(metadata: Record<string, string>): Pick<Choice, 'colouredPhotos'> {
  const text = metadata[COLOURED_PHOTOS_METADATA];
  if (text === undefined) return {};
  const colouredPhotos = COLOURED_PHOTOS.find((one) => one === text);
  if (!colouredPhotos) throw badOption(COLOURED_PHOTOS_METADATA, text, COLOURED_PHOTOS.join(', '));
  return { colouredPhotos };
}

function outputOf({ chroma }: Workflow, metadata: Record<string, string>): Output {
  const text = metadata[OUTPUT_METADATA] ?? 'photo';
  const output = OUTPUTS.find((one) => one === text);
  if (!output) throw badOption(OUTPUT_METADATA, text, OUTPUTS.join(', '));
  // The schema allows `chroma` only for a workflow whose pictures keep their size.
  if (output === 'chroma' && !chroma) {
    throw new PermanentFault(
      'bad-option',
      `The option '${OUTPUT_METADATA}' is '${output}', but this workflow gives no chroma; allowed is photo.`,
    );
  }
  return output;
}

/**
 * @param metadata of the photo's object; names that are no option of the workflow are ignored
 * @throws PermanentFault for a value that is not allowed, naming those that are
 */
export function optionsOf(workflow: Workflow, metadata: Record<string, string>): Options {
  const options: Options = {};
  for (const [name, option] of Object.entries(workflow.options)) {
    const text = metadata[name];
    if (text !== undefined) options[name] = valueOf(name, option, text);
  }
  return options;
}

function valueOf(name: string, option: Option, text: string): string | number {
  if ('choices' in option) {
    if (option.choices.includes(text)) return text;
    throw badOption(name, text, option.choices.join(', '));
  }
  const { min, max, whole = false } = option;
  const value = Number(text);
  // Number() alone also accepts an empty text, 0x10 and 1e3.
  const isAllowed =
    /^-?\d+(\.\d+)?$/.test(text) && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (isAllowed) return value;
  throw badOption(name, text, `a ${whole ? 'whole number' : 'number'} from ${min} to ${max}`);
}

function badOption(name: string, text: string, allowed: string): PermanentFault {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return new PermanentFault('bad-option', `The option '${name}' is '${shown}'; allowed is ${allowed}.`);
}
