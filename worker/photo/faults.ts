/**
 * What can go wrong with a photo, by what has to happen next. Anything else that is thrown counts as transient.
 *
 * | class     | the photo                  | the message  | this worker                        |
 * |-----------|----------------------------|--------------|------------------------------------|
 * | permanent | gets its end in `failed/`  | deleted      | goes on                            |
 * | transient | waits for its next receive | given back   | goes on                            |
 * | infra     | waits for its next receive | given back   | takes no photo until it passes its |
 * |           |                            |              | readiness check again              |
 */
import type { FailureCode } from '../../contract/failure.ts';

/** The photo is at fault: no attempt on any machine would end otherwise. */
export class PermanentFault extends Error {
  override readonly name = 'PermanentFault';

  /** @param message for people: what is wrong with the photo and what would be right; no path or host of ours */
  constructor(
    readonly code: Exclude<FailureCode, 'retries-exhausted'>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Bad luck: the next attempt may well succeed. */
export class TransientFault extends Error {
  override readonly name: string = 'TransientFault';
}

/** This machine is at fault, and would fail the next photo too. */
export class InstanceFault extends Error {
  override readonly name: string = 'InstanceFault';
}

/** ComfyUI took longer than we wait for one answer; it may only be busy. */
export class ComfyuiTimeout extends InstanceFault {
  override readonly name = 'ComfyuiTimeout';
}

/** There is no ComfyUI to answer: it has ended, or not begun. */
export class ComfyuiUnreachable extends InstanceFault {
  override readonly name = 'ComfyuiUnreachable';
}
