/**
 * How a setting is declared, once: its values, in words too, and its default. Its JSDoc is the description.
 *
 * The type of a stage, its validation, the error text and the rows of the reference pages follow from the declaration.
 */
import { z } from 'zod';

export interface Field<T> {
  readonly schema: z.ZodType<T>;
  /** Values that the schema accepts, as errors and the reference name them. */
  readonly allowed: string;
  /** Absent where it follows from other settings. */
  readonly default?: T;
  /** For command-line help, where there is no JSDoc. */
  readonly description?: string;
}

// With `unknown` no field would fit: a schema's type is in its parameters too.
// oxlint-disable-next-line typescript/no-explicit-any
export type Fields = Record<string, Field<any>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;

/** All values. A mapped type over the declaration's own keys, so that editors show the JSDoc of each. */
export type ValuesOf<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** Values that a user may leave out. */
export type OptionsOf<F extends Fields> = { readonly [K in keyof F]?: ValueOf<F[K]> };

interface Range {
  min: number;
  max: number;
  default?: number;
  description?: string;
  /** Where the limit comes from, for the error text. */
  reason?: string;
}

const because = (reason: string | undefined) => (reason === undefined ? '' : `, ${reason}`);

/** A whole number, limits included. */
export function integer({ min, max, reason, ...rest }: Range): Field<number> {
  const allowed = `a whole number from ${min} to ${max}${because(reason)}`;
  return { schema: z.int(allowed).min(min, allowed).max(max, allowed), allowed, ...rest };
}

/** A number, limits included. */
export function number({ min, max, reason, ...rest }: Range): Field<number> {
  const allowed = `from ${min} to ${max}${because(reason)}`;
  return { schema: z.number(allowed).min(min, allowed).max(max, allowed), allowed, ...rest };
}

/** A number above 0. */
export function positive({ max, reason, ...rest }: Omit<Range, 'min'>): Field<number> {
  const allowed = `above 0 and at most ${max}${because(reason)}`;
  return { schema: z.number(allowed).positive(allowed).max(max, allowed), allowed, ...rest };
}

/** One of some words. */
export function choice<const T extends string>(values: readonly T[], first: NoInfer<T>): Field<T> {
  const allowed = `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  return { schema: z.enum(values, allowed), allowed, default: first };
}

export const flag = (value: boolean): Field<boolean> => ({
  schema: z.boolean('true or false'),
  allowed: 'true or false',
  default: value,
});

/** A text of a form. */
export const text = (form: RegExp, allowed: string, value?: string): Field<string> => ({
  schema: z.string(allowed).regex(form, allowed),
  allowed,
  default: value,
});

/** The schemas of fields, for an object that has them among others. */
export const schemasOf = <F extends Fields>(fields: F) =>
  Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])) as {
    readonly [K in keyof F]: F[K]['schema'];
  };

/** @returns the given values, and the defaults of those that are left out; other properties are left behind */
export const withDefaults = <F extends Fields>(fields: F, given: OptionsOf<F> = {}): ValuesOf<F> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, given[name] ?? field.default]),
  ) as ValuesOf<F>;
