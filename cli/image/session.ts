/** What every command of a release has: AWS, a way to speak and to ask, and a way out. */
import { createInterface } from 'node:readline/promises';
import type { CommandContext } from '../../common/command.ts';
import { EXIT, UserError } from '../../common/errors.ts';
import type { Group } from './aws/group.ts';
import type { Images } from './aws/images.ts';
import type { Instances } from './aws/instances.ts';
import type { Parameters } from './aws/parameters.ts';
import type { Timing } from './candidate.ts';

export interface ImageOptions {
  stage: string;
  region?: string;
  dryRun?: boolean;
  yes?: boolean;
  /** Of `rollback`. */
  to?: string;
  /** Of `list`. */
  json?: boolean;
}

export interface ImageSession extends CommandContext {
  options: ImageOptions;
  region: string;
  parameters: Parameters;
  images: Images;
  instances: Instances;
  group: Group;
  /** Of the wait for a verdict. */
  timing: Timing;
  /** Milliseconds that only go forward. */
  clock: () => number;
  /** Puts a question to somebody; undefined where nobody is. */
  ask: ((question: string) => Promise<string>) | undefined;
}

/**
 * Says what will be done, in order, and asks whether it shall.
 *
 * @returns false when it is not to be done: a dry run, or no
 * @throws UserError when there is nobody to ask
 */
export async function confirmed(session: ImageSession, title: string, steps: string[]): Promise<boolean> {
  const { options, progress, ask } = session;
  progress.print(`${title}, region ${session.region}:`);
  steps.forEach((step, k) => progress.print(`  ${k + 1}. ${step}`));
  if (options.dryRun) {
    progress.print('A dry run: nothing was changed.');
    return false;
  }
  if (options.yes) return true;
  if (!ask) throw new UserError('There is no terminal to ask on: add --yes when this is what you want.');
  const answer = await ask('Go on? [y/N] ');
  if (/^y(es)?$/i.test(answer.trim())) return true;
  progress.print('Nothing was changed.');
  return false;
}

/** The exit code of what was not agreed to: a dry run has done all that it was asked for. */
export const declined = ({ options }: ImageSession): number => (options.dryRun ? EXIT.done : EXIT.failed);

/** Asks on the terminal. */
export async function askOnTerminal(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // It takes Ctrl-C from the terminal for itself.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}
