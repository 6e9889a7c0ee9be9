/**
 * `simulate figures [FOLDER]`: updates the tables of docs/scaling-figures.md, for the synthetic traces and every CSV in the
 * folder. Tables of other traces stay as they are.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UserError } from '../common/errors.ts';
import { needCheckout } from '../common/checkout.ts';
import { comparisonOf } from './commands/compare.ts';
import { cheapest, leastRegret, regretOf, type Comparison, type Point } from './compare.ts';
import { optionsOf } from './options.ts';
import type { Progress } from './progress.ts';
import { csvFiles } from './traffic/trace.ts';
import { TRACE_SERVICE_SECONDS } from './world.ts';
import { boundText, differing, number } from './output.ts';
import { printLine } from '../common/terminal.ts';

/** Synthetic traces, each with the number of seeds that its figures average. */
const SYNTHETIC: [trace: string, seeds: number][] = [
  ['viral', 10],
  ['day', 3],
  ['quiet', 3],
  ['steps', 3],
  ['season', 1],
];

const marker = (name: string, end: '' | '/') => `<!-- ${end}figures: ${name} -->`;

/** Replaces the section of the document between two markers. */
export function replaced(text: string, name: string, made: string): string {
  const from = text.indexOf(marker(name, ''));
  const to = text.indexOf(marker(name, '/'));
  if (from < 0 || to < from)
    throw new UserError(`docs/scaling-figures.md has no place for '${name}': expected ${marker(name, '')}`);
  return `${text.slice(0, from)}${marker(name, '')}\n\n${made}\n\n${text.slice(to)}`;
}

const row = (cells: string[]) => `| ${cells.join(' | ')} |`;

/** The comparison as Markdown: a line about trace and bound, the policies, and the frontier. */
export function markdown(comparison: Comparison): string {
  const { bound, leastSum, plan, policies, slo, seeds, jobs } = comparison;
  const at = bound.find((point) => point.at === slo);
  const least = at?.gpuHours ?? null;
  const facts = [
    `${Math.round(jobs).toLocaleString('en')} jobs${seeds > 1 ? `, means of ${seeds} seeds` : ''}`,
    boundText(least, slo),
    ...(plan ? [`its plan, replayed: ${number(plan.gpuHours, 2)} GPU h at ${number(plan.mean, 1)} s`] : []),
  ];
  const cells = (name: string, point: Point, settings: string) => {
    const { wait, gpuHours } = point.measures;
    const regret = number(regretOf(point.measures, leastSum), 2);
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
  const rows = policies.flatMap(({ policy, usual, tuned, keeps }) => [
    ...(usual ? [cells(`\`${policy}\``, usual, 'default')] : []),
    ...(tuned && tuned !== usual
      ? [cells(usual ? (keeps ? 'tuned' : 'least wait') : `\`${policy}\``, tuned, differing(tuned, usual))]
      : []),
  ]);
  const words = new Set(['policy', 'settings']);
  const head = (names: string[]) =>
    `${row(names)}\n${row(names.map((name) => (words.has(name) ? '---' : '---:')))}`;
  const frontier = policies.map(({ policy, points }) =>
    row([
      `\`${policy}\``,
      ...bound.map((one) => number(cheapest(points, one.at)?.measures.gpuHours, 1)),
      number(leastRegret(points, leastSum), 2),
    ]),
  );
  return [
    `${facts.join('; ')}.`,
    '',
    head(['policy', 'mean s', 'p95 s', 'GPU h', '× bound', 'regret', 'settings']),
    ...rows,
    '',
    'Fewest GPU hours of any setting tried, for a mean wait of at most; and the least regret of any:',
    '',
    head(['policy', ...bound.map((one) => `${one.at} s`), 'regret']),
    row(['bound', ...bound.map((one) => number(one.gpuHours, 1)), '1.00']),
    ...frontier,
  ].join('\n');
}

/** @param folder whose CSVs are traces */
export async function figures(folder: string | undefined, progress: Progress): Promise<void> {
  const document = join(
    needCheckout('simulate figures', 'docs/scaling-figures.md'),
    'docs',
    'scaling-figures.md',
  );
  const files = folder === undefined ? [] : (await csvFiles(folder)).map((name) => join(folder, name));
  const traces: [name: string, trace: string, seeds: number][] = [
    ...SYNTHETIC.map(([name, seeds]): [string, string, number] => [name, name, seeds]),
    ...files.map((file): [string, string, number] => [basename(file, '.csv'), file, 1]),
  ];
  for (const [name, trace, seeds] of traces) {
    const comparison = await comparisonOf(
      optionsOf({ trace, seeds, with: [`service=${TRACE_SERVICE_SECONDS}`] }),
      progress,
    );
    progress.clear();
    writeFileSync(document, replaced(readFileSync(document, 'utf8'), name, markdown(comparison)));
    printLine(`${name}: written to docs/scaling-figures.md`);
  }
}
