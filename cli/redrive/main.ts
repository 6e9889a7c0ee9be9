/** `ddcolor-elastic redrive`: moves dead letters back to the job queue of their photo. */
import { Option } from 'commander';
import { wholeNumber, type CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { Progress } from '../../common/progress.ts';
import { QUEUE_OUTPUTS, QUEUES } from '../../contract/lanes.ts';
import { deploymentOf, output, outputsOf } from '../shared/deployment.ts';
import { printJson } from '../../common/terminal.ts';
import { exitCodeOf, interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { redrive } from './run.ts';
import type { JobQueueUrls } from './sqs.ts';
import { progressLine, redriveJson, redriveLines } from './text.ts';

const MAX_LIMIT = 100_000;

interface RedriveOptions extends TargetOptions {
  limit: number;
  dryRun?: boolean;
  verbose?: boolean;
}

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        'Moves dead letters, the messages of photos that failed on every attempt, back to the job queue that they came from. Fix the cause first. Each message is sent before it is deleted, so an interrupted redrive loses nothing.',
      )
      .addOption(
        new Option('--limit <n>', `messages at most, 1 to ${MAX_LIMIT}`)
          .default(100)
          .argParser(wholeNumber(1, MAX_LIMIT)),
      )
      .option('--dry-run', 'show what would be moved and leave it')
      .option('--verbose', 'list the photos'),
  )
    .notes(
      `Example: ddcolor-elastic redrive --stage prod --dry-run --verbose

Exit codes: 0; 1 a message could not be moved; 2 wrong command line; 3 AWS could not be reached; 130 interrupted, with
messages already received moved first.
IAM: cloudformation:DescribeStacks; on the dead-letter queue sqs:ReceiveMessage, sqs:DeleteMessage,
sqs:GetQueueAttributes and, for --dry-run, sqs:ChangeMessageVisibility; on the job queues sqs:SendMessage.`,
    )
    .runs(run);

const run = ({ limit, dryRun = false, verbose = false, json, ...options }: RedriveOptions): Promise<number> =>
  interruptible(async ({ signal }) => {
    const deployment = await deploymentOf(targetOf(options));
    const outputs = await outputsOf(deployment, signal);
    const { deadLettersOf } = await import('./sqs.ts');
    const from = output(outputs, 'DeadLetterQueueUrl', deployment);
    const first = output(outputs, QUEUE_OUTPUTS.interactive, deployment);
    // A stage that was deployed before it had the other queues has one.
    const to = Object.fromEntries(
      QUEUES.map((queue) => [queue, outputs[QUEUE_OUTPUTS[queue]] ?? first]),
    ) as JobQueueUrls;
    const queue = deadLettersOf(deployment.config, from, to, signal);
    const out = new Progress(process.stdout);
    const startMs = Date.now();
    const progress = (moved: number) => {
      if (!json) out.line(progressLine(moved, limit, (Date.now() - startMs) / 1000));
    };
    const result = await redrive(queue, { limit, dryRun, signal, progress });
    const left = await queue.left().catch(() => undefined);
    const { failure } = result;
    const stopped = failure === undefined ? undefined : (failure as Error).message;
    const report = { ...result, dryRun, left, stopped };
    if (json) printJson(redriveJson(report, deployment));
    else for (const line of redriveLines(report, verbose)) out.print(line);
    if (failure === undefined) return EXIT.done;
    const exit = exitCodeOf(failure);
    if (exit === undefined) throw failure as Error;
    return exit;
  });
