/** `ddcolor-elastic status`: a stage on one screen. */
import type { CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { Forbidden } from '../shared/aws-errors.ts';
import { deploymentOf, outputsOf, type Deployment } from '../shared/deployment.ts';
import { printJson, printLines } from '../../common/terminal.ts';
import { interruptible } from '../shared/interruptible.ts';
import type { Outputs } from '../shared/stack.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { statusJson } from './json.ts';
import { missingOf, readParts, type StatusPorts } from './parts.ts';
import { statusLines } from './text.ts';

export const define = (command: CommandLine): CommandLine =>
  withTarget(command)
    .description(
      "Shows a stage on one screen: its queue, its fleet, the controls in effect, the scaler's latest decisions, today's spending, its alarms and what to do about those in ALARM. What could not be read is shown as unknown.",
    )
    .notes(
      `Example: ddcolor-elastic status --stage prod

Exit codes: 0 everything was read; 1 a part was not (the rest is shown); 2 wrong command line; 3 AWS could not be
reached.
IAM: cloudformation:DescribeStacks, sqs:GetQueueAttributes, autoscaling:DescribeAutoScalingGroups,
dynamodb:GetItem, cloudwatch:DescribeAlarms, cloudwatch:GetMetricData.`,
    )
    .runs(status);

const status = (options: TargetOptions): Promise<number> =>
  interruptible(async ({ signal }) => {
    const deployment = await deploymentOf(targetOf(options));
    const parts = await readParts(await portsOf(deployment, signal));
    const now = Date.now() / 1000;
    if (options.json) printJson(statusJson(parts, deployment, now));
    else printLines(statusLines(parts, deployment, now));
    return missingOf(parts).length > 0 ? EXIT.failed : EXIT.done;
  });

/** @throws UserError when there is no such stack; a stack that may not be read fails part by part */
export async function portsOf(deployment: Deployment, signal: AbortSignal): Promise<StatusPorts> {
  const [{ statusPorts }, outputs] = await Promise.all([
    import('./aws.ts'),
    outputsOf(deployment, signal).catch((error: Error) => {
      if (error instanceof Forbidden) return error;
      throw error;
    }),
  ]);
  const read = async (): Promise<Outputs> => {
    if (outputs instanceof Forbidden) throw outputs;
    return outputs;
  };
  return statusPorts(deployment, read, signal);
}
