/** The errors and exit codes that command-line programs share. */

/** A message for the operator, printed without a stack. Any other error is a bug and shows its stack. */
export class UserError extends Error {}

/** The command line is wrong. The message has the value given and what is allowed. */
export class UsageError extends UserError {}

/** Ctrl-C, or another signal to end. */
export class Interrupted extends Error {
  constructor(message = 'Interrupted.') {
    super(message);
  }
}

export const EXIT = {
  done: 0,
  /** A photo failed, or the service refused. */
  failed: 1,
  /** The command line is wrong, or names something that does not exist. */
  usage: 2,
  /** Not finished, because of a timeout or an unreachable service; the same command continues. */
  incomplete: 3,
  interrupted: 130,
} as const;
