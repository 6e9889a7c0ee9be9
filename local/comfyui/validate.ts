/**
 * Validates a prompt, with the error texts of ComfyUI 0.3.64.
 *
 * As in ComfyUI:
 * - One valid output is enough: the prompt is accepted, and invalid branches are dropped with `node_errors` set.
 * - Only nodes that an output needs are checked.
 * - A node's error can be reported for the node that links to it.
 */
import { item, PythonError, type Graph, type Link } from './graph.ts';
import type { InputConfig, NodeClass } from './nodes.ts';

export interface Problem {
  type: string;
  message: string;
  details: string;
  extra_info: Record<string, unknown>;
}

export interface NodeProblems {
  errors: Problem[];
  dependent_outputs: string[];
  class_type: string;
}

export interface Validation {
  /** Why no output can be executed. */
  error?: Problem;
  /** Valid output nodes. */
  outputs: string[];
  nodeErrors: Record<string, NodeProblems>;
}

export interface ValidationContext {
  classes: Record<string, NodeClass>;
  /** Whether an input file of this name exists. */
  imageExists: (name: string) => boolean;
}

type Checked = Map<string, { valid: boolean; reasons: Problem[] }>;

const problem = (
  type: string,
  message: string,
  details = '',
  extra_info: Record<string, unknown> = {},
): Problem => ({ type, message, details, extra_info });

const exceptionInfo = (error: PythonError) => ({
  exception_message: error.message,
  exception_type: error.type,
  traceback: ['  File "execution.py", in validate_inputs\n'],
});

export function validate(prompt: Graph, { classes, imageExists }: ValidationContext): Validation {
  const none = (error: Problem, nodeErrors: Validation['nodeErrors'] = {}) => ({
    error,
    outputs: [],
    nodeErrors,
  });
  const outputs: string[] = [];
  for (const [id, node] of Object.entries(prompt)) {
    if (node.class_type === undefined) {
      const text = 'Cannot execute because a node is missing the class_type property.';
      return none(problem('invalid_prompt', text, `Node ID '#${id}'`));
    }
    const known = classes[node.class_type];
    if (!known) {
      const text = `Cannot execute because node ${node.class_type} does not exist.`;
      return none(problem('invalid_prompt', text, `Node ID '#${id}'`));
    }
    if (known.isOutput) outputs.push(id);
  }
  if (outputs.length === 0) return none(problem('prompt_no_outputs', 'Prompt has no outputs'));

  const checked: Checked = new Map();
  const nodeErrors: Validation['nodeErrors'] = {};
  const good: string[] = [];
  const texts: string[] = [];
  for (const output of outputs) {
    try {
      checkNode(prompt, output, checked, { classes, imageExists });
    } catch (error) {
      const cause = asPythonError(error);
      const reason = problem(
        'exception_during_validation',
        'Exception when validating node',
        cause.message,
        exceptionInfo(cause),
      );
      checked.set(output, { valid: false, reasons: [reason] });
    }
    const { valid, reasons } = checked.get(output) ?? { valid: false, reasons: [] };
    if (valid) {
      good.push(output);
      continue;
    }
    texts.push(...reasons.map(({ message, details }) => `${message}: ${details}`));
    for (const [id, result] of checked) {
      if (result.valid || result.reasons.length === 0) continue;
      nodeErrors[id] ??= {
        errors: result.reasons,
        dependent_outputs: [],
        class_type: prompt[id]?.class_type ?? '',
      };
      nodeErrors[id].dependent_outputs.push(output);
    }
  }
  if (good.length > 0) return { outputs: good, nodeErrors };
  const text = 'Prompt outputs failed validation';
  return none(problem('prompt_outputs_failed_validation', text, texts.join('\n')), nodeErrors);
}

