/**
 * How exactly the network of this instance computes: the first of its workflow's steps that colours the test picture right.
 * A step that does not is left for good: the device would compute the same again.
 */
import type { Workflow } from '../../contract/workflow.ts';
import { NotFinite } from '../photo/faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { CanaryMismatch } from './canary.ts';

export class Precision {
  private constructor(
    private readonly steps: readonly string[],
    private index: number,
  ) {}

  /** Starts at the workflow's first step. */
  static first({ chroma }: Pick<Workflow, 'chroma'>): Precision {
    return new Precision(chroma?.precision?.steps ?? [], 0);
  }

  /** Has only the last step, the most exact one. */
  static last({ chroma }: Pick<Workflow, 'chroma'>): Precision {
    return new Precision((chroma?.precision?.steps ?? []).slice(-1), 0);
  }

  /** Undefined for a workflow without steps. */
  get current(): string | undefined {
    return this.steps[this.index];
  }

  /** Takes the next step. @returns whether there was one */
  fallBack(): boolean {
    if (this.index + 1 >= this.steps.length) return false;
    this.index++;
    return true;
  }
}

/** Whether another precision may give other numbers. */
const isOfNumbers = (error: unknown): boolean =>
  error instanceof CanaryMismatch || error instanceof NotFinite;

/**
 * Wraps a check so that it is repeated with the next precision while colours are wrong or numbers are not finite.
 *
 * @param report is called for each step that is left
 */
export function withPrecision<Args extends unknown[], T>(
  check: (...args: Args) => Promise<T>,
  precision: Precision,
  log: Log,
  report: () => void = () => undefined,
): (...args: Args) => Promise<T> {
  return async (...args) => {
    for (;;) {
      const from = precision.current;
      try {
        return await check(...args);
      } catch (error) {
        if (!isOfNumbers(error) || !precision.fallBack()) throw error;
        log('warn', 'precision-changed', { from, to: precision.current, reason: describeError(error) });
        report();
      }
    }
  };
}
