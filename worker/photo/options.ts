/** What a photo chooses for itself, among what its workflow lets it. */
import { OUTPUT_METADATA, OUTPUTS, type Output } from '../../contract/photo-types.ts';
import type { Option, Workflow } from '../../contract/workflow.ts';
import { PermanentFault } from './faults.ts';

/** Values by the option's name. */
export type Options = Record<string, string | number>;

/** All that a photo chooses. */
export interface Choice {
  output: Output;
  options: Options;
}

/**
 * @param metadata of the photo's object
 * @throws PermanentFault for a value that is not allowed, with what is
 */
export const choiceOf = (workflow: Workflow, metadata: Record<string, string>): Choice => ({
  output: outputOf(workflow, metadata),
  options: optionsOf(workflow, metadata),
});

function outputOf({ chroma }: Workflow, metadata: Record<string, string>): Output {
  const text = metadata[OUTPUT_METADATA] ?? 'photo';
  const output = OUTPUTS.find((one) => one === text);
  if (!output) throw refusal(OUTPUT_METADATA, text, OUTPUTS.join(', '));
  // One that makes pictures of another size has none either, by its schema.
  if (output === 'chroma' && !chroma) {
    throw new PermanentFault(
      'bad-option',
      `The option '${OUTPUT_METADATA}' is '${output}', but this workflow gives no chroma; allowed is photo.`,
    );
  }
  return output;
}

/**
 * @param metadata of the photo's object; what the workflow does not know of is somebody else's
 * @throws PermanentFault for a value that is not allowed, with what is
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
    throw refusal(name, text, option.choices.join(', '));
  }
  const { min, max, whole = false } = option;
  const value = Number(text);
  // Number() takes more for a number than people do: nothing, 0x10, 1e3.
  const good =
    /^-?\d+(\.\d+)?$/.test(text) && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (good) return value;
  throw refusal(name, text, `a ${whole ? 'whole number' : 'number'} from ${min} to ${max}`);
}

function refusal(name: string, text: string, allowed: string): PermanentFault {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return new PermanentFault('bad-option', `The option '${name}' is '${shown}'; allowed is ${allowed}.`);
}
