/** `ddcolor-elastic redrive`: photos that were given up, back to the queue. */
import { UserError } from '../../common/errors.ts';
import { Progress } from '../../common/progress.ts';
import { ApiError } from '../../client/errors.ts';
import { Interrupted } from '../colour/outcome.ts';
import { EXIT } from '../../common/errors.ts';
import { operate, printJson } from '../shared/interruptible.ts';
import { COMMON_HELP, parseCommand, wholeNumber } from '../shared/target.ts';
import { output, outputsOf, deploymentOf } from '../shared/deployment.ts';
import { redrive } from './run.ts';
import { progressLine, redriveJson, redriveLines } from './text.ts';

const LIMIT = { default: 100, most: 100_000 };

export const HELP = `ddcolor-elastic redrive [options]
  Sends dead letters, which are photos that were given up after all their attempts, back to the queue. Mend first
  what they died of. Each is sent before it is deleted: a redrive that is cut off loses nothing.

  --limit N        at most so many, 1 to ${LIMIT.most} (default ${LIMIT.default})
  --dry-run        say what would go back, and leave it
  --verbose        say which photos
${COMMON_HELP}

Ends with 0, 1 when something could not be sent, 2 when the command line is wrong, 3 when AWS could not be reached,
130 when interrupted; what is begun is ended first.
IAM: cloudformation:DescribeStacks; on the queue of dead letters sqs:ReceiveMessage, sqs:DeleteMessage,
sqs:GetQueueAttributes and, for --dry-run, sqs:ChangeMessageVisibility; on that of jobs sqs:SendMessage.`;

export async function main(args: string[]): Promise<number> {
  const options = {
    limit: { type: 'string' },
    'dry-run': { type: 'boolean' },
    verbose: { type: 'boolean' },
  } as const;
  const parsed = parseCommand({ command: 'redrive', options }, args);
  if (parsed === 'help') {
    console.log(HELP);
    return EXIT.done;
  }
  const { target, json, values } = parsed;
  const limit = wholeNumber('redrive', '--limit', values.limit ?? String(LIMIT.default), 1, LIMIT.most);
  const dryRun = values['dry-run'] === true;
  return operate(async (signal) => {
    const place = await deploymentOf(target);
    const outputs = await outputsOf(place, signal);
    const { deadLettersOf } = await import('./sqs.ts');
    const from = output(outputs, 'DeadLetterQueueUrl', place);
    const queue = deadLettersOf(place.config, from, output(outputs, 'QueueUrl', place), signal);
    const out = new Progress(process.stdout);
    const startMs = Date.now();
    const progress = (moved: number) => {
      if (!json) out.line(progressLine(moved, limit, (Date.now() - startMs) / 1000));
    };
    const redriven = await redrive(queue, { limit, dryRun, signal, progress });
    const left = await queue.left().catch(() => undefined);
    const { failure } = redriven;
    const stopped = failure === undefined ? undefined : (failure as Error).message;
    const outcome = { ...redriven, dryRun, left, stopped };
    if (json) printJson(redriveJson(outcome, place));
    else for (const line of redriveLines(outcome, values.verbose === true)) out.print(line);
    return exitOf(failure);
  });
}

/** @throws what is a fault of ours */
function exitOf(failure: unknown): number {
  if (failure === undefined) return EXIT.done;
  if (failure instanceof Interrupted) return EXIT.interrupted;
  if (failure instanceof UserError) return EXIT.failed;
  if (failure instanceof ApiError) return EXIT.open;
  throw failure as Error;
}
