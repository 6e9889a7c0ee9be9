/** `npm run review`: what a change means for every stage, in what is deployed and what it costs, without an account. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../../common/errors.ts';
import { Checkout } from './checkout.ts';
import { costDifference, type CostDifference } from './cost-difference.ts';
import { renderReview, type StageReview } from './review-text.ts';
import { diffTemplates } from './template-diff.ts';

export const HELP = `npm run review -- --base DIR [options]

Synthesises every stage of the checkout in DIR and of this one, and says as Markdown where they differ: permissions and
network first, then what would be removed or replaced, cost, templates. Needs no AWS credentials, and uses none.

  --base DIR      a checkout of what to compare with, such as: git worktree add --detach .local/base main
  --out FILE      write it there, not to the standard output
  --whole         all of it, also beyond what GitHub takes as a comment
  --help          this text`;

export interface ReviewOptions {
  base: string;
  out?: string;
  whole: boolean;
}

/** @throws UserError with the value given and what is allowed */
export function parseOptions(args: string[]): ReviewOptions | 'help' {
  const { help, base, out, whole = false } = parse(args);
  if (help) return 'help';
  if (base === undefined || base === '') throw new UserError('--base DIR is missing (--help says more).');
  return { base, out, whole };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        base: { type: 'string' },
        out: { type: 'string' },
        whole: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const [reason] = (error as Error).message.split('. ');
    throw new UserError(`${reason} (npm run review -- --help lists the options).`, { cause: error });
  }
}

/** All stages of either, in the order of the newer one. */
export async function review(base: Checkout, head: Checkout): Promise<StageReview[]> {
  const [before, after] = await Promise.all([base.stages(), head.stages()]);
  const reviews: StageReview[] = [];
  for (const stage of after) reviews.push(await reviewStage(stage, before.includes(stage), base, head));
  const gone = before.filter((stage) => !after.includes(stage));
  return [
    ...reviews,
    ...gone.map((stage) => without(stage, `is no longer a stage: what was deployed stays`)),
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
    return without(stage, 'is a new stage: there is nothing to compare it with');
  }
  // What cannot be synthesised fails in the newer one, and is only told of the older: a change may be what mends it.
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

export async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === 'help') {
      console.log(HELP);
      return 0;
    }
    if (resolve(options.base) === process.cwd())
      throw new UserError(
        `--base '${options.base}' is this checkout itself: another one of the same repository.`,
      );
    const base = new Checkout('base', resolve(options.base));
    const head = new Checkout('this checkout', process.cwd());
    const text = renderReview(await review(base, head), options.whole ? Infinity : undefined);
    if (options.out === undefined) process.stdout.write(text);
    else writeFileSync(options.out, text);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return 1;
  }
}
