/** `ddcolor-elastic pause`. */
import { PAUSE_HELP } from './options.ts';
import { run } from './run.ts';

export const HELP = PAUSE_HELP;
export const main = (args: string[]): Promise<number> => run('pause', HELP, args);
