/** `ddcolor-elastic status`: how a stage is, on one screen. */
import { EXIT } from '../../common/errors.ts';
import { Forbidden } from '../shared/aws-errors.ts';
import type { Outputs } from '../shared/stack.ts';
import { operate, printJson, printLines } from '../shared/interruptible.ts';
import { COMMON_HELP, parseCommand } from '../shared/target.ts';
import { outputsOf, deploymentOf, type Deployment } from '../shared/deployment.ts';
import { missingOf, readParts, type StatusParts, type StatusPorts } from './parts.ts';
import { statusJson } from './json.ts';
import { statusLines } from './text.ts';

export const HELP = `ddcolor-elastic status [options]
  How a stage is, on one screen: its queue, its fleet, the controls that hold, the scaler's latest decisions, what
  today has cost, its alarms and what to do about those that ring. What is not known is shown as unknown.

${COMMON_HELP}

Ends with 0 when everything could be read, 1 when a part could not (the rest is shown), 2 when the command line is
wrong, 3 when AWS could not be reached.
IAM: cloudformation:DescribeStacks, sqs:GetQueueAttributes, autoscaling:DescribeAutoScalingGroups, dynamodb:GetItem,
cloudwatch:DescribeAlarms, cloudwatch:GetMetricData.`;

export async function main(args: string[]): Promise<number> {
  const parsed = parseCommand({ command: 'status', options: {} }, args);
  if (parsed === 'help') {
    console.log(HELP);
    return EXIT.done;
  }
  const { target, json } = parsed;
  return operate(async (signal) => {
    const place = await deploymentOf(target);
    const parts = await readParts(await portsOf(place, signal));
    const now = Date.now() / 1000;
    if (json) printJson(statusJson(parts, place, now));
    else printLines(statusLines(parts, place, now));
    return exitOf(parts);
  });
}

export const exitOf = (parts: StatusParts): number => (missingOf(parts).length > 0 ? EXIT.failed : EXIT.done);

/** @throws UserError when there is no such stack; one that may not be read is told part by part */
export async function portsOf(place: Deployment, signal: AbortSignal): Promise<StatusPorts> {
  const [{ statusPorts }, outputs] = await Promise.all([
    import('./aws.ts'),
    outputsOf(place, signal).catch((error: Error) => {
      if (error instanceof Forbidden) return error;
      throw error;
    }),
  ]);
  const read = async (): Promise<Outputs> => {
    if (outputs instanceof Forbidden) throw outputs;
    return outputs;
  };
  return statusPorts(place, read, signal);
}
