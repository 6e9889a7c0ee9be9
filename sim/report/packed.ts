/** Values over time in little room: of what stays the same, the value and how often; most series of a quiet run do. */
import type { Values } from './periods.ts';

export type Packed = (number | null | [value: number | null, times: number])[];

/** Fewer than this in a row take less room as they are. */
const WORTH = 3;
/** Digits that a plot can show; counts keep theirs. */
const DIGITS = 4;

export function packed(values: Values): Packed {
  const rounded = values.map((value) =>
    value === null || Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS)),
  );
  const result: Packed = [];
  for (let k = 0; k < rounded.length;) {
    const value = rounded[k] as number | null;
    let times = 1;
    while (k + times < rounded.length && rounded[k + times] === value) times++;
    if (times >= WORTH) result.push([value, times]);
    else for (let left = times; left > 0; left--) result.push(value);
    k += times;
  }
  return result;
}

export const unpacked = (packed: Packed): Values =>
  packed.flatMap((one) => (Array.isArray(one) ? Array<number | null>(one[1]).fill(one[0]) : [one]));
