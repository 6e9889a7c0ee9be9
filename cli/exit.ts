/** What a command of the CLI ends with, and the errors that lead there. */

export const EXIT = {
  done: 0,
  /** Something could not be coloured, or was refused. */
  failed: 1,
  /** The command line, or what it names. */
  usage: 2,
  /** Nothing is wrong with what is left; a later run goes on. */
  open: 3,
  interrupted: 130,
} as const;

/** What is wrong with a command line, for people: the value given, and what is allowed. */
export class UsageError extends Error {}
