/** `npm run simulate`: parses, calls, prints. */
import { writeFile } from 'node:fs/promises';
import { Bound, type BoundPoint } from './bound/index.ts';
import { loadKnown, saveKnown } from './bound/store.ts';
import { help } from './help.ts';
import { meanOf, outcomeOf, runPolicy, type Outcome } from './outcome.ts';
import { parseOptions, type Options } from './options.ts';
import { policyOf } from './policies/index.ts';
import { Progress } from './progress.ts';
import { scenarios, type Scenario } from './scenario.ts';
import { InputError } from './settings.ts';
import { table } from './table.ts';

/** The bound of a scenario for one mean wait, out of the store where it is known. */
export async function boundAt(scenario: Scenario, at: number, progress: Progress): Promise<BoundPoint> {
  const known = await loadKnown(scenario);
  const before = known.size;
  const bound = new Bound(scenario, known);
  let steps = 0;
  const point = await bound.at(at, (share) => {
    if (share === 1) steps++;
    progress.show(`least possible for a mean wait of ${at} s: step ${steps + 1} of about 10`, share);
  });
  if (known.size > before) await saveKnown(scenario, known);
  return point;
}

async function run(options: Options, progress: Progress): Promise<void> {
  const scenarioOf = await scenarios(options);
  const outcomes: Outcome[] = [];
  for (let k = 0; k < options.seeds; k++) {
    const scenario = scenarioOf(options.seed + k);
    const policy = policyOf(options.policy, options.set, scenario.world);
    const label = options.seeds > 1 ? `${policy.name}, run ${k + 1} of ${options.seeds}` : policy.name;
    const { measures } = await runPolicy(scenario, policy, {
      progress: (share) => progress.show(label, share),
    });
    const bound = options.noBound ? undefined : await boundAt(scenario, scenario.world.slo, progress);
    outcomes.push(outcomeOf(scenario, policy, measures, bound));
  }
  progress.clear();
  const [first] = outcomes as [Outcome, ...Outcome[]];
  const result = options.seeds === 1 ? first : { ...meanOf(outcomes), seed: first.seed, runs: outcomes };
  const json = `${JSON.stringify(result, undefined, 2)}\n`;
  if (options.json === '-') process.stdout.write(json);
  else {
    if (options.json !== undefined) await writeFile(options.json, json);
    console.log(table([result]));
    const unfinished = result.jobs - result.completed;
    if (unfinished > 0) console.log(`${unfinished} jobs were never done: the rule stopped helping them.`);
  }
}

export async function main(args: string[]): Promise<number> {
  const progress = new Progress(process.stderr);
  try {
    const options = parseOptions(args);
    if (options.help) {
      console.log(help());
      return 0;
    }
    await run(options, progress);
    return 0;
  } catch (error) {
    progress.clear();
    const code = (error as NodeJS.ErrnoException).code;
    if (!(error instanceof InputError) && code === undefined) throw error;
    console.error((error as Error).message);
    return 1;
  }
}
