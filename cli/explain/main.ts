/** `ddcolor-elastic explain`: why the fleet is the size it is. */
import { EXIT } from '../../common/errors.ts';
import { operate, printJson, printLines } from '../shared/interruptible.ts';
import { COMMON_HELP, parseCommand } from '../shared/target.ts';
import { output, outputsOf, deploymentOf } from '../shared/deployment.ts';
import { scalerMemoryOf } from '../shared/scaler-memory.ts';
import { stageOf } from '../shared/stages.ts';
import type { StagePolicy } from './sentences.ts';
import { explain, explainJson, explainLines } from './explanation.ts';

export const HELP = `ddcolor-elastic explain [options]
  Why the fleet is the size it is, in words: the scaler's latest decision, what it saw, and how it reckoned.

${COMMON_HELP}

Ends with 0, 1 when the scaler's memory could not be read or its latest decision is old, 2 when the command line is
wrong, 3 when AWS could not be reached.
IAM: cloudformation:DescribeStacks, dynamodb:GetItem.`;

export async function main(args: string[]): Promise<number> {
  const parsed = parseCommand({ command: 'explain', options: {} }, args);
  if (parsed === 'help') {
    console.log(HELP);
    return EXIT.done;
  }
  const { target, json } = parsed;
  return operate(async (signal) => {
    const place = await deploymentOf(target);
    const table = output(await outputsOf(place, signal), 'TableName', place);
    const { documentsOf, readItem } = await import('../shared/table.ts');
    const memory = scalerMemoryOf(await readItem(documentsOf(place.config), table, signal));
    const now = Date.now() / 1000;
    const explanation = explain(memory, intentOf(place.stage), now);
    if (json) printJson(explainJson(place, memory, explanation, now));
    else printLines(explainLines(place, explanation));
    return explanation.stale ? EXIT.failed : EXIT.done;
  });
}

/** What the stage asks for, as this checkout has it. */
function intentOf(name: string): StagePolicy | undefined {
  const stage = stageOf(name);
  return stage && { ...stage.policy, dailySpendLimit: stage.dailySpendLimit };
}
