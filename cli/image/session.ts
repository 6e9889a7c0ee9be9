/** What every image command needs: AWS clients, output, a question on the terminal, and a clean-up scope. */
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
  /** Of a candidate's test. */
  timing: Timing;
  /** Monotonic milliseconds. */
  clock: () => number;
  /** Asks on the terminal; undefined without one. */
  ask: ((question: string) => Promise<string>) | undefined;
}

/**
 * Shows the steps and asks for confirmation.
 *
 * @returns false in a dry run, or after a no
 * @throws UserError without a terminal to ask on
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
  if (!ask) throw new UserError('There is no terminal to ask on: add --yes to confirm.');
  const answer = await ask('Go on? [y/N] ');
  if (/^y(es)?$/i.test(answer.trim())) return true;
  progress.print('Nothing was changed.');
  return false;
}

/** The exit code without a confirmation: 0 after a dry run. */
export const declined = ({ options }: ImageSession): number => (options.dryRun ? EXIT.done : EXIT.failed);