/** Checks a node and its ancestors. @throws PythonError where ComfyUI's validation raises */
function checkNode(prompt: Graph, id: string, checked: Checked, knowledge: ValidationContext): boolean {
  const before = checked.get(id);
  if (before) return before.valid;
  const node = item(prompt, id);
  const inputs = item({ ...node }, 'inputs') as Record<string, unknown>;
  const known = item(knowledge.classes, node.class_type ?? '');
  const reasons: Problem[] = [];
  let valid = true;
  for (const [name, config] of Object.entries(known.required)) {
    const value = inputs[name];
    if (value === undefined) {
      reasons.push(
        problem('required_input_missing', 'Required input is missing', name, { input_name: name }),
      );
    } else if (Array.isArray(value)) {
      const found = checkLink(prompt, name, config, value, checked, knowledge);
      if (typeof found === 'object') reasons.push(found);
      else valid &&= found;
    } else {
      const found = checkValue(name, config, value, known.validates === name);
      if (found) reasons.push(found);
      else if (config[0] === 'INT') inputs[name] = Math.trunc(Number(value));
    }
  }
  if (known.validates !== undefined) {
    const name = known.validates;
    if (!(name in inputs)) {
      const text = `${node.class_type}.VALIDATE_INPUTS() missing 1 required positional argument: '${name}'`;
      throw new PythonError('TypeError', text);
    }
    const value = String(inputs[name]);
    if (!knowledge.imageExists(value)) {
      const text = `${name} - Invalid image file: ${value}`;
      const info = { input_name: name };
      reasons.push(problem('custom_validation_failed', 'Custom validation failed for node', text, info));
    }
  }
  valid &&= reasons.length === 0;
  checked.set(id, { valid, reasons });
  return valid;
}

/** @returns the link's problem, or whether the linked node is valid */
function checkLink(
  prompt: Graph,
  name: string,
  config: InputConfig,
  value: unknown[],
  checked: Checked,
  knowledge: ValidationContext,
): Problem | boolean {
  const info = { input_name: name, input_config: config };
  if (value.length !== 2) {
    const text = 'Bad linked input, must be a length-2 list of [node_id, slot_index]';
    return problem('bad_linked_input', text, name, { ...info, received_value: value });
  }
  const [target, slot] = value as Link;
  const received = item(knowledge.classes, item(prompt, String(target)).class_type ?? '').output[slot];
  if (received === undefined) throw new PythonError('IndexError', 'tuple index out of range');
  if (received !== config[0]) {
    const text = `${name}, received_type(${received}) mismatch input_type(${String(config[0])})`;
    const more = { ...info, received_type: received, linked_node: value };
    return problem('return_type_mismatch', 'Return type mismatch between linked nodes', text, more);
  }
  try {
    return checkNode(prompt, target, checked, knowledge);
  } catch (error) {
    const cause = asPythonError(error);
    const more = { ...info, ...exceptionInfo(cause), linked_node: value };
    const text = 'Exception when validating inner node';
    const reason = problem('exception_during_inner_validation', text, cause.message, more);
    checked.set(target, { valid: false, reasons: [reason] });
    return false;
  }
}

/** @param ownCheck whether the class has its own VALIDATE_INPUTS for the value */
function checkValue(
  name: string,
  config: InputConfig,
  value: unknown,
  ownCheck: boolean,
): Problem | undefined {
  const [type, options = {}] = config;
  const info = { input_name: name, input_config: config, received_value: value };
  if (type === 'INT' && !isIntegral(value)) {
    const text = `invalid literal for int() with base 10: '${String(value)}'`;
    const more = { ...info, exception_message: text };
    const details = `${name}, ${String(value)}, ${text}`;
    return problem('invalid_input_type', 'Failed to convert an input value to a INT value', details, more);
  }
  if (ownCheck) return undefined;
  const { min, max } = options as { min?: number; max?: number };
  const number = type === 'INT' ? Math.trunc(Number(value)) : Number(value);
  if (min !== undefined && number < min) {
    return problem('value_smaller_than_min', `Value ${number} smaller than min of ${min}`, name, info);
  }
  if (max !== undefined && number > max) {
    return problem('value_bigger_than_max', `Value ${number} bigger than max of ${max}`, name, info);
  }
  if (Array.isArray(type) && !type.includes(value as string)) {
    const list = `[${type.map((choice) => `'${choice}'`).join(', ')}]`;
    const details = `${name}: '${String(value)}' not in ${list}`;
    return problem('value_not_in_list', 'Value not in list', details, info);
  }
  return undefined;
}

/** Whether Python's int() accepts the value. */
const isIntegral = (value: unknown) =>
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value));

function asPythonError(error: unknown): PythonError {
  if (error instanceof PythonError) return error;
  throw error;
}
