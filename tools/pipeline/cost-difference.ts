/** Compares the figures of two outputs of `ddcolor-elastic cost --json`. */

export interface CostRow {
  figure: string;
  /** Undefined for a figure that did not exist. */
  before: number | undefined;
  after: number | undefined;
}

/** Changed figures, or why they are unknown. */
export type CostDifference = { rows: CostRow[] } | { unknown: string };

/** Relative differences below this are rounding. */
const SAME = 1e-6;
/** Fields that identify a member of a list; its index would change by an insertion. */
const NAMES = ['name', 'id', 'label', 'what', 'type'];

/** @returns every number of a document by its path */
export function figures(value: unknown, path: string[] = []): Map<string, number> {
  if (typeof value === 'number') return new Map([[path.join(' / '), value]]);
  if (typeof value !== 'object' || value === null) return new Map();
  const members = Array.isArray(value)
    ? value.map((member: unknown, i): [string, unknown] => [nameOf(member) ?? String(i + 1), member])
    : Object.entries(value);
  return new Map(members.flatMap(([name, member]) => [...figures(member, [...path, name])]));
}

function nameOf(member: unknown): string | undefined {
  if (typeof member !== 'object' || member === null) return undefined;
  const values = NAMES.map((name) => (member as Record<string, unknown>)[name]);
  return values.find((value): value is string => typeof value === 'string');
}

export function costDifference(before: unknown, after: unknown): CostRow[] {
  const was = figures(before);
  const is = figures(after);
  return [...new Set([...was.keys(), ...is.keys()])]
    .map((figure) => ({ figure, before: was.get(figure), after: is.get(figure) }))
    .filter(({ before: a, after: b }) => a === undefined || b === undefined || !near(a, b));
}

const near = (a: number, b: number) => Math.abs(a - b) <= SAME * Math.max(Math.abs(a), Math.abs(b));
