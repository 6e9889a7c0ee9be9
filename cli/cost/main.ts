/** `ddcolor-elastic cost`: what a stage costs idle and at work, by list prices. */
import { Option } from 'commander';
import { positiveNumber, type CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { printJson, printLines, printText } from '../../common/terminal.ts';
import { stageHere } from '../shared/stages.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { costOf } from './cost-of.ts';
import { costJson, costLines, costMarkdown } from './text.ts';

interface CostOptions extends TargetOptions {
  serviceSeconds?: number;
  markdown?: boolean;
}

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        'Computes what a stage costs from its values in bin/stages.ts and dated list prices (contract/prices.ts): idle line by line, an instance-hour, a thousand photos, a day at the maximum. It does not ask AWS: what was spent is in status, and on the bill.',
      )
      .addOption(
        new Option(
          '--service-seconds <n>',
          "an instance's busy seconds per photo (default: the policy's first estimate)",
        ).argParser(positiveNumber(3600)),
      )
      .addOption(new Option('--markdown', 'as tables for a README').conflicts('json')),
    ['stage', 'local', 'json'],
  )
    .notes(
      `Example: ddcolor-elastic cost --stage prod --service-seconds 2.5

Exit codes: 0; 1 an instance type has no price; 2 wrong command line.`,
    )
    .runs(async ({ serviceSeconds, markdown, ...options }: CostOptions) => {
      const cost = costOf(stageHere('cost', targetOf(options).stage), serviceSeconds);
      if (options.json) printJson(costJson(cost));
      else if (markdown) printText(costMarkdown(cost));
      else printLines(costLines(cost));
      return EXIT.done;
    });
