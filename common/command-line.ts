/**
 * What every command line here has in common: commander, set up once, with typed option values and exit codes.
 *
 * A wrong command line prints one message, with the nearest name where there is one, and ends with exit code 2.
 */
import { Command, CommanderError, InvalidArgumentError, type Option } from 'commander';
import { EXIT, UsageError, UserError } from './errors.ts';
import { printable, printError, printText } from './terminal.ts';

export class CommandLine extends Command {
  private exitCode: number = EXIT.done;

  /** @param name as users call it */
  constructor(name?: string) {
    super(name);
    // `help COMMAND` is the root's own; commander's would be listed in every help.
    this.exitOverride().showSuggestionAfterError().helpCommand(false);
    this.helpOption('-h, --help', 'show this help').configureOutput({
      writeOut: (text) => printText(text.replace(/\n$/, '')),
      writeErr: (text) => printText(text.replace(/\n$/, ''), process.stderr),
    });
  }

  override createCommand(name?: string): CommandLine {
    return new CommandLine(name);
  }

  /** @param body gets the arguments, then the options, and returns the exit code; a UsageError is reported as such */
  runs<Args extends unknown[]>(body: (...args: Args) => Promise<number>): this {
    return this.action(async (...args: unknown[]) => {
      try {
        (this.lineage[0] as CommandLine).exitCode = await body(...(args as Args));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        this.error(`error: ${error.message}`);
      }
    });
  }

  /** What follows the options in the help: an example, exit codes, permissions. */
  notes(text: string): this {
    return this.addHelpText('after', `\n${text}`);
  }

  override error(message: string, options?: { code?: string; exitCode?: number }): never {
    // commander's words for a wrong choice name neither the command nor the value first.
    const plain = message.replace(
      /^error: command-argument value '(.*)' is invalid for argument '([^']*)'\./,
      "error: <$2> is '$1'.",
    );
    // Arguments may be names of files; the line break before a suggestion is commander's.
    const [, text = plain, suggestion = ''] = /^([^]*?)(\n\(Did you mean [^\n]*\))?$/.exec(plain) ?? [];
    return super.error(
      `${printable(text)}${suggestion}\nSee '${this.lineage.map((one) => one.name()).join(' ')} --help'.`,
      options,
    );
  }

  /** Its parsers may throw a UsageError too: commander's own error shows the value, which may be a secret. */
  override addOption(option: Option): this {
    const { parseArg } = option;
    if (parseArg) {
      option.argParser<unknown>((text, before) => {
        try {
          return parseArg(text, before);
        } catch (error) {
          if (error instanceof UsageError) this.error(`error: ${error.message}`);
          throw error;
        }
      });
    }
    return super.addOption(option);
  }

  /** @returns the exit code. @throws what is neither a wrong command line nor a UserError */
  async run(args: string[]): Promise<number> {
    try {
      await this.parseAsync(withoutHelpOfUnknown(this, args), { from: 'user' });
      return this.exitCode;
    } catch (error) {
      if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
      if (!(error instanceof UserError)) throw error;
      printError(error.message);
      return EXIT.failed;
    }
  }

  /** This command and those that it is part of, the topmost first. */
  private get lineage(): Command[] {
    const commands: Command[] = [];
    const add = (command: Command | null): void => {
      if (!command) return;
      add(command.parent);
      commands.push(command);
    };
    add(this);
    return commands;
  }
}

/** Help of an unknown command would be that of its parent: without the flag, it is refused. */
function withoutHelpOfUnknown(program: Command, args: string[]): string[] {
  let command = program;
  for (const word of args) {
    const { commands, registeredArguments } = command;
    if (word.startsWith('-') || commands.length === 0 || registeredArguments.length > 0) return args;
    const next = commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (!next) return args.filter((one) => one !== '--help' && one !== '-h');
    command = next;
  }
  return args;
}

type Parser<T> = (text: string) => T;

const expected = (what: string) => new InvalidArgumentError(`Expected ${what}.`);

export const wholeNumber =
  (low: number, high: number): Parser<number> =>
  (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= high) return value;
    throw expected(`a whole number from ${low} to ${high}`);
  };

/** A number above 0. */
export const positiveNumber =
  (high: number): Parser<number> =>
  (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > 0 && value <= high) return value;
    throw expected(`a number above 0, up to ${high}`);
  };

const UNIT_SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const MAX_DAYS = 30;

/** Seconds of "90s", "30m", "2h" or "1d". */
export const duration: Parser<number> = (text) => {
  const [, amount, unit = ''] = /^(\d{1,8})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? NaN);
  if (seconds >= 1 && seconds <= MAX_DAYS * 86_400) return seconds;
  throw expected(`a time such as 90s, 30m, 2h or 1d, up to ${MAX_DAYS}d`);
};

/** @param what is expected, for the message: "a region such as us-east-1" */
export const matching =
  (pattern: RegExp, what: string): Parser<string> =>
  (text) => {
    if (pattern.test(text)) return text;
    throw expected(what);
  };

export const region = matching(/^[a-z]{2}(-[a-z]+)+-\d+$/, 'a region such as us-east-1');
export const stageName = matching(
  /^[a-z][a-z0-9-]{0,17}$/,
  'a lowercase letter, then up to 17 lowercase letters, digits and hyphens',
);
export const stackName = matching(
  /^[A-Za-z][A-Za-z0-9-]{0,127}$/,
  'a letter, then up to 127 letters, digits and hyphens',
);
export const bucketName = matching(
  /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  'the name of a bucket: 3 to 63 lowercase letters, digits, dots and hyphens',
);

/** An http or https URL, without a trailing slash. */
export const httpUrl: Parser<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href.replace(/\/$/, '');
  throw expected('a URL such as http://127.0.0.1:8188');
};
