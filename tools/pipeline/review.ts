/** `npm run review`: compares templates and cost of every stage with those of another checkout, without an AWS account. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CommandLine } from '../../common/command-line.ts';
import { UsageError, UserError } from '../../common/errors.ts';
import { Checkout } from './checkout.ts';
import { costDifference, type CostDifference } from './cost-difference.ts';
import { renderReview, type StageReview } from './review-text.ts';
import { diffTemplates } from './template-diff.ts';
import { printText } from '../../common/terminal.ts';

export interface ReviewOptions {
  base: string;
  out?: string;
  whole?: boolean;
}

export const define = (command: CommandLine): CommandLine =>
  command
    .description(
      'Synthesises every stage of the checkout in --base and of this one, and writes the differences as Markdown: permissions and network first, then removed and replaced resources, cost, templates. Uses no AWS credentials.',
    )
    .requiredOption(
      '--base <dir>',
      'the checkout to compare with, for example: git worktree add --detach .local/base main',
    )
    .option('--out <file>', 'write to a file instead of the standard output')
    .option('--whole', 'without the size limit of a GitHub comment')
    .notes('Example: npm run review -- --base .local/base');

/** Reviews all stages of both checkouts, in the order of `head`. */
export async function review(base: Checkout, head: Checkout): Promise<StageReview[]> {
  const [before, after] = await Promise.all([base.stages(), head.stages()]);
  const reviews: StageReview[] = [];
  for (const stage of after) reviews.push(await reviewStage(stage, before.includes(stage), base, head));
  const gone = before.filter((stage) => !after.includes(stage));
  return [
    ...reviews,
    ...gone.map((stage) => without(stage, 'is no longer a stage; deployed resources stay')),
  ];
}

const without = (stage: string, note: string): StageReview => ({ stage, note, cost: { unknown: note } });

async function reviewStage(
  stage: string,
  known: boolean,
  base: Checkout,
  head: Checkout,
): Promise<StageReview> {
  if (!known) {
    await head.template(stage);
    return without(stage, 'is a new stage, nothing to compare with');
  }
  // A stage that cannot be synthesised is an error of `head`, but only a note for `base`: the change may be its fix.
  const [template] = await Promise.all([
    base.template(stage).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      return error;
    }),
    head.template(stage),
  ]);
  if (template instanceof UserError) return without(stage, inOneLine(template.message));
  const [diff, cost] = await Promise.all([
    diffTemplates(head.assembly(stage), template),
    costOf(stage, base, head),
  ]);
  return { stage, diff, cost };
}

async function costOf(stage: string, base: Checkout, head: Checkout): Promise<CostDifference> {
  const [before, after] = await Promise.all([base.cost(stage), head.cost(stage)]);
  if ('unknown' in after) return after;
  if ('unknown' in before) return before;
  return { rows: costDifference(before.costs, after.costs) };
}

const inOneLine = (text: string) => text.split('\n').slice(0, 3).join(' ').slice(0, 400);

export const main = (args: string[]): Promise<number> =>
  define(new CommandLine('npm run review --')).runs(run).run(args);

async function run({ base: path, out, whole }: ReviewOptions): Promise<number> {
  if (resolve(path) === process.cwd()) {
    throw new UsageError(`--base '${path}' is this checkout; it must be another one.`);
  }
  const base = new Checkout('base', resolve(path));
  const head = new Checkout('this checkout', process.cwd());
  const text = renderReview(await review(base, head), whole ? Infinity : undefined);
  if (out === undefined) printText(text.trimEnd());
  else writeFileSync(out, text);
  return 0;
}
