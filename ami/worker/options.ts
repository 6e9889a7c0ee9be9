/** What a photo chooses for itself, among what its workflow lets it. */
import type { Option, Workflow } from '../../contract/workflow.ts';
import { PermanentFault } from './faults.ts';

/** Values by the option's name. */
export type Options = Record<string, string | number>;

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
  const refuse = (allowed: string) => {
    const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
    return new PermanentFault('bad-option', `The option '${name}' is '${shown}'; allowed is ${allowed}.`);
  };
  if ('choices' in option) {
    if (option.choices.includes(text)) return text;
    throw refuse(option.choices.join(', '));
  }
  const { min, max, whole = false } = option;
  const value = Number(text);
  // Number() takes more for a number than people do: nothing, 0x10, 1e3.
  const good =
    /^-?\d+(\.\d+)?$/.test(text) && value >= min && value <= max && (!whole || Number.isInteger(value));
  if (good) return value;
  throw refuse(`a ${whole ? 'whole number' : 'number'} from ${min} to ${max}`);
}
