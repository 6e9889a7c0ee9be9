/** Options that the simulator's commands share. */
import { Option } from 'commander';
import { wholeNumber, type CommandLine } from '../common/command-line.ts';
import { SYNTHETIC } from './traffic/synthetic.ts';
import { parseChanges, parsePairs, WORLDS, type WorldChanges, type WorldName } from './world.ts';

export interface Options {
  trace: string;
  /** Whether --trace was not given. */
  everyTrace: boolean;
  policy: string;
  set: [string, string][];
  world: WorldName;
  with: WorldChanges & { bucket?: number };
  seed: number;
  /** How many seeds, from `seed` on. */
  seeds: number;
  json?: string;
  report?: string;
  /** Of `run`. */
  dashboard?: string;
  /** Skip the bound, which takes longer than a run. */
  noBound: boolean;
  /** Files of `fit`, folder of `estimates`. */
  files: string[];
  /** Of `estimates`: made-up surges in place of traces. */
  surges?: number;
  /** Of `fit`. */
  out?: string;
}

const DEFAULT_TRACE = 'viral';

/** What commander has parsed. */
export interface Values {
  trace?: string;
  policy?: string;
  set?: string[];
  world?: WorldName;
  with?: string[];
  seed?: number;
  seeds?: number;
  json?: string;
  report?: string;
  dashboard?: string;
  surges?: number;
  bound?: boolean;
  out?: string;
}

const repeated = (text: string, before: string[] = []) => [...before, text];

export const json = () => new Option('--json <file>', 'write the figures; - for the standard output');

export const withRunOptions = (command: CommandLine): CommandLine =>
  command
    .option(
      '--trace <trace>',
      `a CSV file (header t, or t,arrivals), or one of ${SYNTHETIC.join(', ')} (default: ${DEFAULT_TRACE}); viral has at most 24 instances and quiet may have none, unless --with says otherwise`,
    )
    .option('--policy <name>', "the scaling policy, see 'simulate policies'", 'slo')
    .addOption(new Option('--set <k=v,...>', 'settings of the policy; can be repeated').argParser(repeated))
    .addOption(
      new Option(
        '--world <name>',
        'article: jobs of 6 s, one at a time; clean and real: the lanes of the worker, without or with noise and faults',
      )
        .choices(WORLDS)
        .default('clean'),
    )
    .addOption(
      new Option(
        '--with <k=v,...>',
        "settings of the world, see 'simulate policies'; can be repeated",
      ).argParser(repeated),
    )
    .addOption(
      new Option('--seed <n>', 'of all random numbers').default(1).argParser(wholeNumber(0, 2 ** 31 - 1)),
    )
    .addOption(
      new Option('--seeds <n>', 'as many runs, with seeds from --seed on, and their means')
        .default(1)
        .argParser(wholeNumber(1, 1000)),
    )
    .addOption(json())
    .option('--report <file>', 'write a page with plots, one HTML file that needs no network')
    .option('--no-bound', 'skip the lower bound, which takes longer than a run');

/** @throws UserError with the value given and what is allowed */
export const optionsOf = (values: Values, files: string[] = []): Options => ({
  trace: values.trace ?? DEFAULT_TRACE,
  everyTrace: values.trace === undefined,
  policy: values.policy ?? 'slo',
  set: parsePairs((values.set ?? []).join(',')),
  world: values.world ?? 'clean',
  with: parseChanges((values.with ?? []).join(',')),
  seed: values.seed ?? 1,
  seeds: values.seeds ?? 1,
  json: values.json,
  report: values.report,
  dashboard: values.dashboard,
  out: values.out,
  surges: values.surges,
  noBound: values.bound === false,
  files,
});
