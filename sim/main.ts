/** `ddcolor-elastic simulate`: parses, calls, and says in one line what is wrong. */
import { compare } from './commands/compare.ts';
import { estimates } from './commands/estimates.ts';
import { fit } from './commands/fit.ts';
import { run } from './commands/run.ts';
import { tune } from './commands/tune.ts';
import { help } from './help.ts';
import { parseOptions } from './options.ts';
import { Progress } from './progress.ts';
import { InputError } from './world.ts';

const OTHERS: Record<string, () => Promise<{ main(args: string[]): Promise<number> }>> = {
  figures: () => import('./figures.ts'),
  trial: () => import('./trial.ts'),
  season: () => import('./season.ts'),
};

export const HELP = help();

export async function main(args: string[]): Promise<number> {
  const other = Object.hasOwn(OTHERS, args[0] ?? '') ? OTHERS[args[0] ?? ''] : undefined;
  if (other) return (await other()).main(args.slice(1));
  const progress = new Progress(process.stderr);
  try {
    const options = parseOptions(args);
    if (options.help) console.log(help());
    else if (options.command === 'compare') await compare(options, progress);
    else if (options.command === 'tune') await tune(options, progress);
    else if (options.command === 'estimates') await estimates(options, progress);
    else if (options.command === 'fit') await fit(options);
    else await run(options, progress);
    return 0;
  } catch (error) {
    progress.clear();
    if (!(error instanceof InputError)) throw error;
    console.error(error.message);
    return 1;
  }
}
