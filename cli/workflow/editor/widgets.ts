/** Values of a node in the editor's format, which is a list without names: they follow the order of the class's inputs. */
import { isScalar, isValueInput, type InputDefinition, type NodeDefinition } from '../nodes/definitions.ts';
import type { EditorNode } from './document.ts';

/** What cannot be converted, in words that follow the node's name. */
export class Unconvertible extends Error {}

/** What becomes of a value after a prompt; the page saves it behind the value. */
const CONTROLS = new Set<unknown>(['fixed', 'increment', 'decrement', 'randomize']);
/** Old files have whether it is random. */
const isControl = (value: unknown, next: InputDefinition | undefined): boolean =>
  CONTROLS.has(value) || (typeof value === 'boolean' && next?.type !== 'BOOLEAN');

/** The label of the page's upload button. */
const UPLOAD = 'image';

export interface NodeValues {
  values: Map<string, unknown>;
  /** How many values have no input. */
  unknown: number;
}

/** @throws Unconvertible when it is not known to which input a value belongs */
export function nodeValues(node: EditorNode, definition: NodeDefinition | undefined): NodeValues {
  const { widgets_values: listed } = node;
  if (!listed) return { values: new Map(), unknown: 0 };
  if (!Array.isArray(listed)) return { values: new Map(Object.entries(listed)), unknown: 0 };
  return definition ? byDefinition(node, definition, listed) : { values: bySlots(node, listed), unknown: 0 };
}

function byDefinition(node: EditorNode, definition: NodeDefinition, listed: unknown[]): NodeValues {
  const isSlot = ({ name }: InputDefinition) =>
    node.inputs?.some((slot) => slot.name === name && !slot.widget);
  const inputs = definition.inputs.filter((input) => isValueInput(input) && !isSlot(input));
  const uploads = definition.inputs.some(({ isUpload }) => isUpload);
  const lastRequired = inputs.findLastIndex(({ isRequired }) => isRequired);
  const values = new Map<string, unknown>();
  let at = 0;
  for (const [place, input] of inputs.entries()) {
    if (at < listed.length) {
      const value = listed[at++];
      if (value !== null) values.set(input.name, checked(input, value));
      if (input.hasControl && isControl(listed[at], inputs[place + 1])) at++;
    }
    if (uploads && place === lastRequired && listed[at] === UPLOAD) at++;
  }
  const left = listed.slice(at).filter((value) => value !== null && value !== '' && value !== UPLOAD);
  return { values, unknown: left.filter((value) => !CONTROLS.has(value)).length };
}

const FITS: Record<string, (value: unknown) => boolean> = {
  INT: (value) => Number.isInteger(value),
  FLOAT: (value) => typeof value === 'number',
  STRING: (value) => typeof value === 'string',
  BOOLEAN: (value) => typeof value === 'boolean',
  COMBO: (value) => isScalar(value) || Array.isArray(value),
};

/** A value of another type shows that the class has had other inputs when the file was saved. */
function checked({ name, type }: InputDefinition, value: unknown): unknown {
  if (FITS[type]?.(value) ?? true) return value;
  throw new Unconvertible(
    `its values do not follow the inputs of its class: '${name}' (${type}) would be ${JSON.stringify(value)}`,
  );
}

/** Without the class: newer editors list its values among its inputs. */
function bySlots({ inputs }: EditorNode, listed: unknown[]): Map<string, unknown> {
  const names = (inputs ?? []).flatMap(({ widget }) => (widget ? [widget.name] : []));
  const values = listed.filter(
    (value, place) => !(CONTROLS.has(value) && typeof listed[place - 1] === 'number'),
  );
  if (names.length === values.length) return new Map(names.map((name, place) => [name, values[place]]));
  throw new Unconvertible(
    `its class is not known here, and the file does not name its ${listed.length} values`,
  );
}
