/** The command lines of pause and resume. */
import { COMMON_HELP, durationOf, parseCommand, wrongIn, type Target } from '../shared/target.ts';
import type { PauseName } from './change.ts';

const WHAT: Record<string, PauseName[]> = {
  'scale-out': ['pauseScaleOut'],
  'scale-in': ['pauseScaleIn'],
  both: ['pauseScaleOut', 'pauseScaleIn'],
};
const CHOICE = Object.keys(WHAT).join('|');

export const PAUSE_HELP = `ddcolor-elastic pause ${CHOICE} [options]
  Keeps the fleet from growing, from shrinking, or from both, from the scaler's next tick on and without a deploy.
  Other controls (floor, ceiling, dryRun) stay as they are.

  --for TIME       how long, such as 90s, 30m, 2h or 1d, up to 30d (default: until resume takes it back)
${COMMON_HELP}

Ends with 0, 1 when it could not be set, 2 when the command line is wrong, 3 when AWS could not be reached.
IAM: cloudformation:DescribeStacks, dynamodb:UpdateItem, dynamodb:GetItem.`;

export const RESUME_HELP = `ddcolor-elastic resume ${CHOICE} [options]
  Takes back what pause has set, from the scaler's next tick on. Other controls (floor, ceiling, dryRun) stay as
  they are.

${COMMON_HELP}

Ends with 0, also when nothing was paused, 1 when it could not be taken back, 2 when the command line is wrong, 3
when AWS could not be reached.
IAM: cloudformation:DescribeStacks, dynamodb:UpdateItem, dynamodb:GetItem.`;

export interface PauseOptions {
  target: Target;
  json: boolean;
  names: PauseName[];
  /** Undefined until it is taken back. */
  seconds: number | undefined;
}

/**
 * @returns 'help' when that is what was asked for
 * @throws UsageError
 */
export function parsePause(command: 'pause' | 'resume', args: string[]): PauseOptions | 'help' {
  const options = command === 'pause' ? ({ for: { type: 'string' } } as const) : {};
  const parsed = parseCommand({ command, options: options as { for: { type: 'string' } }, words: 1 }, args);
  if (parsed === 'help') return 'help';
  const { target, json, values, positionals } = parsed;
  const [what] = positionals;
  if (what === undefined) throw wrongIn(command)(`What to ${command}? ${CHOICE}`);
  const names = Object.hasOwn(WHAT, what) ? WHAT[what] : undefined;
  if (!names) throw wrongIn(command)(`'${what}' cannot be ${command}d: ${CHOICE}`);
  const seconds = values.for === undefined ? undefined : durationOf(command, '--for', values.for);
  return { target, json, names, seconds };
}
