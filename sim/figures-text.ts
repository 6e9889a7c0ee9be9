/** The tables of docs/scaling-figures.md, as Markdown. */
import {
  cheapest,
  leastRegret,
  regretOf,
  type Comparison,
  type Point,
  type PolicyComparison,
} from './compare.ts';
import { boundText, differing, number } from './output.ts';

const row = (cells: string[]) => `| ${cells.join(' | ')} |`;
const WORDS = new Set(['policy', 'settings', 'trace']);
const head = (names: string[]) =>
  `${row(names)}\n${row(names.map((name) => (WORDS.has(name) ? '---' : '---:')))}`;

const leastOf = ({ bound, slo }: Comparison) => bound.find((point) => point.at === slo)?.gpuHours ?? null;

/** Rows of a policy in the first table of a trace: at its defaults and tuned. */
function policyRows({ policy, usual, tuned, keeps }: PolicyComparison, comparison: Comparison): string[] {
  const least = leastOf(comparison);
  const cells = (name: string, point: Point, settings: string) => {
    const { wait, gpuHours } = point.measures;
    const regret = number(regretOf(point.measures, comparison.leastSum), 2);
    const ratio = number(least === null ? null : gpuHours / least, 2);
    return row([
      name,
      number(wait.mean, 1),
      number(wait.p95, 0),
      number(gpuHours, 1),
      ratio,
      regret,
      settings,
    ]);
  };
  return [
    ...(usual ? [cells(`\`${policy}\``, usual, 'default')] : []),
    ...(tuned && tuned !== usual
      ? [cells(usual ? (keeps ? 'tuned' : 'least wait') : `\`${policy}\``, tuned, differing(tuned, usual))]
      : []),
  ];
}

/** The row of a policy in the second table: its cheapest point for each wait. */
const frontierRow = ({ policy, points }: PolicyComparison, leastSum: number | null, waits: number[]) =>
  row([
    `\`${policy}\``,
    ...waits.map((wait) => number(cheapest(points, wait)?.measures.gpuHours, 1)),
    number(leastRegret(points, leastSum), 2),
  ]);

/** The comparison of a trace: a line about trace and bound, the policies, and the frontier. */
export function markdown(comparison: Comparison): string {
  const { bound, leastSum, plan, policies, slo, seeds, jobs } = comparison;
  const facts = [
    `${Math.round(jobs).toLocaleString('en')} jobs${seeds > 1 ? `, means of ${seeds} seeds` : ''}`,
    boundText(leastOf(comparison), slo),
    ...(plan ? [`its plan, replayed: ${number(plan.gpuHours, 2)} GPU h at ${number(plan.mean, 1)} s`] : []),
  ];
  const waits = bound.map(({ at }) => at);
  return [
    `${facts.join('; ')}.`,
    '',
    head(['policy', 'mean s', 'p95 s', 'GPU h', '× bound', 'regret', 'settings']),
    ...policies.flatMap((one) => policyRows(one, comparison)),
    '',
    'Fewest GPU hours of any setting tried, for a mean wait of at most; and the least regret of any:',
    '',
    head(['policy', ...waits.map((wait) => `${wait} s`), 'regret']),
    row(['bound', ...bound.map((one) => number(one.gpuHours, 1)), '1.00']),
    ...policies.map((one) => frontierRow(one, leastSum, waits)),
  ].join('\n');
}

const nameOf = (line: string) => /^\| `([^`]+)` /.exec(line)?.[1];

/** A section that {@link markdown} made, with the rows of the compared policies replaced. */
export function withRows(section: string, comparison: Comparison): string {
  const waits = [...section.matchAll(/ (\d+) s (?=\|)/g)].map(([, wait]) => Number(wait));
  const made: string[] = [];
  let tables = 0;
  let isReplaced = false;
  for (const line of section.split('\n')) {
    if (line.startsWith('| policy ')) tables++;
    const name = nameOf(line);
    const policy = comparison.policies.find((one) => one.policy === name);
    // The second row of a policy, tuned, has no name.
    isReplaced =
      policy !== undefined || (isReplaced && name === undefined && /^\| (tuned|least wait) /.test(line));
    if (!isReplaced) made.push(line);
    if (!policy) continue;
    if (tables === 1) made.push(...policyRows(policy, comparison));
    else made.push(frontierRow(policy, comparison.leastSum, waits));
  }
  return made.join('\n');
}

export interface OwnRow {
  name: string;
  comparison: Comparison;
}

const OWN_HEAD = head(['trace', 'policy', 'mean s', 'p95 s', 'GPU h', '× bound']);

/** The rows of a trace: its bound, then each compared policy. */
function ownRows({ name, comparison }: OwnRow): { bound: string; policies: Map<string, string> } {
  const least = leastOf(comparison);
  const photos = Math.round(comparison.jobs).toLocaleString('en');
  const policies = new Map<string, string>();
  for (const { policy, usual } of comparison.policies) {
    if (!usual) continue;
    const { wait, gpuHours } = usual.measures;
    const ratio = number(least === null ? null : gpuHours / least, 2);
    const cells = [number(wait.mean, 1), number(wait.p95, 0), number(gpuHours, 1), ratio];
    policies.set(policy, row(['', `\`${policy}\``, ...cells]));
  }
  return {
    bound: row([`\`${name}\`, ${photos} photos`, 'bound, 10 s', '10.0', '', number(least, 1), '1.00']),
    policies,
  };
}

const traceOf = (line: string) => /^\| `([^`]+)`, /.exec(line)?.[1];
const policyOf = (line: string) => /^\|\s+\| `([^`]+)` /.exec(line)?.[1];

/**
 * Policies at their defaults in the world of the worker.
 *
 * @param before the table as it is: what is not compared stays
 */
export function ownTable(before: string, compared: OwnRow[]): string {
  const traces = new Map<string, string[]>();
  let rows: string[] = [];
  for (const line of before.split('\n').slice(2)) {
    const trace = traceOf(line);
    if (trace !== undefined) traces.set(trace, (rows = []));
    rows.push(line);
  }
  for (const one of compared) {
    const { bound, policies } = ownRows(one);
    const [, ...kept] = traces.get(one.name) ?? [];
    const others = kept.map((line) => {
      const policy = policyOf(line) ?? '';
      const made = policies.get(policy);
      policies.delete(policy);
      return made ?? line;
    });
    traces.set(one.name, [bound, ...others, ...policies.values()]);
  }
  return [OWN_HEAD, ...[...traces.values()].flat()].join('\n');
}
