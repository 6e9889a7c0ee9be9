/** Formats numbers, times and columns. */
export const UNKNOWN = 'unknown';

/** 40 s, 3 min, 2 h. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

export const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

/** A number, or `unknown`. */
export const known = (value: number | null | undefined): string =>
  value === null || value === undefined ? UNKNOWN : String(value);

/** 14:03:05 UTC, with the date when it is not today's. */
export function clockTime(at: number, now: number): string {
  const [day, time] = isoOf(at).split('T') as [string, string];
  const plain = time.replace(/(\.\d+)?Z$/, '');
  return day === isoOf(now).slice(0, day.length) ? plain : `${day} ${plain}`;
}

/** @param at epoch seconds */
export const isoOf = (at: number): string => new Date(Math.round(at * 1000)).toISOString();

/** 2026-07-31 14:03:05 UTC */
export const utc = (at: number): string => `${isoOf(at).slice(0, 19).replace('T', ' ')} UTC`;

/** 4 s, 3 min, 2 h, 3 days. */
export const span = (seconds: number): string =>
  seconds < 172_800 ? duration(seconds) : `${Math.round(seconds / 86_400)} days`;

/** Two significant decimals: 0.012, 0.5, 12. */
export function number(value: number, digits = 2): string {
  if (value === 0 || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  const decimals = size >= 10 ? digits - 1 : size >= 1 ? digits : digits + Math.ceil(-Math.log10(size));
  const text = value.toFixed(Math.max(0, decimals));
  if (!text.includes('.')) return text;
  let end = text.length;
  while (text[end - 1] === '0') end--;
  return text.slice(0, text[end - 1] === '.' ? end - 1 : end);
}

/** USD 1.23; more decimals below a cent. */
export const usd = (value: number): string =>
  `USD ${value !== 0 && Math.abs(value) < 0.01 ? number(value) : value.toFixed(2)}`;

/** Columns side by side, each as wide as its widest cell. */
export function columns(rows: string[][], indent = '  '): string[] {
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => (row[k] ?? '').length)));
  return rows.map((row) =>
    `${indent}${row.map((cell, k) => cell.padEnd(widths[k] ?? 0)).join('  ')}`.trimEnd(),
  );
}
