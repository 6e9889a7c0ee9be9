/** The stage that a command acts on: options that the operator commands share. */
import { Option } from 'commander';
import { region, stackName as stack, stageName, type CommandLine } from '../../common/command-line.ts';
import { stackName } from '../../contract/names.ts';

export interface Target {
  stage: string;
  /** Name of its CloudFormation stack. */
  stack: string;
  /** Undefined: that of the AWS configuration. */
  region: string | undefined;
  /** Whether it is what `npm start` runs on this machine. */
  local: boolean;
}

export interface TargetOptions {
  stage: string;
  stack?: string;
  region?: string;
  local?: boolean;
  json?: boolean;
}

/** As bin/app.ts. */
const DEFAULT_STAGE = 'dev';
const LOCAL_STAGE = 'local';

const OPTIONS = {
  stage: () => new Option('--stage <name>', 'which stage').default(DEFAULT_STAGE).argParser(stageName),
  stack: () =>
    new Option('--stack <name>', 'its CloudFormation stack (default: DDColorElastic-<stage>)').argParser(
      stack,
    ),
  region: () => new Option('--region <region>', 'default: that of your AWS configuration').argParser(region),
  local: () =>
    new Option('--local', "what 'npm start -- --keep' runs on this machine, instead of an account").conflicts(
      ['stage', 'stack', 'region'],
    ),
  json: () => new Option('--json', 'print one JSON object and nothing else'),
};

/** Adds them in this order. */
export function withTarget(
  command: CommandLine,
  names = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[],
): CommandLine {
  for (const name of names) command.addOption(OPTIONS[name]());
  return command;
}

export function targetOf({ stage, stack, region, local }: TargetOptions): Target {
  if (local === true) {
    return { stage: LOCAL_STAGE, stack: stackName(LOCAL_STAGE), region: undefined, local: true };
  }
  return { stage, stack: stack ?? stackName(stage), region, local: false };
}
