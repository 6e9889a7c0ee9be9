/** What the commands print and write: tables, JSON and files. */
import { writeFile } from 'node:fs/promises';
import { UserError } from '../common/errors.ts';
import { cheapest, leastRegret, regretOf, WAITS, type Comparison, type Point } from './compare.ts';
import type { RunResult } from './result.ts';
import { SETTINGS } from './world.ts';
import { jsonText, printable, printText } from '../common/terminal.ts';

export const number = (value: number | null | undefined, digits: number) =>
  value === null || value === undefined ? '-' : value.toFixed(digits);

/** Columns as wide as their content: numbers right-aligned, the columns in `words` left-aligned. */
export function aligned(texts: string[][], words: number[] = [0]): string {
  const rows = texts.map((row) => row.map(printable));
  const widths = (rows[0] ?? []).map((_, k) => Math.max(...rows.map((row) => row[k]?.length ?? 0)));
  const cell = (text: string, k: number) =>
    words.includes(k) ? text.padEnd(widths[k] ?? 0) : text.padStart(widths[k] ?? 0);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}

type Figures = Pick<RunResult, 'wait' | 'overSlo' | 'gpuHours' | 'usd' | 'fleet' | 'actions'>;

const COLUMNS: [heading: string, cell: (figures: Figures, least: number | null) => string][] = [
  ['mean s', ({ wait }) => number(wait.mean, 1)],
  ['p50', ({ wait }) => number(wait.p50, 1)],
  ['p95', ({ wait }) => number(wait.p95, 1)],
  ['p99', ({ wait }) => number(wait.p99, 1)],
  ['max', ({ wait }) => number(wait.max, 0)],
  ['over slo s', ({ overSlo }) => number(overSlo.seconds, 0)],
  ['GPU h', ({ gpuHours }) => number(gpuHours, 2)],
  ['USD', ({ usd }) => number(usd, 2)],
  ['x bound', ({ gpuHours }, least) => number(least === null ? null : gpuHours / least, 2)],
  ['peak', ({ fleet }) => number(fleet.peak, 0)],
  ['out/in', ({ actions }) => `${number(actions.out, 0)}/${number(actions.in, 0)}`],
];
const HEADINGS = COLUMNS.map(([heading]) => heading);
const cells = (figures: Figures, least: number | null) => COLUMNS.map(([, cell]) => cell(figures, least));

type About = Pick<Comparison, 'trace' | 'world' | 'with' | 'jobs'> & { seeds?: number };

function about({ trace, world, with: changes, jobs, seeds = 1 }: About): string {
  const settings = Object.entries(changes).map(([key, value]) => `${key} ${value}`);
  const runs = seeds > 1 ? `, means of ${seeds} seeds` : '';
  return `${printable(trace)}: ${Math.round(jobs)} jobs, ${[`${world} world`, ...settings].join(', ')}${runs}`;
}

/** @param gpuHours lower bound for a mean wait of `at` seconds */
export const boundText = (gpuHours: number | null, at: number) =>
  gpuHours === null
    ? `no fleet between min and max reaches a mean wait of ${at} s`
    : `at least ${number(gpuHours, 2)} GPU h for a mean wait of ${at} s`;

/** A line for each pool of a fleet that has two, at the price of its market, and one for volumes. */
export function poolsText({ pools }: Pick<RunResult, 'pools'>): string {
  if (!pools) return '';
  const rows = [
    ['pool', 'GPU h', 'USD', 'launches'],
    ...(['spot', 'onDemand'] as const).map((name) => {
      const { gpuHours, usd, launches } = pools[name];
      const label = name === 'spot' ? 'Spot' : 'on demand';
      return [label, number(gpuHours, 2), number(usd, 2), number(launches, 0)];
    }),
    ['volumes of the fast tier', '', number(pools.volumesUsd, 2), ''],
  ];
  return `\n${aligned(rows)}`;
}

/** A line about the bulk lane, where there is one. */
export function bulkText({ bulk, with: changes }: Pick<RunResult, 'bulk' | 'with'>): string {
  if (!bulk) return '';
  const { jobs, withinDeadline, longest } = bulk;
  const deadline = changes.bulkDeadline ?? SETTINGS.bulkDeadline.clean;
  return `\nbulk: ${number(jobs, 0)} photos, ${number(100 * withinDeadline, 1)} % within ${deadline} s, the last after ${number(longest, 0)} s`;
}

/** A line about trace and world, then a row for each result. */
export function table(results: RunResult[]): string {
  const [first] = results;
  if (!first) return '';
  const rows = results.map((one) => [one.policy, ...cells(one, one.bound?.gpuHours ?? null)]);
  const bound = first.bound ? `; ${boundText(first.bound.gpuHours, first.bound.at)}` : '';
  return `${about(first)}${bound}\n${aligned([['policy', ...HEADINGS], ...rows])}`;
}

/** Settings of a point that differ from the defaults. */
export function differing(point: Point, usual: Point | undefined): string {
  const changed = Object.entries(point.settings).filter(([key, value]) => usual?.settings[key] !== value);
  return changed.map(([key, value]) => `${key}=${value}`).join(',') || 'default';
}

/** All policies at their defaults and tuned, then the frontier: the least cost of each for a mean wait. */
export function comparisonTables(comparison: Comparison): string {
  const { bound, leastSum, plan, policies, slo } = comparison;
  const at = bound.find((point) => point.at === slo);
  const hours = at?.gpuHours ?? null;
  const regret = (value: number | null) => number(value, 2);
  const figures = ({ measures }: Point) => [...cells(measures, hours), regret(regretOf(measures, leastSum))];
  const rows: string[][] = [];
  for (const { policy, usual, tuned, keeps } of policies) {
    if (usual) rows.push([policy, ...figures(usual), 'default']);
    if (!tuned || tuned === usual) continue;
    const name = usual ? `  ${keeps ? 'tuned' : 'least wait'}` : policy;
    rows.push([name, ...figures(tuned), differing(tuned, usual)]);
  }
  const waits = bound.length > 0 ? bound.map((point) => point.at) : WAITS;
  const costs = policies.map(({ policy, points }) => [
    policy,
    ...waits.map((wait) => number(cheapest(points, wait)?.measures.gpuHours, 2)),
    regret(leastRegret(points, leastSum)),
  ]);
  const parts = [about(comparison)];
  if (at) parts.push(boundText(at.gpuHours, slo));
  if (plan)
    parts.push(`its plan, replayed: ${number(plan.gpuHours, 2)} GPU h, mean wait ${number(plan.mean, 1)} s`);
  return [
    parts.join('; '),
    '',
    aligned([['policy', ...HEADINGS, 'regret', 'settings'], ...rows], [0, HEADINGS.length + 2]),
    '',
    'Frontier: fewest GPU h of all settings tried for a mean wait of at most this, and the least regret of all',
    aligned([
      ['policy', ...waits.map((wait) => `${wait} s`), 'regret'],
      ...(bound.length > 0 ? [['bound', ...bound.map((point) => number(point.gpuHours, 2)), regret(1)]] : []),
      ...costs,
    ]),
  ].join('\n');
}

/** Writes a file. @throws UserError when it cannot be written */
export async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
  }
}

/** Writes the JSON of `--json`. @returns whether it went to the standard output */
export async function writeJson({ json }: { json?: string }, result: unknown): Promise<boolean> {
  if (json === undefined) return false;
  const text = jsonText(result, 2);
  if (json === '-') printText(text);
  else await write(json, `${text}\n`);
  return json === '-';
}
