/** Classifies what ComfyUI reports about a prompt: whose fault a failure is. Pure. */
import type { Workflow } from '../../contract/workflow.ts';
import {
  InstanceFault,
  NotFinite,
  PermanentFault,
  TransientFault,
  WorkflowRefused,
} from '../photo/faults.ts';
import { lastingCause } from '../photo/lasting.ts';
import type { HistoryEntry, OutputFile, Submission } from './schemas.ts';

/** Raised by the decoder of the loader node: the picture is at fault. */
const PICTURE_EXCEPTIONS = /UnidentifiedImageError|DecompressionBombError/;

/**
 * The fault in ComfyUI's reply to a prompt; undefined when the whole graph was accepted.
 *
 * The graph is the same for every photo, so a refusal means that ComfyUI lacks a node or a model. Only a refusal by the
 * loader alone is about this attempt: its file is gone since ComfyUI was restarted on an empty disk meanwhile.
 */
export function submissionFault({ error, nodeErrors }: Submission, workflow: Workflow): Error | undefined {
  const nodes = Object.entries(nodeErrors);
  if (!error && nodes.length === 0) return undefined;
  const details = nodes.flatMap(([id, { errors }]) =>
    errors.map((e) => `node ${id}: ${e.type}: ${e.message}: ${e.details}`),
  );
  const text = [error ? `${error.type}: ${error.message} ${error.details}` : 'part of the graph', ...details];
  const message = `ComfyUI refused the workflow: ${text.join('; ')}`;
  const isLoaderOnly =
    nodes.length > 0 &&
    nodes.every(
      ([id, { errors }]) =>
        id === workflow.input.node && errors.every((e) => e.type === 'custom_validation_failed'),
    );
  return isLoaderOnly ? new TransientFault(message) : new WorkflowRefused(message);
}

/**
 * The one picture of a prompt that has ended.
 *
 * @throws the fault of a prompt that failed, or that succeeded without exactly one picture
 */
export function resultFile(entry: HistoryEntry, workflow: Workflow): OutputFile {
  if (entry.status.status_str !== 'success') throw executionFault(entry, workflow);
  const images = entry.outputs[workflow.output.node]?.images ?? [];
  const [file] = images;
  if (!file || images.length !== 1) {
    throw new InstanceFault(`ComfyUI reported success with ${images.length} pictures instead of one`);
  }
  return file;
}

function executionFault({ status }: HistoryEntry, workflow: Workflow): Error {
  const [kind, details] = status.messages.at(-1) ?? ['no message', {}];
  const text = (field: string) => {
    const value = details[field];
    return typeof value === 'string' ? value.trim() : '';
  };
  if (kind === 'execution_interrupted') {
    return new TransientFault(`ComfyUI interrupted the workflow at node ${text('node_id')}`);
  }
  const exception = `${text('exception_type')}: ${text('exception_message')}`;
  const cause = new Error(`node ${text('node_id')} (${text('node_type')}): ${exception}`);
  // Whichever node raised it.
  const lasting = lastingCause(exception);
  if (lasting !== undefined) return new InstanceFault(`ComfyUI failed: ${lasting}`, { cause });
  if (PICTURE_EXCEPTIONS.test(text('exception_type'))) {
    return new PermanentFault(
      'cannot-be-coloured',
      'The workflow cannot read this photo, although it is a valid picture.',
      { cause },
    );
  }
  if (/^(FloatingPoint|Arithmetic)Error$/.test(text('exception_type')))
    return new NotFinite('the network computed numbers that are not finite', { cause });
  // Loading and saving fail on files. Any other node holds a model, which is not to be trusted after a failure.
  const isFileNode = [workflow.input.node, workflow.output.node].includes(text('node_id'));
  return isFileNode
    ? new TransientFault('ComfyUI could not load or save the picture', { cause })
    : new InstanceFault('a node of the workflow failed', { cause });
}
