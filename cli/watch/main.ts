/** `ddcolor-elastic watch`: the status of a stage, repeated. */
import { Option } from 'commander';
import { systemClock } from '../../client/time.ts';
import { wholeNumber, type CommandLine } from '../../common/command-line.ts';
import { EXIT, Interrupted } from '../../common/errors.ts';
import { deploymentOf } from '../shared/deployment.ts';
import { drawScreen, printJson, printLine } from '../../common/terminal.ts';
import { interruptible } from '../shared/interruptible.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { statusJson } from '../status/json.ts';
import { portsOf } from '../status/main.ts';
import { readParts } from '../status/parts.ts';
import { statusLines } from '../status/text.ts';
import { statusLine } from './line.ts';

export const define = (command: CommandLine): CommandLine =>
  withTarget(
    command
      .description(
        'Repeats the status of a stage until Ctrl-C: redrawn on a terminal; elsewhere one line for each change, with --json one object for each reading.',
      )
      .addOption(
        new Option('--every <seconds>', 'between two readings, 1 to 3600')
          .default(5)
          .argParser(wholeNumber(1, 3600)),
      ),
  )
    .notes(
      `Example: ddcolor-elastic watch --stage prod --every 10

Exit codes: 0 ended by Ctrl-C; 1 no such stage; 2 wrong command line; 130 ended by another signal.
IAM: as status.`,
    )
    .runs(watch);

async function watch({ every, ...options }: TargetOptions & { every: number }): Promise<number> {
  let byCtrlC = false;
  const onCtrlC = () => (byCtrlC = true);
  process.once('SIGINT', onCtrlC);
  return interruptible(async ({ signal }) => {
    const deployment = await deploymentOf(targetOf(options));
    const ports = await portsOf(deployment, signal);
    let last: string | undefined;
    try {
      for (;;) {
        const parts = await readParts(ports);
        const now = systemClock.now() / 1000;
        if (options.json) {
          printJson(statusJson(parts, deployment, now));
        } else if (process.stdout.isTTY) {
          const lines = [...statusLines(parts, deployment, now), '', `Every ${every} s; Ctrl-C ends it.`];
          drawScreen(lines, last === undefined);
          last = '';
        } else {
          const { time, text } = statusLine(parts, now);
          if (text !== last) printLine(`${time}  ${text}`);
          last = text;
        }
        await systemClock.sleep(every * 1000, signal);
      }
    } catch (error) {
      if (error instanceof Interrupted && byCtrlC) return EXIT.done;
      throw error;
    }
  }).finally(() => process.off('SIGINT', onCtrlC));
}
