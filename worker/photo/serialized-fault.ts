/** Faults as they travel between threads, where classes are lost. */
import { InstanceFault, PermanentFault, TransientFault } from './faults.ts';
import { describeError } from '../telemetry/log.ts';

export interface SerializedFault {
  kind: 'permanent' | 'transient' | 'infra' | 'other';
  code: PermanentFault['code'] | undefined;
  message: string;
  /** What led to it, for the log. */
  cause: string | undefined;
}

export function serializeFault(error: unknown): SerializedFault {
  const message = error instanceof Error ? error.message : String(error);
  const inner = error instanceof Error ? error.cause : undefined;
  const cause = inner === undefined ? undefined : describeError(inner);
  const code = error instanceof PermanentFault ? error.code : undefined;
  const kind =
    error instanceof PermanentFault
      ? 'permanent'
      : error instanceof TransientFault
        ? 'transient'
        : error instanceof InstanceFault
          ? 'infra'
          : 'other';
  return { kind, code, message, cause };
}

export function deserializeFault({ kind, code, message, cause }: SerializedFault): Error {
  const options = cause === undefined ? undefined : { cause: new Error(cause) };
  if (kind === 'permanent' && code !== undefined) return new PermanentFault(code, message, options);
  if (kind === 'transient') return new TransientFault(message, options);
  if (kind === 'infra') return new InstanceFault(message, options);
  return new Error(message, options);
}
