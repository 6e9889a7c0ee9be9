/** Outcomes as a table for a terminal. */
import type { Outcome } from './outcome.ts';

const number = (value: number | null | undefined, digits: number) =>
  value === null || value === undefined ? '-' : value.toFixed(digits);

const COLUMNS: [heading: string, cell: (outcome: Outcome) => string][] = [
  ['policy', (one) => one.policy],
  ['mean s', ({ wait }) => number(wait.mean, 1)],
  ['p50', ({ wait }) => number(wait.p50, 1)],
  ['p95', ({ wait }) => number(wait.p95, 1)],
  ['p99', ({ wait }) => number(wait.p99, 1)],
  ['max', ({ wait }) => number(wait.max, 0)],
  ['over slo s', ({ overSlo }) => number(overSlo.seconds, 0)],
  ['GPU h', (one) => number(one.gpuHours, 2)],
  ['USD', (one) => number(one.usd, 2)],
  ['x bound', ({ bound, gpuHours }) => number(bound?.gpuHours ? gpuHours / bound.gpuHours : null, 2)],
  ['peak', ({ fleet }) => number(fleet.peak, 0)],
  ['out/in', ({ actions }) => `${number(actions.out, 0)}/${number(actions.in, 0)}`],
];

/** One line of facts about trace and world, then a row for each outcome. */
export function table(outcomes: Outcome[]): string {
  const [first] = outcomes;
  if (!first) return '';
  const rows = outcomes.map((one) => COLUMNS.map(([, cell]) => cell(one)));
  const widths = COLUMNS.map(([heading], k) =>
    Math.max(heading.length, ...rows.map((row) => row[k]?.length ?? 0)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, k) => (k === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[k] as number)))
      .join('  ');
  const changes = Object.entries(first.with).map(([key, value]) => `${key} ${value}`);
  const world = [`${first.world} world`, ...changes].join(', ');
  const bound = first.bound
    ? first.bound.gpuHours === null
      ? `; no fleet within the limits waits ${first.bound.at} s or less`
      : `; at least ${number(first.bound.gpuHours, 2)} GPU h for a mean wait of ${first.bound.at} s`
    : '';
  return [
    `${first.trace}: ${Math.round(first.jobs)} jobs, ${world}${bound}`,
    line(COLUMNS.map(([heading]) => heading)),
    ...rows.map(line),
  ].join('\n');
}
