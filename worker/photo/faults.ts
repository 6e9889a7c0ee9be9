/**
 * What can go wrong with a photo, by what has to happen next. Any other error counts as transient.
 *
 * | class     | the photo                    | the message | this worker                                   |
 * |-----------|------------------------------|-------------|-----------------------------------------------|
 * | permanent | gets its failure record      | deleted     | continues                                     |
 * | transient | is retried after a delay     | returned    | continues                                     |
 * | deadline  | the same                     | returned    | has ended what held the photo                 |
 * | instance  | is retried, by another first | returned    | receives nothing until it is ready again      |
 */
import type { FailureCode } from '../../contract/failure.ts';
import { describeError } from '../telemetry/log.ts';

/** The photo is at fault: no attempt on any instance would succeed. */
export class PermanentFault extends Error {
  override readonly name = 'PermanentFault';

  /** @param message for the uploader: what is wrong with the photo and what is allowed; no internal path or host */
  constructor(
    readonly code: Exclude<FailureCode, 'retries-exhausted'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The next attempt may succeed. */
export class TransientFault extends Error {
  override readonly name: string = 'TransientFault';
}

/** This instance is at fault, and would fail the next photo too. */
export class InstanceFault extends Error {
  override readonly name: string = 'InstanceFault';
}

/** ComfyUI lacks a node or a model of the workflow. */
export class WorkflowRefused extends InstanceFault {
  override readonly name = 'WorkflowRefused';
}

/** ComfyUI did not answer in time; it may only be busy. */
export class ComfyuiTimeout extends InstanceFault {
  override readonly name = 'ComfyuiTimeout';
}

/** The connection to ComfyUI failed: it has ended or has not started. */
export class ComfyuiUnreachable extends InstanceFault {
  override readonly name = 'ComfyuiUnreachable';
}

/** ComfyUI has lost a prompt: it was restarted. */
export class PromptLost extends TransientFault {
  override readonly name = 'PromptLost';
}

/** A prompt did not end in time: the thread that runs prompts may hang. */
export class PromptTimeout extends InstanceFault {
  override readonly name = 'PromptTimeout';
}

/** The network has computed numbers that are not finite. */
export class NotFinite extends InstanceFault {
  override readonly name = 'NotFinite';
}

/** A fault as it travels between processes, where errors lose their class. */
export interface SerializedFault {
  kind: 'permanent' | 'transient' | 'instance' | 'other';
  code?: PermanentFault['code'] | undefined;
  message: string;
  /** Messages of the error's causes, for the log. */
  cause?: string | undefined;
}

const kindOf = (error: unknown): SerializedFault['kind'] => {
  if (error instanceof PermanentFault) return 'permanent';
  if (error instanceof TransientFault) return 'transient';
  return error instanceof InstanceFault ? 'instance' : 'other';
};

export function serializeFault(error: unknown): SerializedFault {
  const cause = error instanceof Error ? error.cause : undefined;
  return {
    kind: kindOf(error),
    code: error instanceof PermanentFault ? error.code : undefined,
    message: error instanceof Error ? error.message : String(error),
    cause: cause === undefined ? undefined : describeError(cause),
  };
}

export function deserializeFault({ kind, code, message, cause }: SerializedFault): Error {
  const options = cause === undefined ? undefined : { cause: new Error(cause) };
  if (kind === 'permanent' && code !== undefined) return new PermanentFault(code, message, options);
  if (kind === 'transient') return new TransientFault(message, options);
  if (kind === 'instance') return new InstanceFault(message, options);
  return new Error(message, options);
}
