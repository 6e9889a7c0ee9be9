/** Parses a command line without running it. */
import { CommandLine } from '../../common/command-line.ts';

class ParseOnly extends CommandLine {
  /** Arguments that the command's function would get. */
  got: unknown[] | undefined;
  errors = '';

  constructor(
    name?: string,
    private readonly root?: ParseOnly,
  ) {
    super(name);
    this.configureOutput({
      writeErr: (text) => void ((this.root ?? this).errors += text),
      writeOut: () => undefined,
    });
  }

  override createCommand(name?: string): ParseOnly {
    return new ParseOnly(name, this.root ?? this);
  }

  override runs(): this {
    return this.action((...args: unknown[]) => {
      // The last one is the command itself.
      (this.root ?? this).got = args.slice(0, -1);
    });
  }
}

export interface Parsed {
  code: number;
  /** Arguments and options; undefined when the line was rejected. */
  got: unknown[] | undefined;
  errors: string;
}

/** @param line words, separated by blanks */
export async function parse(
  name: string,
  define: (command: CommandLine, args: string[]) => unknown,
  line: string,
): Promise<Parsed> {
  const args = line.split(' ').filter(Boolean);
  const command = new ParseOnly(name);
  define(command, args);
  if (command.commands.length === 0) command.runs();
  const code = await command.run(args);
  return { code, got: command.got, errors: command.errors };
}
