/**
 * `simulate figures [FOLDER]`: updates the tables of docs/scaling-figures.md, for the synthetic traces and every CSV in the
 * folder. Tables of other traces stay as they are, and so do the rows of policies that are not asked for.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError, UserError } from '../common/errors.ts';
import { needCheckout } from '../common/checkout.ts';
import { comparisonOf } from './commands/compare.ts';
import type { Comparison } from './compare.ts';
import { markdown, ownTable, withRows } from './figures-text.ts';
import { optionsOf } from './options.ts';
import { POLICIES } from './policies/index.ts';
import type { Progress } from './progress.ts';
import { sameWork } from './scenario.ts';
import { isSynthetic } from './traffic/synthetic.ts';
import { csvFiles } from './traffic/trace.ts';
import { worldOf } from './world.ts';
import { printLine } from '../common/terminal.ts';

/** Synthetic traces, each with the number of seeds that its figures average. */
const SYNTHETIC: [trace: string, seeds: number][] = [
  ['viral', 10],
  ['day', 3],
  ['quiet', 3],
  ['steps', 3],
  ['season', 1],
];

/** Left out in the world of the worker: each has more than ten million photos there. */
const TOO_LONG = ['season', 'elb_2014'];

export interface FiguresOptions {
  /** Policies whose rows are made again. @default all */
  names: string[] | undefined;
  /** Names of the traces whose tables are made again. @default all */
  traces?: string[] | undefined;
  /** Of the world of the worker, instead of the world `article`. */
  isOwn: boolean;
}

const marker = (name: string, end: '' | '/') => `<!-- ${end}figures: ${name} -->`;

/** Replaces the section of the document between two markers. */
export function replaced(text: string, name: string, made: string | ((before: string) => string)): string {
  const from = text.indexOf(marker(name, ''));
  const to = text.indexOf(marker(name, '/'));
  if (from < 0 || to < from)
    throw new UserError(`docs/scaling-figures.md has no place for '${name}': expected ${marker(name, '')}`);
  const begin = from + marker(name, '').length;
  const section = typeof made === 'string' ? made : made(text.slice(begin, to).trim());
  return `${text.slice(0, begin)}\n\n${section}\n\n${text.slice(to)}`;
}

/** The names in a list that is separated by commas. */
export const listOf = (text: string | undefined): string[] | undefined =>
  text?.split(',').map((name) => name.trim());

/** @throws UsageError for a policy that is not known */
export function namesOf(text: string | undefined): string[] | undefined {
  const names = listOf(text);
  const known = POLICIES.map(({ name }) => name);
  for (const name of names ?? []) {
    if (!known.includes(name))
      throw new UsageError(`--only is '${name}': expected some of ${known.join(', ')}`);
  }
  return names;
}

interface Traced {
  name: string;
  trace: string;
  seeds: number;
}

/** @throws UsageError for a name that is no trace */
async function tracesOf(folder: string | undefined, wanted: string[] | undefined): Promise<Traced[]> {
  const files = folder === undefined ? [] : (await csvFiles(folder)).map((name) => join(folder, name));
  const all = [
    ...SYNTHETIC.map(([name, seeds]) => ({ name, trace: name, seeds })),
    ...files.map((file) => ({ name: basename(file, '.csv'), trace: file, seeds: 1 })),
  ];
  const known = all.map(({ name }) => name);
  for (const name of wanted ?? []) {
    if (!known.includes(name))
      throw new UsageError(`--traces is '${name}': expected some of ${known.join(', ')}`);
  }
  return wanted ? all.filter(({ name }) => wanted.includes(name)) : all;
}

/** @param folder whose CSVs are traces */
export async function figures(
  folder: string | undefined,
  { names, traces: wanted, isOwn }: FiguresOptions,
  progress: Progress,
): Promise<void> {
  const document = join(
    needCheckout('simulate figures', 'docs/scaling-figures.md'),
    'docs',
    'scaling-figures.md',
  );
  const update = (name: string, made: Parameters<typeof replaced>[2]) =>
    writeFileSync(document, replaced(readFileSync(document, 'utf8'), name, made));
  const traces = await tracesOf(folder, wanted);
  if (isOwn) {
    for (const one of traces.filter(({ name }) => !TOO_LONG.includes(name))) {
      const row = { name: one.name, comparison: await ownComparison(one, names, progress) };
      progress.clear();
      update('own', (before) => ownTable(before, [row]));
      printLine(`${one.name}: written to docs/scaling-figures.md`);
    }
    return;
  }
  for (const { name, trace, seeds } of traces) {
    const comparison = await comparisonOf(optionsOf({ trace, seeds, world: 'article' }), progress, { names });
    progress.clear();
    update(name, names ? (before) => withRows(before, comparison) : markdown(comparison));
    printLine(`${name}: written to docs/scaling-figures.md`);
  }
}

/** At its defaults each, on as many more photos as they are shorter than the jobs of the trace. */
async function ownComparison(
  { trace }: Traced,
  names: string[] | undefined,
  progress: Progress,
): Promise<Comparison> {
  const { worker } = worldOf('clean');
  const isScaled = !isSynthetic(trace) && worker !== undefined;
  const options = optionsOf({ trace, ...(isScaled ? { with: [`photos=${sameWork(worker)}`] } : {}) });
  return comparisonOf(options, progress, { names, isTuned: false });
}
