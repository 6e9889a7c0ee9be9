/** How settings are checked: every wrong one is named, with the value given and what is allowed. */
import type { Fields } from '../../contract/field.ts';

/** A rule about a setting that depends on others. */
export interface Rule<V> {
  /** The setting to change, then the others. The rule applies where each of them is valid by itself. */
  readonly of: readonly [keyof V & string, ...(keyof V & string)[]];
  readonly holds: (values: V) => boolean;
  readonly allowed: (values: V) => string;
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  // JSON has no NaN and no Infinity.
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'undefined');
}

/**
 * @param known whether a value can be judged: not where it is left out, or known only at deploy
 * @returns a line for each value that is not allowed
 */
export function problemsOf<V extends object>(
  fields: Fields,
  rules: readonly Rule<V>[],
  values: Partial<V>,
  known: (name: string) => boolean = () => true,
): string[] {
  const given = values as Record<string, unknown>;
  const judged = Object.keys(fields).filter((name) => name in given && known(name));
  const wrong = new Map(judged.map((name) => [name, problemsOfField(fields, name, given[name])] as const));
  const valid = (name: string) => wrong.get(name)?.length === 0;
  const broken = rules
    .filter(({ of, holds }) => of.every(valid) && !holds(values as V))
    .map(({ of: [name], allowed }) => `${name} ${shown(given[name])}: ${allowed(values as V)}`);
  return [...[...wrong.values()].flat(), ...broken];
}

/** Of a setting that has settings of its own, such as a policy, the wrong ones. */
function problemsOfField(fields: Fields, name: string, value: unknown): string[] {
  const field = fields[name]!;
  const { error } = field.schema.safeParse(value);
  if (!error) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${name} ${shown(value)}: ${field.allowed}`];
  }
  const lines = error.issues.map(({ path, message }) => {
    const inner = path.reduce<unknown>((one, key) => (one as Record<PropertyKey, unknown>)?.[key], value);
    return `${[name, ...path].join('.')} ${shown(inner)}: ${path.length === 0 ? field.allowed : message}`;
  });
  return [...new Set(lines)];
}

/** A line for each name that is no field, with the nearest field. */
export const unknownFields = (fields: Fields, values: object): string[] =>
  Object.keys(values)
    .filter((name) => !(name in fields))
    .map((name) => `${name}: there is no such setting; the nearest is ${nearest(name, Object.keys(fields))}`);

/** The name with the fewest letters to change. */
const nearest = (name: string, names: string[]): string =>
  names.reduce((best, one) => (distance(name, one) < distance(name, best) ? one : best));

/** Levenshtein distance, without regard to case. */
function distance(from: string, to: string): number {
  const [a, b] = [from.toLowerCase(), to.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, k) => k);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
