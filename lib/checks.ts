/** How a rule is written that rejects nonsense at synth, and how it is told. Without the CDK: commands read rules too. */
import type { Stage } from './stage-config.ts';

/** About values by their names in a stage, which are those of the constructs' props. */
export interface Rule<K extends keyof Stage = keyof Stage> {
  /** All that it looks at. */
  readonly of: readonly K[];
  readonly broken: (values: Pick<Stage, K>) => boolean;
  readonly message: (values: Pick<Stage, K>) => string;
}

/** A value as a message shows it. */
export function shown(value: Stage[keyof Stage]): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A rule about values that its message shows, with what may be. */
export const rule = <K extends keyof Stage>(
  of: K[],
  good: (values: Pick<Stage, K>) => boolean,
  allowed: string,
): Rule<K> => ({
  of,
  broken: (values) => !good(values),
  message: (values) => `${of.map((name) => `${name} ${shown(values[name])}`).join(', ')}: ${allowed}`,
});

/** The same, about one value. */
export const one = <K extends keyof Stage>(
  name: K,
  good: (value: Stage[K]) => boolean,
  allowed: string,
): Rule<K> => rule([name], (values) => good(values[name]), allowed);

/** The same, about one value beside others, on which it depends what may be. */
export const beside = <K extends keyof Stage, L extends keyof Stage>(
  name: K,
  others: L[],
  good: (values: Pick<Stage, K | L>) => boolean,
  allowed: (values: Pick<Stage, K | L>) => string,
): Rule<K | L> => ({
  of: [name, ...others],
  broken: (values) => !good(values),
  message: (values) => `${name} ${shown(values[name])}: ${allowed(values)}`,
});

export const isWhole = (value: number, low: number, high: number) =>
  Number.isInteger(value) && value >= low && value <= high;

export const whole = (low: number, high: number) => (value: number) => isWhole(value, low, high);

/** What a construct throws that finds its props to be nonsense. @param path of the construct */
export const refused = (path: string, problems: string[]) =>
  new Error(`construct '${path}' cannot be built:\n  ${problems.join('\n  ')}`);
