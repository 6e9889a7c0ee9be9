/** Checks of option values that several commands share. */
import { UserError } from './errors.ts';

/** @throws UserError unless `text` is a whole number from `low` to `high` */
export function wholeNumber(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= low && value <= high) return value;
  throw new UserError(`${name} '${text}' is not a whole number from ${low} to ${high}.`);
}
