/** What the command lines of all operator commands have in common. */
import { parseArgs } from 'node:util';
import { UsageError } from '../../common/errors.ts';
import { stackName } from '../../contract/names.ts';

/** What is operated on. */
export interface Target {
  stage: string;
  /** Name of its CloudFormation stack. */
  stack: string;
  /** @default - that of the AWS configuration */
  region: string | undefined;
  /** Whether it is what `npm start` runs on this machine. */
  local: boolean;
}

/** As bin/app.ts. */
const DEFAULT_STAGE = 'dev';
const LOCAL_STAGE = 'local';

const COMMON = {
  stage: { type: 'string' },
  local: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;
const OF_AWS = {
  stack: { type: 'string' },
  region: { type: 'string' },
} as const;

export const STAGE_HELP = `  --stage NAME     which stage (default ${DEFAULT_STAGE})`;
export const JSON_HELP = `  --json           one JSON object, and nothing else
  --help           this text`;
/** Lines of help on the options that all have. */
export const COMMON_HELP = `${STAGE_HELP}
  --stack NAME     its CloudFormation stack (default DDColorElastic-<stage>)
  --region R       default: that of your AWS configuration
  --local          what 'npm start -- --keep' runs on this machine, in place of an account
${JSON_HELP}`;

type Option = { type: 'string' | 'boolean'; short?: string };
type Options = Record<string, Option>;
type Values<T extends Options> = {
  [Name in keyof T]?: T[Name]['type'] extends 'boolean' ? boolean : string;
};

export interface Parsed<T extends Options> {
  target: Target;
  json: boolean;
  values: Values<T>;
  positionals: string[];
}

export interface Grammar<T extends Options> {
  /** The command's name. */
  command: string;
  options: T;
  /** How many words may follow. @default 0 */
  words?: number;
  /** Whether it talks to AWS. @default true */
  aws?: boolean;
}

export const wrongIn = (command: string) => (what: string) =>
  new UsageError(`${what} (ddcolor-elastic help ${command} lists the options).`);

/**
 * @returns 'help' when that is what was asked for
 * @throws UsageError
 */
export function parseCommand<T extends Options>(grammar: Grammar<T>, args: string[]): Parsed<T> | 'help' {
  const { command, words = 0, aws = true } = grammar;
  const wrong = wrongIn(command);
  const { values, positionals } = parsed({ ...grammar, aws }, args);
  if (values.help === true) return 'help';
  if (positionals.length > words) throw wrong(`'${positionals[words]}' is one word too many`);
  return {
    target: targetOf(values, wrong),
    json: values.json === true,
    values: values as Values<T>,
    positionals,
  };
}

type Given = Record<string, string | boolean | undefined>;

function parsed<T extends Options>({ command, options, aws }: Grammar<T>, args: string[]) {
  try {
    const known = { ...COMMON, ...(aws ? OF_AWS : {}), ...options };
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: known });
    return { values: values as Given, positionals };
  } catch (error) {
    const [reason = ''] = (error as Error).message.split('. ');
    throw new UsageError(`${reason} (ddcolor-elastic help ${command} lists the options).`, { cause: error });
  }
}

function targetOf({ stage, stack, region, local }: Given, wrong: (what: string) => UsageError): Target {
  if (local === true) {
    const other = Object.entries({ stage: stage === LOCAL_STAGE ? undefined : stage, stack, region });
    const [name] = other.find(([, value]) => value !== undefined) ?? [];
    if (name !== undefined) throw wrong(`--${name} and --local exclude each other`);
    return { stage: LOCAL_STAGE, stack: stackName(LOCAL_STAGE), region: undefined, local: true };
  }
  const named = text(stage) ?? DEFAULT_STAGE;
  if (!/^[a-z][a-z0-9-]{0,19}$/.test(named)) {
    throw wrong(`--stage '${named}': a small letter, then up to 19 small letters, digits and hyphens`);
  }
  const place = text(region);
  if (place !== undefined && !/^[a-z]{2}(-[a-z]+)+-\d+$/.test(place)) {
    throw wrong(`--region '${place}' is not like us-east-1`);
  }
  const given = text(stack);
  if (given !== undefined && !/^[A-Za-z][A-Za-z0-9-]{0,127}$/.test(given)) {
    throw wrong(`--stack '${given}': a letter, then up to 127 letters, digits and hyphens`);
  }
  return { stage: named, stack: given ?? stackName(named), region: place, local: false };
}

const text = (value: string | boolean | undefined) => (typeof value === 'string' ? value : undefined);

/** @throws UsageError */
export function wholeNumber(command: string, name: string, value: string, low: number, high: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= low && number <= high) return number;
  throw wrongIn(command)(`${name} '${value}' is not a whole number from ${low} to ${high}`);
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const MOST_SECONDS = 30 * 86_400;

/** Seconds of "90s", "30m", "2h" or "1d". @throws UsageError */
export function durationOf(command: string, name: string, value: string): number {
  const [, amount, unit = ''] = /^(\d{1,8})([smhd])$/.exec(value) ?? [];
  const seconds = Number(amount) * (UNITS[unit] ?? NaN);
  if (seconds >= 1 && seconds <= MOST_SECONDS) return seconds;
  throw wrongIn(command)(`${name} '${value}' is not a time such as 90s, 30m, 2h or 1d, up to 30d`);
}
