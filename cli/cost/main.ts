/** `ddcolor-elastic cost`: what a stage costs idle and at work, by list prices. */
import { Option } from 'commander';
import { positiveNumber, type CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { printJson, printLines, printText } from '../../common/terminal.ts';
import { stageHere } from '../shared/stages.ts';
import { deploymentOf } from '../shared/deployment.ts';
import { interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type Target, type TargetOptions } from '../shared/target.ts';
import { costOf } from './cost-of.ts';
import { costJson, costLines, costMarkdown } from './text.ts';

interface CostOptions extends TargetOptions {
  serviceSeconds?: number;
  markdown?: boolean;
  deployed?: boolean;
}

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        'Computes what a stage costs from its values in bin/stages.ts and dated list prices (contract/prices.ts): idle line by line, an instance-hour, a thousand photos, a day at the maximum. It asks AWS only with --deployed: what was spent is in status, and on the bill.',
      )
      .addOption(
        new Option(
          '--service-seconds <n>',
          "an instance's busy seconds per photo (default: the policy's first estimate)",
        ).argParser(positiveNumber(3600)),
      )
      .addOption(
        new Option(
          '--deployed',
          'with the size of the image in service, as its bake recorded it (default: an assumed size)',
        ).conflicts('local'),
      )
      .addOption(new Option('--markdown', 'as tables for a README').conflicts('json')),
    ['stage', 'region', 'local', 'json'],
  )
    .notes(
      `Example: ddcolor-elastic cost --stage prod --service-seconds 2.5

Exit codes: 0; 1 an instance type has no price, or the image's size is unknown; 2 wrong command line; 3 AWS could not be
reached.
IAM, with --deployed: ssm:GetParameter, ec2:DescribeImages.`,
    )
    .runs(cost);

async function cost({ serviceSeconds, markdown, deployed, ...options }: CostOptions): Promise<number> {
  const target = targetOf(options);
  const stage = stageHere('cost', target.stage);
  return interruptible(async ({ signal }) => {
    const image = deployed ? await imageOf(target, signal) : undefined;
    const found = costOf(stage, { serviceSeconds, image });
    if (options.json) printJson(costJson(found));
    else if (markdown) printText(costMarkdown(found));
    else printLines(costLines(found));
    return EXIT.done;
  });
}

async function imageOf(target: Target, signal: AbortSignal) {
  const { config, stage } = await deploymentOf(target);
  const { deployedImage } = await import('./deployed.ts');
  return deployedImage(config, stage, signal);
}
