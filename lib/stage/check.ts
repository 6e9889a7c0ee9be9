/** How settings are checked: every wrong one is named, with the value given and what is allowed. */
import type { Fields } from '../../contract/field.ts';

/** A rule about a setting that depends on others. */
export interface Rule<V> {
  /** The setting to change, then the others. The rule applies where each of them is valid by itself. */
  readonly of: readonly [keyof V & string, ...(keyof V & string)[]];
  readonly holds: (values: V) => boolean;
  readonly allowed: (values: V) => string;
}

/** A token of the CDK: text, an element that stands for a list, and a number with these first bits (its `lib/core/lib/private/encoding`). */
const TOKEN_TEXT = /[$#]\{Token\[/;
const TOKEN_BITS = 0xfbff;

/**
 * Whether a value, or one in it, is known only at deploy: that of a parameter, of a function such as `Fn.select`, or a lazy one. Without the CDK,
 * which commands that read stages have not.
 */
export function hasToken(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return TOKEN_TEXT.test(value);
    case 'number': {
      const view = new DataView(new ArrayBuffer(8));
      view.setFloat64(0, value);
      return view.getUint16(0) === TOKEN_BITS;
    }
    case 'object': {
      if (value === null) return false;
      if (typeof (value as { resolve?: unknown }).resolve === 'function') return true;
      return Object.entries(value).some(([key, one]) => hasToken(key) || hasToken(one));
    }
    default:
      return false;
  }
}

export const TOKEN_REFUSED = 'a value that the synth knows; a token is known only at deploy';

/** A value as a message shows it. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.join(', ')}]`;
  if (typeof value === 'string') return `'${value}'`;
  // JSON has no NaN and no Infinity.
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'undefined');
}

/** @returns a line for each value that is known only at deploy */
export const tokensIn = (values: object): string[] =>
  Object.entries(values)
    .filter(([, value]) => hasToken(value))
    .map(([name]) => `${name} token: ${TOKEN_REFUSED}`);

/**
 * A value that is known only at deploy is not judged.
 *
 * @param known whether a value can be judged: not where it may be left out
 * @returns a line for each value that is not allowed
 */
export function problemsOf<V extends object>(
  fields: Fields,
  rules: readonly Rule<V>[],
  values: Partial<V>,
  known: (name: string) => boolean = () => true,
): string[] {
  const given = values as Record<string, unknown>;
  const judged = Object.keys(fields).filter((name) => name in given && known(name) && !hasToken(given[name]));
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
