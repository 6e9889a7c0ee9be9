/** `ddcolor-elastic webhook replay`: sends the deliveries of webhooks that were given up again. */
import { Option } from 'commander';
import { wholeNumber, type CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { printJson, printLine } from '../../common/terminal.ts';
import { redrive } from '../redrive/run.ts';
import { deploymentOf, output, outputsOf } from '../shared/deployment.ts';
import { count } from '../shared/format.ts';
import { exitCodeOf, interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';

const MAX_LIMIT = 100_000;

interface ReplayOptions extends TargetOptions {
  limit: number;
  dryRun?: boolean;
}

export function define(command: CommandLine): CommandLine {
  const group = command.description('Deliveries of webhooks.');
  withTarget(
    group
      .command('replay')
      .description(
        'Moves deliveries that did not succeed in a day back to those that are tried, for another day. Each is stored before it is deleted, so an interrupted replay loses nothing. Those of a webhook or photo that is deleted are dropped.',
      )
      .addOption(
        new Option('--limit <n>', `deliveries at most, 1 to ${MAX_LIMIT}`)
          .default(1000)
          .argParser(wholeNumber(1, MAX_LIMIT)),
      )
      .option('--dry-run', 'count what would be replayed and leave it'),
  )
    .notes(
      `Example: ddcolor-elastic webhook replay --stage prod

Exit codes: 0; 1 a delivery could not be replayed; 2 wrong command line; 3 AWS could not be reached; 130 interrupted.
IAM: cloudformation:DescribeStacks; on the webhooks' dead-letter queue sqs:ReceiveMessage, sqs:DeleteMessage,
sqs:GetQueueAttributes and, for --dry-run, sqs:ChangeMessageVisibility; on the webhook queue sqs:SendMessage; on the
tables of webhooks and of the gateway dynamodb:GetItem, on that of deliveries dynamodb:PutItem.`,
    )
    .runs(replay);
  return group;
}

const replay = ({ limit, dryRun = false, json, ...options }: ReplayOptions): Promise<number> =>
  interruptible(async ({ signal }) => {
    const deployment = await deploymentOf(targetOf(options));
    const outputs = await outputsOf(deployment, signal);
    const { replayOf } = await import('./replay.ts');
    let dropped = 0;
    const resources = {
      deadLetterUrl: output(outputs, 'WebhookDeadLetterQueueUrl', deployment),
      wakeUrl: output(outputs, 'WebhookQueueUrl', deployment),
      webhookTable: output(outputs, 'WebhookTableName', deployment),
      deliveryTable: output(outputs, 'WebhookDeliveryTableName', deployment),
      recordTable: output(outputs, 'GatewayTableName', deployment),
    };
    const queue = replayOf(deployment.config, resources, {
      signal,
      now: () => Date.now() / 1000,
      dropped: () => dropped++,
    });
    const { moved, failure } = await redrive(queue, { limit, dryRun, signal, progress: () => undefined });
    const replayed = moved.length - dropped;
    const stopped = failure === undefined ? null : (failure as Error).message;
    const { stage, stack, region } = deployment;
    if (json)
      printJson({ command: 'webhook replay', stage, stack, region, dryRun, replayed, dropped, stopped });
    else {
      printLine(`${count(replayed, 'event')} ${dryRun ? 'would be replayed' : 'replayed'}.`);
      if (dropped > 0) printLine(`${dropped} dropped: the webhook or the photo is deleted.`);
      if (stopped !== null) printLine(stopped);
    }
    if (failure === undefined) return EXIT.done;
    const exit = exitCodeOf(failure);
    if (exit === undefined) throw failure as Error;
    return exit;
  });
