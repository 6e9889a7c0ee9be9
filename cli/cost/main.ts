/** `ddcolor-elastic cost`: what a stage costs, at rest and at work. */
import { EXIT } from '../../common/errors.ts';
import { operate, printJson, printLines } from '../shared/interruptible.ts';
import { JSON_HELP, parseCommand, STAGE_HELP, wrongIn } from '../shared/target.ts';
import { stageHere } from '../shared/stages.ts';
import { costOf } from './cost-of.ts';
import { costJson, costLines, costMarkdown } from './text.ts';

export const HELP = `ddcolor-elastic cost [options]
  What a stage costs by its values in bin/stages.ts and dated list prices (contract/prices.ts): at rest line by
  line, an instance-hour, a thousand photos, a day at the maximum. Asks nobody: what was spent is in status, and on
  the bill.

  --service-seconds N  that an instance is busy with a photo (default: the policy's first guess)
  --markdown       as tables for a README
${STAGE_HELP}
  --local          the stage 'local'
${JSON_HELP}

Ends with 0, 1 when an instance type has no price, 2 when the command line is wrong.`;

const MOST_SECONDS = 3600;

export async function main(args: string[]): Promise<number> {
  const options = { 'service-seconds': { type: 'string' }, markdown: { type: 'boolean' } } as const;
  const parsed = parseCommand({ command: 'cost', options, aws: false }, args);
  if (parsed === 'help') {
    console.log(HELP);
    return EXIT.done;
  }
  const { target, json, values } = parsed;
  if (json && values.markdown === true) throw wrongIn('cost')('--json and --markdown exclude each other');
  const given = values['service-seconds'];
  const seconds = given === undefined ? undefined : Number(given);
  if (seconds !== undefined && !(seconds > 0 && seconds <= MOST_SECONDS)) {
    throw wrongIn('cost')(`--service-seconds '${given}' is not a number above 0, up to ${MOST_SECONDS}`);
  }
  const stage = stageHere(target.stage);
  return operate(async () => {
    const cost = costOf(stage, seconds);
    if (json) printJson(costJson(cost));
    else if (values.markdown === true) console.log(costMarkdown(cost));
    else printLines(costLines(cost));
    return EXIT.done;
  });
}
