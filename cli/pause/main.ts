/** `ddcolor-elastic pause` and `resume`: set and remove pauses of the scaler. */
import { Argument, Option } from 'commander';
import { duration, type CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { deploymentOf, output, outputsOf } from '../shared/deployment.ts';
import { printJson, printLines } from '../../common/terminal.ts';
import { interruptible } from '../shared/interruptible.ts';
import { scalerMemoryOf } from '../shared/scaler-memory.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import type { PauseName } from './change.ts';
import { changedJson, changedLines } from './text.ts';

const PAUSES = {
  'scale-out': ['pauseScaleOut'],
  'scale-in': ['pauseScaleIn'],
  both: ['pauseScaleOut', 'pauseScaleIn'],
} as const satisfies Record<string, PauseName[]>;
type What = keyof typeof PAUSES;

const what = () => new Argument('<what>', 'growing, shrinking, or both').choices(Object.keys(PAUSES));

const OUTCOMES = `Exit codes: 0; 1 it could not be set; 2 wrong command line; 3 AWS could not be reached.
IAM: cloudformation:DescribeStacks, dynamodb:UpdateItem, dynamodb:GetItem.`;

export const definePause = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        "Keeps the fleet from growing, from shrinking, or from both, from the scaler's next tick on and without a deploy. Other controls (floor, ceiling, dryRun) stay as they are.",
      )
      .addArgument(what())
      .addOption(
        new Option('--for <time>', "90s, 30m, 2h or 1d, up to 30d (default: until 'resume')").argParser(
          duration,
        ),
      ),
  )
    .notes(`Example: ddcolor-elastic pause scale-in --for 2h --stage prod\n\n${OUTCOMES}`)
    .runs((what: What, options: TargetOptions & { for?: number }) => {
      const until = options.for === undefined ? null : Math.round(Date.now() / 1000 + options.for);
      return apply('pause', what, until, options);
    });

export const defineResume = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        "Removes what 'pause' has set, from the scaler's next tick on. Other controls (floor, ceiling, dryRun) stay as they are.",
      )
      .addArgument(what()),
  )
    .notes(`Example: ddcolor-elastic resume both --stage prod\n\n${OUTCOMES}`)
    .runs((what: What, options: TargetOptions) => apply('resume', what, undefined, options));

const apply = (
  command: 'pause' | 'resume',
  what: What,
  until: number | null | undefined,
  options: TargetOptions,
): Promise<number> =>
  interruptible(async ({ signal }) => {
    const deployment = await deploymentOf(targetOf(options));
    const table = output(await outputsOf(deployment, signal), 'TableName', deployment);
    const [{ change }, { documentsOf }] = await Promise.all([
      import('./change.ts'),
      import('../shared/table.ts'),
    ]);
    const documents = documentsOf(deployment.config);
    const item = await change(documents, table, { names: [...PAUSES[what]], until }, signal);
    const memory = scalerMemoryOf(item);
    const now = Date.now() / 1000;
    if (options.json) printJson(changedJson(command, deployment, memory, now));
    else printLines(changedLines(deployment, memory, now));
    return memory.controls ? EXIT.done : EXIT.failed;
  });
