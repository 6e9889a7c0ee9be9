/** The command line of `npm run simulate`. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { changesIn, InputError, numberIn, pairsIn, type WorldChanges, type WorldName } from './world.ts';

const COMMANDS = ['run', 'compare', 'tune', 'estimates', 'fit'] as const;
export type Command = (typeof COMMANDS)[number];

export interface Options {
  command: Command;
  trace: string;
  /** None was named. */
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
  /** Leave the bound out, which takes longer than a run. */
  noBound: boolean;
  help: boolean;
  /** Files of `fit`, folder of `estimates`. */
  files: string[];
  /** Of `fit`. */
  out?: string;
}

const OPTIONS = {
  trace: { type: 'string' },
  policy: { type: 'string', default: 'slo' },
  set: { type: 'string', multiple: true, default: [] },
  world: { type: 'string', default: 'clean' },
  with: { type: 'string', multiple: true, default: [] },
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '1' },
  json: { type: 'string' },
  report: { type: 'string' },
  dashboard: { type: 'string' },
  out: { type: 'string' },
  'no-bound': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options'];

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // The first sentence says what is wrong; the rest is advice on how to pass a positional.
    const message = error instanceof Error ? (error.message.split('. ')[0] ?? '') : String(error);
    throw new InputError(
      `${message}: expected one of ${Object.keys(OPTIONS)
        .map((name) => `--${name}`)
        .join(', ')}`,
    );
  }
}

/** @throws InputError with the value given and what is allowed */
export function parseOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const [first = 'run', ...files] = positionals;
  const command = COMMANDS.find((one) => one === first);
  if (!command) throw new InputError(`'${first}' is no command: expected one of ${COMMANDS.join(', ')}`);
  const words = { fit: Infinity, estimates: 1 }[command as string] ?? 0;
  if (files.length > words) throw new InputError(`'${files[words]}' is one word too many`);
  if (values.world !== 'clean' && values.world !== 'real') {
    throw new InputError(`--world is '${values.world}': expected clean or real`);
  }
  if (values.dashboard !== undefined && command !== 'run') {
    throw new InputError(`--dashboard is of one run; the report of compare has that of every rule`);
  }
  return {
    command,
    trace: values.trace ?? 'viral',
    everyTrace: values.trace === undefined,
    policy: values.policy,
    set: pairsIn(values.set.join(',')),
    world: values.world,
    with: changesIn(values.with.join(',')),
    seed: numberIn('--seed', values.seed, 0, 2 ** 31 - 1, true),
    seeds: numberIn('--seeds', values.seeds, 1, 1000, true),
    json: values.json,
    report: values.report,
    dashboard: values.dashboard,
    out: values.out,
    noBound: values['no-bound'],
    help: values.help,
    files,
  };
}
