/** `ddcolor-elastic explain`: why the fleet has its size. */
import type { CommandLine } from '../../common/command-line.ts';
import { EXIT } from '../../common/errors.ts';
import { deploymentOf, output, outputsOf } from '../shared/deployment.ts';
import { printJson, printLines } from '../../common/terminal.ts';
import { interruptible } from '../shared/interruptible.ts';
import { scalerMemoryOf } from '../shared/scaler-memory.ts';
import { stageOf } from '../shared/stages.ts';
import { targetOf, withTarget, type TargetOptions } from '../shared/target.ts';
import { explain, explainJson, explainLines } from './explanation.ts';
import type { StagePolicy } from './sentences.ts';

export const define = (command: CommandLine): CommandLine =>
  withTarget(command)
    .description(
      "Explains in sentences why the fleet has its size: the scaler's latest decision, what it observed and its calculation.",
    )
    .notes(
      `Example: ddcolor-elastic explain --stage prod

Exit codes: 0; 1 the scaler's memory could not be read or its latest decision is old; 2 wrong command line; 3 AWS
could not be reached.
IAM: cloudformation:DescribeStacks, dynamodb:GetItem.`,
    )
    .runs(run);

const run = (options: TargetOptions): Promise<number> =>
  interruptible(async ({ signal }) => {
    const deployment = await deploymentOf(targetOf(options));
    const table = output(await outputsOf(deployment, signal), 'TableName', deployment);
    const { documentsOf, readItem } = await import('../shared/table.ts');
    const memory = scalerMemoryOf(await readItem(documentsOf(deployment.config), table, signal));
    const now = Date.now() / 1000;
    const explanation = explain(memory, policyOf(deployment.stage), now);
    if (options.json) printJson(explainJson(deployment, memory, explanation, now));
    else printLines(explainLines(deployment, explanation));
    return explanation.stale ? EXIT.failed : EXIT.done;
  });

/** The stage's policy, by this checkout's values. */
function policyOf(name: string): StagePolicy | undefined {
  const stage = stageOf(name);
  return stage && { ...stage.policy, dailySpendLimit: stage.dailySpendLimit };
}
