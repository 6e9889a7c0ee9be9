/** `ddcolor-elastic resume`. */
import { RESUME_HELP } from './options.ts';
import { run } from './run.ts';

export const HELP = RESUME_HELP;
export const main = (args: string[]): Promise<number> => run('resume', HELP, args);
