/** Where two answers of `ddcolor-elastic cost --json` differ, whatever figures they have. */

export interface CostRow {
  figure: string;
  /** Undefined where there is no such figure. */
  before: number | undefined;
  after: number | undefined;
}

/** Figures that moved, or the reason why nothing can be said. */
export type CostDifference = { rows: CostRow[] } | { unknown: string };

/** Differences below this part of a figure are rounding. */
const SAME = 1e-6;
/** What names a member of a list, rather than its place, which an insertion shifts. */
const NAMES = ['name', 'id', 'label', 'what', 'type'];

/** Every number of a document, by its path. */
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
