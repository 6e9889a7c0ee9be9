/**
 * Errors of a machine that last: the next photo would meet them too, so that they are the instance's, whichever step reports them.
 * Python puts the number of an error of the system in brackets, Node its name in `code`; both have its text.
 */
import { InstanceFault } from './faults.ts';

/** What is wrong, by what the error says. errno(3). */
const LASTING: readonly [what: string, pattern: RegExp][] = [
  ['its GPU failed', /CUDA|cuDNN|cuBLAS|NVML/i],
  [
    'it has no memory left',
    /out of memory|OutOfMemory|MemoryError|ENOMEM|\[Errno 12\]|Cannot allocate memory|can't allocate memory|bad_alloc/i,
  ],
  ['its disk is full', /ENOSPC|EDQUOT|\[Errno (28|122)\]|No space left on device|Disk quota exceeded/i],
  ['its disk is read-only', /EROFS|\[Errno 30\]|Read-only file system/i],
  ['its disk fails', /\bEIO\b|\[Errno 5\]|Input\/output error/i],
  ['it has too many open files', /EMFILE|ENFILE|\[Errno 2[34]\]|Too many open files/i],
  ['it starts no more threads', /^EAGAIN$|can't start new thread|unable to create thread/i],
  ['a file may not be read or written', /EACCES|EPERM|\[Errno (1|13)\]|PermissionError/],
  [
    'a module is missing',
    /ModuleNotFoundError|ImportError|No module named|cannot open shared object file|ERR_MODULE_NOT_FOUND/,
  ],
];

/** Of the causes of an error. */
const MAX_DEPTH = 5;

/** @returns what is wrong with the machine; undefined where the text does not say that */
export const lastingCause = (text: string): string | undefined =>
  LASTING.find(([, pattern]) => pattern.test(text))?.[0];

/** @returns the same of an error of the worker itself or of one of its causes, by the code that Node gives it */
export function lastingCauseOf(error: unknown): string | undefined {
  let cause = error;
  for (let depth = 0; depth < MAX_DEPTH && cause instanceof Error; depth++, cause = cause.cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const found = typeof code === 'string' ? lastingCause(code) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @returns an InstanceFault in place of an error of the worker's own machine that lasts; any other error as it is */
export function ofThisInstance(error: unknown): unknown {
  const what = error instanceof InstanceFault ? undefined : lastingCauseOf(error);
  return what === undefined
    ? error
    : new InstanceFault(`this instance is at fault: ${what}`, { cause: error });
}
