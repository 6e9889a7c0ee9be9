/** Faults as they travel between threads, where classes are lost. */
import { InfraFault, PermanentFault, TransientFault } from './faults.ts';
import { describeError } from '../telemetry/log.ts';

export interface Packed {
  kind: 'permanent' | 'transient' | 'infra' | 'other';
  code: PermanentFault['code'] | undefined;
  message: string;
  /** What led to it, for the log. */
  cause: string | undefined;
}

export function packed(error: unknown): Packed {
  const message = error instanceof Error ? error.message : String(error);
  const inner = error instanceof Error ? error.cause : undefined;
  const cause = inner === undefined ? undefined : describeError(inner);
  const code = error instanceof PermanentFault ? error.code : undefined;
  const kind =
    error instanceof PermanentFault
      ? 'permanent'
      : error instanceof TransientFault
        ? 'transient'
        : error instanceof InfraFault
          ? 'infra'
          : 'other';
  return { kind, code, message, cause };
}

export function revived({ kind, code, message, cause }: Packed): Error {
  const options = cause === undefined ? undefined : { cause: new Error(cause) };
  if (kind === 'permanent' && code !== undefined) return new PermanentFault(code, message, options);
  if (kind === 'transient') return new TransientFault(message, options);
  if (kind === 'infra') return new InfraFault(message, options);
  return new Error(message, options);
}
